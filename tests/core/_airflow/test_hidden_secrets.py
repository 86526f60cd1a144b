"""Secrets under harmless names, and numbers that a request cannot carry."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export
from airflow_compat._airflow.hidden_secrets import hidden_secret
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.sendable import DEEPEST, unsendable
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat._prefect.specs import BlockSpec, VariableSpec
from airflow_compat.connections._specs import connection_from_document, spec_from_connection
from airflow_compat.importing._plan import Holdings, plan_items
from airflow_compat.variables._specs import spec_from_variable

PEM = "-----BEGIN RSA PRIVATE KEY-----\nquartz-Tern-41\n-----END RSA PRIVATE KEY-----"
SECRETS: list[Any] = [
    {"warehouse": {"password": "quartz-Tern-41"}},
    {"a": [1, {"b": {"apiKey": 0, "api-key": "quartz-Tern-41"}}]},
    [[["x", {"credentials": ["quartz-Tern-41"]}]]],
    {"pwd": 4711},
    {"fernet_key": "quartz-Tern-41"},
    {"AIRFLOW_CONN_PG": "quartz-Tern-41"},
    {"conn_type": "http", "extra": '{"x": "quartz-Tern-41"}'},
    json.dumps({"a": {"token": "quartz-Tern-41"}}),
    json.dumps(json.dumps({"token": "quartz-Tern-41"})),
    {"settings": json.dumps([{"secret": "quartz-Tern-41"}])},
    "postgres://u:quartz-Tern-41@h/db",
    "postgres://u:quartz/Tern@41@h/db",
    "https://quartz-Tern-41@github.com/x.git",
    {"url": ["https://h/?api_key=quartz-Tern-41"]},
    "https://x.blob.core.windows.net/c?sv=1&sig=quartz-Tern-41",
    "host=h user=u password=quartz-Tern-41",
    "password: quartz-Tern-41\n",
    "{'password': 'quartz-Tern-41'}",
    "Authorization: Basic quartz-Tern-41",
    ["curl", "-H", "bearer quartz-Tern-41"],
    "https://hooks.slack.com/services/T0/B0/quartz-Tern-41",
    PEM,
    {"ca": PEM},
    {"postgres://u:quartz-Tern-41@h": 1},
    "db:\n  password: quartz-Tern-41",
    "[db]\nuser=\npassword=quartz-Tern-41",
    "password: >\n  quartz-Tern-41",
    "password:\n  - quartz-Tern-41",
    "<password>quartz-Tern-41</password>",
    "tool --password quartz-Tern-41",
    "- name: DB_PASSWORD\n  value: quartz-Tern-41",
    {"env": [{"name": "DB_PASSWORD", "value": "quartz-Tern-41"}]},
    [{"key": "psk", "value": "quartz-Tern-41"}],
    # Joined, so that scanners of repositories don't report them.
    "ghp_" + "a1B2" * 9,
    {"GH": "github_pat_" + "a1B2" * 9},
    "git clone with glpat-" + "a1B2" * 5,
    *(f"--value={prefix}-123456789012-" + "a1B2" * 5 for prefix in ("xoxb", "xoxp")),
    "https://maps.example.com/?k=AIza" + "a1B2_-c" * 5,
    *("sk-" + prefix + "a1B2" * 6 for prefix in ("", "proj-", "ant-api03-")),
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0" + ".c2ln",
    "https://api.telegram.org/bot123456:" + "a1B2" * 8 + "/sendMessage",
]
HARMLESS: list[Any] = [
    "sales",
    "https://example.com/a?b=c",
    "https://example.com:8080/a",
    {"rows": 1000, "keys": ["a", "b"], "primary_key": "id", "partition_key": "ds"},
    {"password": None, "token": "", "use_proxy": False, "secret": {}},
    {"author": "x", "passenger": "y", "path": "/a/b"},
    "# a comment: with a colon",
    [1, 2.5, True, None],
    "{not json",
    "me@example.com",
    "a: b\nc: d",
    "x > y",
    {"name": "a", "value": "b"},
    *("ghp_", "github_pat_docs", "glpat-x", "xoxb-", "AIzaSy", "sk-learn", "eyJhbGciOiJIUzI1NiJ9", "months_ghp"),
    *(
        "task-sk-warehouse-daily-aggregation-2",
        "sk-warehouse-daily-aggregation-2",
        "risk-2026-01-01-daily-aggregation-x",
    ),
    "https://api.telegram.org/bot",
    "https://core.telegram.org/bots/api",
    "2026-01-01T00:00:00",
]


@pytest.mark.parametrize("value", SECRETS, ids=range(len(SECRETS)))
def test_variable_with_secret_is_encrypted(value: Any) -> None:
    spec, notes = spec_from_variable(VariableRecord("settings", value))
    assert isinstance(spec, BlockSpec)
    assert spec.data["value"] == value
    assert notes[0].startswith("holds ")
    assert notes[0].endswith(": Prefect's variables are plain text")
    assert "quartz" not in notes[0]


@pytest.mark.parametrize("value", HARMLESS, ids=range(len(HARMLESS)))
def test_variable_without_secret_is_plain(value: Any) -> None:
    assert hidden_secret(value) == ""
    assert isinstance(spec_from_variable(VariableRecord("settings", value))[0], VariableSpec)


@pytest.mark.parametrize(
    "text", ["x" * 5000, "://" * 1600, "a:" * 2500, "a_" * 2500, " " * 5000, '{"a":' * 1000, "eyJ" * 1700, "sk-" * 1700]
)
def test_the_search_takes_linear_time(text: str) -> None:
    started = time.process_time()
    hidden_secret(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(("opening", "closing"), [('{"a": ', "}"), ("[", "]")])
def test_variable_with_deep_nesting_is_encrypted(opening: str, closing: str) -> None:
    spec, notes = spec_from_variable(VariableRecord("settings", opening * 250 + "1" + closing * 250))
    assert isinstance(spec, BlockSpec)
    assert notes[0].startswith("holds data that is nested too deeply")


@pytest.mark.parametrize("field", ["host", "login", "schema", "description"])
@pytest.mark.parametrize("conn_type", ["http", "postgres", "redis"])
def test_a_plain_field_that_holds_a_secret_is_encrypted(conn_type: str, field: str) -> None:
    held: dict[str, Any] = {"host": "h", "login": "u", field: "https://u:quartz-Tern-41@h"}
    connection = Connection("c", conn_type, password="p", port=5, **held)
    spec, notes = spec_from_connection(connection)
    assert notes == [f"its {field} holds a URL with a login or token, and is encrypted"]
    plain = {key: value for key, value in spec.data.items() if key not in ("password", "extra", "private")}
    assert spec.type_slug == "airflow-connection"
    assert "quartz" not in repr(plain)
    assert connection_from_document(spec.type_slug, spec.name, spec.data) == connection


def nested(depth: int, inner: Any) -> Any:
    for turn in range(depth):
        inner = [inner] if turn % 2 else {"a": inner}
    return inner


UNSENDABLE = {
    "a number beyond 64 bits": 2**63,
    "NaN or an infinite number": math.nan,
    "half a surrogate pair": "\ud800",
    "a key that is not text": {5: 1},
    f"more than {DEEPEST} levels of nesting": nested(DEEPEST + 1, 1),
}


@pytest.mark.parametrize("why", UNSENDABLE)
@pytest.mark.parametrize("depth", [0, 1, 7])
def test_unsendable_data_is_found_at_any_depth(why: str, depth: int) -> None:
    assert unsendable(nested(depth, UNSENDABLE[why])) == why


def test_sendable_data_is_accepted() -> None:
    for value in (2**63 - 1, -(2**63), 1e308, "\U0001f512", nested(DEEPEST, 1), {"a": [None, True]}):
        assert unsendable(value) == ""


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, {"a": [10**30]}, math.inf, {"\ud800": 1}, {5: 1}, -0.0, 1.0, 1e16, [-0.0], {"a": [1e16]}],
)
def test_variable_that_prefect_changes_is_stored_as_text(value: Any) -> None:
    (item,) = plan_items(Export(variables=(VariableRecord("a", value),)), Holdings())
    assert item.action == "create"
    assert isinstance(item.spec, VariableSpec)
    assert item.spec.value == json.dumps(value, indent=2)


@pytest.mark.parametrize("value", [0.5, 1e-7, 5e-324, [1.0], {"a": [0.0, 1e15]}, 2**53 + 1, -1])
def test_unchanged_number_is_stored_as_data(value: Any) -> None:
    (item,) = plan_items(Export(variables=(VariableRecord("a", value),)), Holdings())
    assert isinstance(item.spec, VariableSpec)
    assert item.spec.value == value


def test_unsendable_extra_is_stored_as_text() -> None:
    connection = Connection("c", "postgres", host="h", extra=json.dumps({"connect_timeout": 10**30}))
    spec, notes = spec_from_connection(connection)
    assert spec.type_slug == "airflow-connection"
    assert notes == ["the connection holds a number beyond 64 bits, which sqlalchemy-connector can't store"]
    assert connection_from_document(spec.type_slug, spec.name, spec.data) == connection


def test_plan_refuses_unsendable_entries() -> None:
    export = Export(
        connections=(Connection("port", "http", port=2**64), Connection("text", "http", host="\ud800")),
        variables=(VariableRecord("half", "\ud800"), VariableRecord("x" * 256, 1), VariableRecord("\ud800.", 1)),
        pools=(Pool("large", 2**31), Pool("\ud800", 1), Pool("small", 2**31 - 1)),
    )
    *refused, last = plan_items(export, Holdings())
    assert last.action == "create"
    assert {item.action for item in refused} == {"refused"}
    assert [item.notes[0].partition(";")[0].partition(",")[0] for item in refused] == [
        "the object holds a number beyond 64 bits",
        "the object holds half a surrogate pair",
        "the object holds half a surrogate pair",
        "the variable's key is longer than a Prefect variable's name may be (255 characters)",
        "the id '\\ud800.' holds half a surrogate pair",
        "the pool has more slots than a Prefect limit may have (2147483647)",
        "the id '\\ud800' holds half a surrogate pair",
    ]


def test_a_search_ends_below_the_given_depth() -> None:
    assert hidden_secret([["plain"]], 3) == ""
    assert hidden_secret([["plain"]], 2) == "data that is nested too deeply to be searched for secrets"
