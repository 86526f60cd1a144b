"""The files of Airflow's local backend, through `importing.read`."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import InvalidExportError, SourceError

PASSWORD = "quartz-Tern-41"


def read(tmp_path: Path, **files: tuple[str, str]) -> importing.Export:
    """Read files given as `kind=(name, text)`."""
    arguments = []
    for kind, (name, text) in files.items():
        (tmp_path / name).write_text(text)
        arguments.append(f"{kind}_file_path={tmp_path / name}")
    return importing.read("local-files:?" + "&".join(arguments))


def test_both_files(tmp_path: Path) -> None:
    export = read(
        tmp_path,
        connections=(
            "a.json",
            """{"pg": "postgres://u:p@h/db", "one": ["http://h"], "none": [],
            "own": {"conn_id": "own", "conn_type": "http", "port": "80", "extra_dejson": {"a": 1}}}""",
        ),
        variables=("b.yaml", "size: 5\nwhole: {value: 1, description: d}\n"),
    )
    assert export.connections == (
        Connection("pg", "postgres", host="h", login="u", password="p", schema="db"),
        Connection("one", "http", host="h", schema=""),
        Connection("own", "http", port=80, extra='{"a": 1}'),
    )
    # Not unwrapped, as it is in an export.
    whole = {"value": 1, "description": "d"}
    assert export.variables == (VariableRecord("size", 5), VariableRecord("whole", whole))
    assert export.problems == ()


def test_env_files(tmp_path: Path) -> None:
    export = read(tmp_path, connections=("a.env", "# c\npg=http://h\n"), variables=("b.env", "k=a=b\n"))
    assert [connection.conn_id for connection in export.connections] == ["pg"]
    assert export.variables == (VariableRecord("k", "a=b"),)


def test_file_named_env(tmp_path: Path) -> None:
    """Airflow 2.11 accepts it; 3.3 refuses it."""
    assert read(tmp_path, variables=(".env", "k=v\n")).variables == (VariableRecord("k", "v"),)


def test_uri_with_unsupported_parts(tmp_path: Path) -> None:
    export = read(tmp_path, connections=("a.json", '{"a": {"uri": "ssh://h", "description": "d", "login": null}}'))
    assert export.connections == (Connection("a", "ssh", "d", host="h", schema=""),)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('["http://a", "http://b"]', "several values"),
        (f'"{{\\"password\\": \\"{PASSWORD}\\"}}"', "JSON in quotes"),
        ("5", "neither a URI nor an object"),
        ('{"conn_id": "other", "conn_type": "http"}', "differs from the id"),
        (f'{{"uri": "http://h", "password": "{PASSWORD}"}}', "either the uri or the other fields"),
        ('{"extra": "{}", "extra_dejson": {}}', "keep one of the two fields"),
        (f'{{"{PASSWORD[:0]}key": "{PASSWORD}"}}', "unknown key 'key'"),
        ('{"uri": 5}', "the connection's uri is of type int, not text"),
        ('{"uri": "http://h", "description": 5}', "'description' is of type int"),
        ('{"conn_type": 5}', "'conn_type' is of type int, not text"),
    ],
)
def test_damaged_entry_leaves_the_others(tmp_path: Path, value: str, said: str) -> None:
    export = read(tmp_path, connections=("a.json", f'{{"bad": {value}, "good": "http://h"}}'))
    assert [connection.conn_id for connection in export.connections] == ["good"]
    assert [(problem.id, said in problem.reason) for problem in export.problems] == [("bad", True)]
    assert PASSWORD not in str(export.problems)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "k=v", "must end in"),
        ("a.json", f'["{PASSWORD}"]', "not an object of ids"),
        ("a.json", f'{{"a": "{PASSWORD}', "not JSON"),
        ("a.json", "", "not JSON"),
        ("a.env", f"a={PASSWORD}\na=b", "'a' appears twice"),
        ("a.env", PASSWORD, "line 1 is not id=value"),
        ("a.yaml", f"- {PASSWORD}", "not an object of ids"),
    ],
)
def test_invalid_files(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(InvalidExportError, match=said) as caught:
        read(tmp_path, variables=(name, text))
    assert PASSWORD not in str(caught.value)


def test_precedence_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text('{"Size": "5"}')
    export = importing.read(
        "env:", f"local-files:?variables_file_path={tmp_path}/v.json", environ={"AIRFLOW_VAR_SIZE": "7"}
    )
    assert [(record.key, record.value) for record in export.variables] == [("Size", "5")]


@pytest.mark.parametrize("source", ["local-files:", "local-files:/a.json", "local-files:?connections_file_path=null"])
def test_files_are_named_by_arguments(source: str) -> None:
    with pytest.raises(SourceError, match="as arguments"):
        importing.read(source)
    with pytest.raises(InvalidExportError, match="no such file"):
        importing.read("local-files:?connections_file_path=/nonexistent.json")
