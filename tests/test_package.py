"""The package as it is imported: light, lazy, and the same to people, type checkers and the interpreter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import airflow_compat
from airflow_compat.connections._specs import HOMES

# Records what an import opens, writes and connects to; prints the modules that it brought in.
_WATCH = """
import sys
touched = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        touched.append((event, str(args[0])))
    elif event.startswith("socket.") and event != "socket.gethostname":
        touched.append((event, repr(args)))
sys.dont_write_bytecode = True
before = set(sys.modules)
sys.addaudithook(watch)
{statement}
assert not touched, touched
print("\\n".join(sorted(set(sys.modules) - before)))
"""


def _modules_of(statement: str) -> set[str]:
    script = _WATCH.format(statement=statement)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.split())


def test_importing_it_is_light_and_touches_nothing() -> None:
    modules = _modules_of("import airflow_compat")
    assert "airflow_compat" in modules
    assert {name for name in modules if name.startswith("airflow_compat.")} == set()
    assert not {name.partition(".")[0] for name in modules} & {"prefect", "pydantic", "httpx", "rich", "cyclopts"}


@pytest.mark.parametrize("name", sorted(set(airflow_compat.__all__) - {"AirflowConnection"}))
def test_touching_a_name_loads_no_prefect(name: str) -> None:
    modules = _modules_of(f"from airflow_compat import {name}")
    assert any(module.startswith("airflow_compat.") for module in modules)
    assert not {module.partition(".")[0] for module in modules} & {"prefect", "pydantic", "httpx", "rich"}


def test_an_alert_is_made_without_prefect() -> None:
    made = "from airflow_compat import automations; automations.on_failure('etl', notify='slack-webhook/alerts')"
    assert not {module.partition(".")[0] for module in _modules_of(made)} & {"prefect", "pydantic", "httpx", "rich"}


def test_a_schedule_is_read_without_prefect() -> None:
    read = "from airflow_compat import backfills, schedules; schedules.read_schedule('@daily').as_yaml()"
    assert not {module.partition(".")[0] for module in _modules_of(read)} & {"prefect", "pydantic", "httpx", "rich"}


def test_a_connection_loads_no_other_shim() -> None:
    modules = _modules_of("from airflow_compat import Connection; Connection.from_uri('postgres://h/d')")
    assert not modules & {"airflow_compat.pools", "airflow_compat.callbacks", "airflow_compat.variables"}


def test_a_connection_loads_the_file_of_its_own_block_type_alone() -> None:
    homes = {f"airflow_compat.connections._block_types.{slug.replace('-', '_')}" for slug in HOMES}
    whole = "airflow_compat.connections._block_types.airflow_connection"
    assert homes & _modules_of("from airflow_compat import Connection, get_connection, load_block") == {whole}
    spec = "from airflow_compat.connections._specs import spec_from_connection; from airflow_compat import Connection"
    of_aws = _modules_of(f"{spec}; spec_from_connection(Connection('c', 'aws'))")
    assert homes & of_aws == {whole, "airflow_compat.connections._block_types.aws_credentials"}


def test_all_the_lazy_map_and_the_typing_block_agree() -> None:
    source = ast.parse(Path(airflow_compat.__file__).read_text())
    block = next(node for node in source.body if isinstance(node, ast.If))
    typed = {
        alias.name: statement.module
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert typed == airflow_compat._HOMES
    assert sorted(typed) == list(airflow_compat.__all__)
    for name in airflow_compat.__all__:
        assert getattr(airflow_compat, name).__module__.startswith("airflow_compat.")
        assert name in dir(airflow_compat)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'on_fire'"):
        airflow_compat.on_fire  # noqa: B018


def test_prefect_finds_the_blocks_without_importing_airflow_compat_by_hand() -> None:
    script = """
import prefect.plugins
loaded = prefect.plugins.load_prefect_collections()
print(loaded["airflow_compat"].AirflowConnection.get_block_type_slug())
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "airflow-connection"
