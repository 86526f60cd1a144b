"""The local files backend: what real Airflow's own reads from the same files."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from real_airflow import MAJOR, load

from airflow_compat._airflow.connection import FIELDS
from airflow_compat._airflow.export_text import NotAnExportError, decode_env, decode_json
from airflow_compat._airflow.local_files import connections_from_entries, variables_from_entries

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


def test_connections(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(CONNECTIONS))
    export = connections_from_entries(dict(CONNECTIONS))
    ours = {
        each.conn_id: {field: getattr(each, field) for field in FIELDS if field != "extra"}
        | {"extra": each.extra_dejson}
        for each in export.connections
    }
    assert export.problems == ()
    assert len(ours) == len(CONNECTIONS) - 1
    assert ours == airflows(path)


@pytest.mark.parametrize("id_", REFUSED)
def test_what_airflow_refuses(id_: str, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({id_: REFUSED[id_]}))
    with pytest.raises(Exception, match=r"\w"):
        airflows(path)
    export = connections_from_entries({id_: REFUSED[id_]})
    assert (export.connections, len(export.problems)) == ((), 1)


@pytest.mark.parametrize(
    "text",
    [
        "a=1\nb=x=y\n\n#c\n  # d\n A =  v ",
        "a=1\na=2",
        "a",
        pytest.param("=v", marks=pytest.mark.skipif(MAJOR == "2", reason="2.11 takes an empty key for one")),
        "a=",
        "k=h\xe4\u2028x=1",
        "a=1\r\nb=2\r\n",
    ],
)
def test_env_variables(text: str, tmp_path: Path) -> None:
    path = tmp_path / "v.env"
    path.write_bytes(text.encode())
    try:
        expected = LOCAL.load_variables(str(path))
    except Exception:  # noqa: BLE001 - Airflow's are of many classes
        with pytest.raises(NotAnExportError):
            decode_env(text.encode())
    else:
        assert expected
        export = variables_from_entries(decode_env(text.encode()))
        assert {record.key: record.value for record in export.variables} == expected


def test_json_variables(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    # 2.11 takes the one value out of a list, as it does for connections.
    more = "" if MAJOR == "2" else ', "l": [1]'
    path.write_text(f'{{"a": "x", "n": 5, "o": {{"value": 1, "description": "d"}}, "z": null{more}}}')
    export = variables_from_entries(decode_json(path.read_bytes()))  # type: ignore[arg-type]
    assert {record.key: record.value for record in export.variables} == LOCAL.load_variables(str(path))
