"""Export files through `importing.read`: Airflow's YAML, and precedence of sources."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import AirflowCompatError, InvalidExportError

DATA = Path(__file__).parents[2] / "data"
PASSWORD = "quartz-Tern-41"


@pytest.mark.parametrize("version", ["2.11", "3.3"])
def test_real_yaml_equals_the_json_export(version: str) -> None:
    folder = DATA / f"airflow_exports_{version}"
    export = importing.read(folder / "conns.yaml")
    assert len(export.connections) == 3
    assert export == importing.read(folder / "conns.json") == importing.read(folder / "conns_json.env")


def test_yaml_texts_are_read_as_in_airflow(tmp_path: Path) -> None:
    """YAML 1.2 would read `1e3` and `0o17` as numbers; Airflow uses YAML 1.1."""
    file = tmp_path / "connections.yml"
    file.write_text("a: {conn_type: http, password: 1e3, login: 0o17, host: 'yes'}\nb: http://h\n12: http://h\n")
    export = importing.read(str(file))
    assert export.problems == ()
    assert export.connections[0] == Connection("a", "http", host="yes", login="0o17", password="1e3")
    assert [connection.conn_id for connection in export.connections[1:]] == ["b", "12"]


def test_yaml_variables(tmp_path: Path) -> None:
    file = tmp_path / "variables.yaml"
    file.write_text("a: {b: [1, x]}\nday: 2026-11-22\nloop: &loop [*loop]\nn: 5\n")
    export = importing.read(file)
    assert export.variables == (VariableRecord("a", {"b": [1, "x"]}), VariableRecord("n", 5))
    assert {problem.id: "put the value in quotes" in problem.reason for problem in export.problems} == {
        "day": True,
        "loop": True,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"a: http://{PASSWORD}\na: http://h\n", "the id 'a' appears twice; remove one of the two entries"),
        (f"? [a]\n: {PASSWORD}\n", "an id in the file is not text"),
        (f"a: [{PASSWORD}\n", "the file is not YAML, or contains more than plain data"),
        (
            f"a: !!python/object/apply:os.system ['{PASSWORD}']\n",
            "the file is not YAML, or contains more than plain data",
        ),
        (f"- {PASSWORD}\n", "the file holds a list"),
        (f"a: {PASSWORD}\0", "not text that YAML allows"),
        ("a: " + "[" * 5000, "nested too deeply"),
        (f"a: 2026-99-99\nb: {PASSWORD}\n", "a date or number in the file is invalid"),
    ],
)
def test_invalid_yaml_exports(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "connections.yaml"
    file.write_text(text)
    with pytest.raises(InvalidExportError, match=said) as caught:
        importing.read(file)
    assert str(file) in str(caught.value)
    assert not _shows(caught.value, PASSWORD)


def test_file_may_have_the_name_of_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vault:variables.json").write_text('{"a": "x"}')
    assert importing.read(Path("vault:variables.json")).variables == (VariableRecord("a", "x"),)


def test_environment_defaults_to_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "variables.json"
    file.write_text('{"Region": "file", "other": "file"}')
    monkeypatch.setenv("AIRFLOW_VAR_REGION", "environment")
    export = importing.read(file, "env:")
    assert {record.key: record.value for record in export.variables} == {"Region": "environment", "other": "file"}
    assert export.shadowed == (importing.Shadowed("variable", "Region", "env:", str(file)),)


PROJECT = f"""
# Airflow's own settings
AIRFLOW__CORE__FERNET_KEY={PASSWORD}
POSTGRES_PASSWORD='{PASSWORD}'
EMPTY=
AIRFLOW_CONN_PG="postgres://u:{PASSWORD}@h/db?a=1&b=2"  # a comment
export AIRFLOW_VAR_TARGET='sales = all'
AIRFLOW_CONN_TOKEN={PASSWORD}
AIRFLOW_CONN_OTHER=http://u:${{POSTGRES_PASSWORD}}@h
"""


def test_a_projects_environment_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_OF_THE_PROCESS", "x")
    (tmp_path / ".env").write_text(PROJECT)
    export = importing.read(f"env:{tmp_path}/.env")
    assert export.connections == (
        Connection("pg", "postgres", host="h", login="u", password=PASSWORD, schema="db", extra='{"a": "1", "b": "2"}'),
    )
    assert export.variables == (VariableRecord("target", "sales = all"),)
    assert {problem.id: problem.reason.partition(";")[0] for problem in export.problems} == {
        "other": "the value refers to another variable with ${...}",
        "token": "the value is not a connection's URI",
    }
    assert PASSWORD not in repr(export.problems)
    (tmp_path / "variables.json").write_text('{"Target": "file"}')
    (shadowed,) = importing.read(f"env:{tmp_path}/.env", tmp_path / "variables.json").shadowed
    assert (shadowed.id, shadowed.winner) == ("Target", f"env:{tmp_path}/.env")


def test_a_reference_without_braces_is_kept_and_noted(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "HOST=h\n"
        "AIRFLOW_VAR_FOLDER=$HOME/data\n"
        'export AIRFLOW_VAR_QUOTED="$HOST"\n'
        "AIRFLOW_VAR_LITERAL='$HOME'\n"
        "AIRFLOW_VAR_PRICE=5$\n"
        "AIRFLOW_VAR_DOLLARS=5$$\n"
        f"AIRFLOW_CONN_PG=postgres://u:{PASSWORD}$x@$HOST/db\n"
        "AIRFLOW_VAR_BRACES=${HOST}\n"
    )
    export = importing.read(f"env:{file}")
    assert {variable.key: variable.value for variable in export.variables} == {
        "folder": "$HOME/data",
        "quoted": "$HOST",
        "literal": "$HOME",
        "price": "5$",
        "dollars": "5$$",
    }
    assert [(note.kind, note.id, note.text.partition(" ")[0]) for note in export.notes] == [
        ("connection", "pg", "AIRFLOW_CONN_PG"),
        ("variable", "dollars", "AIRFLOW_VAR_DOLLARS"),
        ("variable", "folder", "AIRFLOW_VAR_FOLDER"),
        ("variable", "quoted", "AIRFLOW_VAR_QUOTED"),
    ]
    assert all("Docker Compose and the Astro CLI" in note.text for note in export.notes)
    assert [problem.id for problem in export.problems] == ["braces"]
    assert PASSWORD not in repr(export.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"A=1\n{PASSWORD} x\n", "line 2 is not NAME=value"),
        (f"A={PASSWORD}\nA=2\n", "'A' is set twice. Remove one of the lines"),
        ("\ud800", "not text in UTF-8"),
    ],
)
def test_malformed_environment_files(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / ".env").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidExportError, match=said) as caught:
        importing.read(f"env:{tmp_path}/.env")
    assert not _shows(caught.value, PASSWORD)


def test_settings_and_lists_in_yaml(tmp_path: Path) -> None:
    (tmp_path / "airflow_settings.yaml").write_text(
        f"airflow:\n  connections:\n    - conn_id: pg\n      conn_type: postgres\n      conn_password: {PASSWORD}\n"
        "  pools:\n    - pool_name: p\n      pool_slot: 2\n  variables:\n"
    )
    export = importing.read(tmp_path / "airflow_settings.yaml")
    assert (export.connections[0].password, export.pools[0].slots, export.variables) == (PASSWORD, 2, ())
    (tmp_path / "connections.yaml").write_text("a: [http://h]\nb:\n- conn_type: http\n")
    assert [found.conn_type for found in importing.read(tmp_path / "connections.yaml").connections] == ["http"] * 2


def test_an_error_shows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_X", f"http://u:{PASSWORD}@h")
    assert PASSWORD in os.environ["AIRFLOW_CONN_X"]
    with pytest.raises(AirflowCompatError) as caught:
        importing.read("env:", f"nothing://u:{PASSWORD}@h")
    assert not _shows(caught.value, PASSWORD)


def _shows(error: BaseException, secret: str) -> bool:
    """Return True if a traceback with locals shows it, outside this file."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in shown.stack if frame.filename != __file__]
    texts = [text for frame in frames for text in (frame.locals or {}).values()]
    return any(secret in text for text in (*texts, *shown.format_exception_only(), repr(error.__context__)))
