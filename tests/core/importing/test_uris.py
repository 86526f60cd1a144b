"""Invalid connection URIs in an import are refused, where Airflow reads nonsense."""

from __future__ import annotations

import pytest

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export
from airflow_compat.importing._local_files import connections_from_entries
from airflow_compat.importing._text_values import export_from_stored

NONSENSE = {
    "just-a-token": "not a connection's URI",
    "Bearer quartz-Tern-41": "not a connection's URI",
    "user:quartz-Tern-41@h": "not a connection's URI",
    "//u:quartz-Tern-41@h": "not a connection's URI",
    "postgres:/u:quartz-Tern-41@h": "not a connection's URI",
    '"postgres://u:quartz-Tern-41@h/db"': "begins with a quotation mark",
    "'postgres://u:quartz-Tern-41@h/db'": "begins with a quotation mark",
    "google_cloud_platform://u:quartz-Tern-41@h": "replace '_' with '-'",
    # What is not percent-encoded ends up in the host, the port, the schema or the extra.
    "postgres://u:1/quartz-Tern-41@h": "an '@' after the host",
    "postgres://u:1?quartz-Tern-41@h/db": "an '@' after the host",
    "postgres://u:1#quartz-Tern-41@h/db": "an '@' after the host",
    "postgres://u:p@1/quartz-Tern-41@h/db": "an '@' after the host",
    "http://https://u:1/quartz-Tern-41@h": "an '@' after the host",
}
GOOD = [
    "postgres://u:p%2Fw@h:5432/db?sslmode=require",
    "http://https://h/v1?email=a@b.c",
    "  ssh://u@h\n",
    "x-y+z.1://",
    "ftp://u:p@w@h/%40",
]


@pytest.mark.parametrize("text", NONSENSE)
def test_invalid_uri_is_refused_in_each_source(text: str) -> None:
    exports: list[Export] = [
        export_from_stored({"c": text}, {}),
        export_from_stored({"c": {"uri": text}}, {}),
        connections_from_entries({"c": text}),
        connections_from_entries({"c": [{"uri": text}]}),
    ]
    for export in exports:
        assert export.connections == ()
        (problem,) = export.problems
        assert NONSENSE[text] in problem.reason
        assert "quartz-Tern-41" not in problem.reason
    # Code that ran in Airflow still reads what it read there.
    assert isinstance(Connection.from_uri(text) if "u:1" not in text else None, (Connection, type(None)))


@pytest.mark.parametrize("text", GOOD)
def test_uri_is_read_like_from_uri(text: str) -> None:
    export = export_from_stored({"c": text}, {})
    assert export.problems == ()
    assert export.connections == (Connection.from_uri(text.strip(), "c"),)
