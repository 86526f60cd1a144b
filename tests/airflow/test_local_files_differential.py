"""The local files backend: what real Airflow's own reads from the same files."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from real_airflow import MAJOR, load

from airflow_compat._airflow.connection_fields import FIELDS
from airflow_compat._airflow.export_data import Export
from airflow_compat.errors import InvalidExportError
from airflow_compat.importing._local_files import connections_from_entries
from airflow_compat.importing._sources import local_files

LOCAL = load("airflow.secrets.local_filesystem")

CONNECTIONS = {
    "uri": "postgresql://u:p%40@H:5432/db?a=x&b=y",
    "two_schemes": "http://https://h/x",
    "nothing": {},
    "fields": {"conn_type": "http", "host": "Host", "login": "u", "password": "p", "schema": "s", "port": 80},
    "own_type": {"conn_type": "Google-Cloud", "host": "HOST"},
    "extra_text": {"conn_type": "x", "extra": '{"a": 1}'},
    "extra_object": {"conn_type": "x", "extra": {"a": [1, None]}},
    "extra_dejson": {"conn_type": "x", "extra_dejson": {"a": True}},
    "one": ["http://h"],
    "none": [],
    "own_id": {"conn_id": "own_id", "conn_type": "x"},
    "uri_key": {"uri": "ssh://h:22"},
    "described": {"conn_type": "x", "description": "d"},
}
REFUSED = {
    "several": ["http://a", "http://b"],
    "number": 5,
    "null": None,
    "other_id": {"conn_id": "x"},
    "both_extras": {"extra": "{}", "extra_dejson": {}},
    "uri_and_more": {"uri": "http://h", "login": "x"},
    "unknown": {"host_name": "x"},
}


def airflows(path: Path) -> dict[str, dict[str, object]]:
    with warnings.catch_warnings():
        # 2.11 warns of its own settings.
        warnings.simplefilter("ignore")
        found = LOCAL.load_connections_dict(str(path))
    return {
        id_: {field: getattr(each, field) for field in FIELDS if field != "extra"} | {"extra": each.extra_dejson}
        for id_, each in found.items()
    }


def ours(export: Export) -> dict[str | None, dict[str, object]]:
    return {
        each.conn_id: {field: getattr(each, field) for field in FIELDS if field != "extra"}
        | {"extra": each.extra_dejson}
        for each in export.connections
    }


def test_connections(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(CONNECTIONS))
    export = connections_from_entries(dict(CONNECTIONS))
    assert export.problems == ()
    assert len(export.connections) == len(CONNECTIONS) - 1
    assert ours(export) == airflows(path)


@pytest.mark.parametrize("id_", REFUSED)
def test_what_airflow_refuses(id_: str, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({id_: REFUSED[id_]}))
    with pytest.raises(Exception, match=r"\w"):
        airflows(path)
    export = connections_from_entries({id_: REFUSED[id_]})
    assert (export.connections, len(export.problems)) == ((), 1)


# What stands in a file, by the file's name. 2.11's answers are the same, where it isn't said otherwise.
CONNECTION_FILES = {
    "uri.json": '{"a": "postgresql://u:p@h:5432/db?a=x", "b": "ssh://h:22"}',
    "empty_uri.json": '{"a": ""}',
    "fields.yaml": "a:\n  conn_type: http\n  host: h\n  port: 80\n  extra: {timeout: 5, on: [1, null]}\n",
    "uris.yml": "# mine\na: http://u:p%40@h/x?y=z\nb:\n  uri: ssh://h\n  description: d\n",
    "uri_of_nothing.json": '{"a": {"uri": null, "host": "h"}, "b": {"uri": "ssh://h", "login": null}}',
    "merged.yaml": "a: &a {conn_type: http, host: h}\nb: {<<: *a, host: i}\n",
    "lists.yaml": "a: [http://h]\nb:\n- conn_type: http\nc: []\n",
    "lines.env": "# comment\n\na=http://h/?x=y\n  # more\nb=ssh://u:p@h:22\n",
    "windows.env": "a=http://h\r\nb=ssh://h\r\n",
    "nothing.json": "{}",
    "nothing.env": "",
    "several.yaml": "a: [http://h, http://i]\n",
    "twice.env": "a=http://h\na=http://i\n",
    "no_value.env": "a=\n",
    "no_line.env": "a\n",
    "a_list.json": '["http://h"]',
    "a_list.yaml": "- http://h\n",
    "broken.json": '{"a": "http://h"',
    "broken.yaml": "a: [http://h\n",
    "number.yaml": "a: 5\n",
    "unknown_key.yaml": "a: {hots: h}\n",
    "other_id.json": '{"a": {"conn_id": "b", "conn_type": "x"}}',
    "uri_and_fields.json": '{"a": {"uri": "http://h", "login": "u"}}',
    "both_extras.json": '{"a": {"extra": "{}", "extra_dejson": {}}}',
    "empty.json": "",
    "conn.toml": "a = 1\n",
}


@pytest.mark.parametrize("name", CONNECTION_FILES)
def test_connection_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(CONNECTION_FILES[name].encode())
    try:
        expected = airflows(path)
    except Exception:  # noqa: BLE001 - Airflow's are of many classes
        expected = None
    try:
        export = local_files.read(f"local-files:?connections_file_path={path}", {})
    except InvalidExportError:
        assert expected is None
        return
    # Airflow refuses the file where we refuse its entry.
    assert (export.problems == ()) == (expected is not None)
    assert ours(export) == (expected or {})


VARIABLE_FILES = {
    "text.json": '{"a": "x", "b": "", "c": " y "}',
    "values.json": '{"n": 5, "f": 1.5, "z": null, "t": true, "o": {"value": 1, "description": "d"}}',
    "values.yaml": "n: 5\nf: 1e3\nyes_: yes\nt: x\no: {a: [1, b]}\nm: |\n  two\n  lines\n",
    "lines.env": "a=1\nb=x=y\n\n#c\n  # d\n A =  v ",
    "windows.env": "a=1\r\nb=2\r\n",
    "separators.env": "k=h\xe4\u2028x=1",
    "twice.env": "a=1\na=2",
    "no_line.env": "a",
    "no_value.env": "a=",
    "no_key.env": "=v",
    "lists.json": '{"l": [1], "m": [1, 2]}',
    "a_list.yaml": "- 1\n",
    "broken.yaml": "a: b: c\n",
    "empty.json": "",
    "var.ini": "a = 1\n",
}
# 2.11 takes an empty key for one, and a list's only value out of it; it refuses other lists.
OTHERWISE_IN_2 = {"no_key.env", "lists.json"}


@pytest.mark.parametrize("name", VARIABLE_FILES)
def test_variable_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(VARIABLE_FILES[name].encode())
    try:
        expected = LOCAL.load_variables(str(path))
    except Exception:  # noqa: BLE001 - Airflow's are of many classes
        expected = None
    try:
        export = local_files.read(f"local-files:?variables_file_path={path}", {})
    except InvalidExportError:
        found = None
    else:
        assert export.problems == ()
        found = {record.key: record.value for record in export.variables}
    assert (found == expected) != (MAJOR == "2" and name in OTHERWISE_IN_2)


def test_what_is_stricter_here(tmp_path: Path) -> None:
    """Airflow takes the last of two values in silence."""
    for name, text in (("twice.json", '{"a": 1, "a": 2}'), ("twice.yaml", "a: 1\na: 2\n")):
        path = tmp_path / name
        path.write_text(text)
        assert LOCAL.load_variables(str(path)) == {"a": 2}
        with pytest.raises(InvalidExportError, match="'a' appears twice"):
            local_files.read(f"local-files:?variables_file_path={path}", {})


def test_the_backend_itself(tmp_path: Path) -> None:
    connections, variables = tmp_path / "c.yaml", tmp_path / "v.env"
    connections.write_text("pg: postgres://u:p@h/db\n")
    variables.write_text("size=5\n")
    backend = LOCAL.LocalFilesystemBackend(connections_file_path=str(connections), variables_file_path=str(variables))
    export = local_files.read(f"local-files:?connections_file_path={connections}&variables_file_path={variables}", {})
    assert export.connections[0].password == backend.get_connection("pg").password == "p"
    assert export.variables[0].value == backend.get_variable("size") == "5"
