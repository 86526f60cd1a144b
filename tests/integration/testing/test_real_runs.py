"""`airflow_compat.testing` with real runs: flows read fakes, and made contexts equal real ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from prefect import flow, task

import airflow_compat
from airflow_compat import Variable, get_connection, on_failure, pool
from airflow_compat.errors import ConnectionNotFoundError
from airflow_compat.testing import (
    RecordingCallback,
    assert_called_with_context,
    fake_connections,
    fake_pools,
    fake_variables,
    make_context,
)

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "testing.md"


@pytest.mark.parametrize("version", ["2", "3"])
def test_made_context_equals_a_real_one(version: Literal["2", "3"]) -> None:
    real: list[Any] = []

    # Read while the run goes on, as a callback would.
    @on_failure(lambda context: real.append(dict(context)), airflow_version=version)
    @task
    def load() -> None:
        raise ValueError("no rows")

    @flow
    def etl() -> None:
        load()

    etl(return_state=True)
    made = make_context(exception=ValueError("no rows"), run_type="manual", airflow_version=version)
    assert set(made) == set(real[0])
    types = {key: (type(made[key]), type(real[0][key])) for key in made if key not in ("ti", "task_instance")}
    # Only these depend on the runs before.
    differ = {key: pair for key, pair in types.items() if pair[0] is not pair[1] and not key.startswith("prev_")}
    assert differ == {}
    for key in ("ti", "dag_run", "task", "dag"):
        for name in set(real[0][key].__dataclass_fields__) - {"services", "numbered"}:
            ours, theirs = getattr(made[key], name), getattr(real[0][key], name)
            assert None in (ours, theirs) or type(ours) is type(theirs), name


def test_a_flow_s_tasks_read_the_fakes() -> None:
    @task
    def load(number: int) -> tuple[Any, ...]:
        with pool("warehouse"):
            return get_connection("shop_db").host, Variable.get("target"), number

    @flow
    def etl() -> list[Any]:
        return load.map([1, 2, 3]).result()

    with (
        fake_connections({"shop_db": "postgres://db.example.com/shop"}),
        fake_variables({"target": "staging"}),
        fake_pools({"warehouse": 1}) as pools,
    ):
        assert etl() == [("db.example.com", "staging", number) for number in (1, 2, 3)]
    assert (len(pools.uses), pools.most_held("warehouse")) == (3, 1)


def test_without_fakes_the_server_is_asked_again(unique: str) -> None:
    Variable.set(f"{unique}_target", "production")
    with fake_variables({f"{unique}_target": "staging"}), fake_connections({}):
        Variable.set(f"{unique}_target", "changed")
        Variable.delete(f"{unique}_target")
        assert Variable.get(f"{unique}_target", None) is None
    assert Variable.get(f"{unique}_target") == "production"
    with pytest.raises(ConnectionNotFoundError, match="tried, in order"):
        get_connection(f"{unique}_db")


def test_a_recorder_remembers_the_state_at_its_call() -> None:
    told = RecordingCallback(raises=ValueError("of the callback"))

    @on_failure(told)
    @task
    def load() -> None:
        raise LookupError("no rows")

    @flow
    def etl() -> None:
        load()

    etl(return_state=True)
    context = assert_called_with_context(told, task_id="load", dag_id="etl", state="failed", exception=LookupError)
    assert str(context["exception"]) == "no rows"
    assert len(told.contexts) == 1


def test_the_fixture_s_server_runs_the_page_s_flow(tmp_path: Path) -> None:
    for name, source in re.findall(
        r'^```python title="(\w+\.py)"\n(.*?)^```', PAGE.read_text(), re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).write_text(source)
    (tmp_path / "test_url.py").write_text(
        "import os\n\n\n"
        "def test_it_is_a_server_of_its_own(airflow_compat_server):\n"
        f"    assert airflow_compat_server != {os.environ['PREFECT_API_URL']!r}\n"
        "    assert os.environ['PREFECT_API_URL'] == airflow_compat_server\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "airflow_compat._pytest_plugin",
            "test_shop_flow.py",
            "test_url.py",
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(Path(airflow_compat.__file__).parents[1]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
