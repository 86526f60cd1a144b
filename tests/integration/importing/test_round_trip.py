"""Exports imported into a real server, and read back through the shims."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from prefect.blocks.system import Secret
from prefect.variables import Variable as PrefectVariable
from prefect_sqlalchemy import SqlAlchemyConnector

from airflow_compat import AirflowConnection, Variable, get_connection, importing, load_block, pool
from airflow_compat._prefect.blocks import read_documents
from airflow_compat._prefect.limits import read_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.errors import InvalidExportError

pytestmark = pytest.mark.sqlite

Export = Callable[[str, object], Path]

PG = {
    "conn_type": "postgres",
    "host": "db.example",
    "login": "loader",
    "password": "quartz-Tern-41",
    "schema": "sales",
    "port": 5432,
    "extra": '{"connect_timeout": 10}',
}
SFTP = {"conn_type": "sftp", "host": "drop.example", "login": "u", "password": "heron-Dusk-77", "port": 22}


def _import(*files: Path) -> dict[str, importing.Outcome]:
    return {outcome.item.id: outcome for outcome in importing.apply(importing.plan(importing.read(*files)))}


def test_plan_writes_nothing_and_second_apply_changes_nothing(export: Export, unique: str) -> None:
    files = [
        export("connections.json", {f"{unique}_pg": PG, f"{unique}_sftp": SFTP}),
        export("variables.json", {f"{unique}_limit": 50}),
        export("pools.json", {f"{unique}_pool": {"slots": 3, "description": ""}}),
    ]
    for _ in range(2):
        assert {item.action for item in importing.plan(importing.read(*files))} == {"create"}
    first = _import(*files)
    assert len(first) == 4
    assert all(outcome.done for outcome in first.values())
    assert {item.action for item in importing.plan(importing.read(*files))} == {"unchanged"}
    assert all(outcome.done and outcome.item.action == "unchanged" for outcome in _import(*files).values())


def test_a_postgres_connection_is_the_native_block(export: Export, unique: str) -> None:
    _import(export("connections.json", {f"{unique}_pg": PG}))
    native = SqlAlchemyConnector.load(f"{unique}-pg")
    assert native.connection_info.password.get_secret_value() == PG["password"]
    assert native.connect_args == {"connect_timeout": 10}
    connection = get_connection(f"{unique}_pg")
    assert connection.conn_id == f"{unique}_pg"
    assert {key: getattr(connection, key) for key in PG} == PG


def test_any_other_connection_is_an_airflow_connection_with_its_secrets_masked(export: Export, unique: str) -> None:
    _import(export("connections.json", {f"{unique}_sftp": {**SFTP, "extra": '{"private_key": "kestrel-Moor-9"}'}}))
    block = load_block(f"{unique}_sftp", AirflowConnection)
    assert block.as_connection() == get_connection(f"{unique}_sftp")
    assert get_connection(f"{unique}_sftp").extra_dejson == {"private_key": "kestrel-Moor-9"}
    assert "heron" not in repr(block)
    assert "kestrel" not in repr(block)
    # What a client without rights to secrets is shown.
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        shown = client.read_block_document_by_name(f"{unique}-sftp", "airflow-connection", include_secrets=False)
    assert shown.data["host"] == "drop.example"
    assert "heron" not in str(shown.data)
    assert "kestrel" not in str(shown.data)


def test_host_with_a_login_comes_back_and_is_masked(export: Export, unique: str) -> None:
    host = "https://u:kestrel-Moor-9@h/v1"
    _import(export("connections.json", {f"{unique}_web": {"conn_type": "http", "host": host}}))
    assert get_connection(f"{unique}_web").host == host
    block = load_block(f"{unique}_web", AirflowConnection)
    assert block.as_connection().host == host
    assert "kestrel-Moor-9" not in repr(block)


def test_loss_is_reported_and_the_connection_is_kept_whole(export: Export, unique: str) -> None:
    lossy = {**PG, "extra": '{"cursor": "dictcursor", "sslpassword": "osprey-Lake-3"}'}
    outcome = _import(export("connections.json", {f"{unique}_pg": lossy}))[f"{unique}_pg"]
    assert "airflow-connection" in outcome.item.home
    assert "'cursor'" in " ".join(outcome.item.notes)
    assert "'sslpassword'" in " ".join(outcome.item.notes)
    assert "osprey" not in repr(outcome)
    assert get_connection(f"{unique}_pg").extra == lossy["extra"]


def test_differing_items_are_kept(export: Export, unique: str) -> None:
    _import(export("connections.json", {f"{unique}_pg": PG}), export("variables.json", {f"{unique}_v": "one"}))
    changed = [
        export("connections.json", {f"{unique}_pg": {**PG, "password": "other"}}),
        export("variables.json", {f"{unique}_v": "two"}),
    ]
    outcomes = _import(*changed)
    assert {outcome.item.action for outcome in outcomes.values()} == {"differs"}
    assert not any(outcome.done for outcome in outcomes.values())
    assert get_connection(f"{unique}_pg").password == PG["password"]
    assert Variable.get(f"{unique}_v") == "one"


def test_equal_item_created_since_the_plan_counts_as_done(export: Export, unique: str) -> None:
    def files(limit: int, host: str) -> list[Path]:
        return [
            export("connections.json", {f"{unique}_pg": PG, f"{unique}_sftp": {**SFTP, "host": host}}),
            export("variables.json", {f"{unique}_limit": limit}),
            export("pools.json", {f"{unique}_pool": {"slots": limit, "description": ""}}),
        ]

    items = importing.plan(importing.read(*files(3, "drop.example")))
    _import(*files(3, "drop.example"))
    assert [outcome.error for outcome in importing.apply(items)] == [""] * 4
    stale = [dataclasses.replace(item, action="create") for item in importing.plan(importing.read(*files(4, "x")))]
    errors = {outcome.item.id: outcome.error for outcome in importing.apply(tuple(stale))}
    assert errors.pop(f"{unique}_pg") == ""
    assert len(errors) == 3
    assert all("in the meantime" in error for error in errors.values())


def test_replace_replaces_differing_items(export: Export, unique: str) -> None:
    ids = {f"{unique}_pg", f"{unique}_v", f"{unique}_key", f"{unique}_pool"}
    old = [
        export("connections.json", {f"{unique}_pg": PG}),
        export("variables.json", {f"{unique}_v": "one", f"{unique}_key": "plain"}),
        export("pools.json", {f"{unique}_pool": {"slots": 2, "description": ""}}),
    ]
    assert all(outcome.done for outcome in _import(*old).values())
    # To another kind of home, both ways, and within the same.
    lossy = {**PG, "password": "other", "extra": '{"cursor": "dictcursor"}'}
    for connection, text, slots in ((lossy, "x" * 6000, 5), (PG, "two", 1)):
        new = [
            export("connections.json", {f"{unique}_pg": connection}),
            export("variables.json", {f"{unique}_v": text, f"{unique}_key": [slots]}),
            export("pools.json", {f"{unique}_pool": {"slots": slots, "description": ""}}),
        ]
        items = importing.plan(importing.read(*new), replace=True)
        assert {item.id for item in items if item.action == "replace"} == ids
        assert all(outcome.done for outcome in importing.apply(items))
        assert {item.action for item in importing.plan(importing.read(*new))} == {"unchanged"}
        assert get_connection(f"{unique}_pg").extra == connection["extra"]
        assert Variable.get(f"{unique}_v") == text
        assert Variable.get(f"{unique}_key", deserialize_json=True) == [slots]
        assert read_limit(f"{unique}_pool") == LimitSpec(f"{unique}_pool", slots)
    assert read_documents([f"{unique}-pg", f"{unique}-v"], slugs=["airflow-connection", "secret"]) == []


def test_only_matching_ids_are_planned(export: Export, unique: str) -> None:
    file = export("variables.json", {f"{unique}_a1": 1, f"{unique}_a2": 2, f"{unique}_b": 3})
    items = importing.plan(importing.read(file), only=["*_a?", "nothing"])
    assert [item.id for item in items] == [f"{unique}_a1", f"{unique}_a2"]


def test_pool_name_with_url_delimiters(export: Export, unique: str) -> None:
    name = f"{unique} höhe?#1"
    file = export("pools.json", {name: {"slots": 2, "description": ""}})
    assert _import(file)[name].done
    assert importing.plan(importing.read(file))[0].action == "unchanged"
    with pool(name) as hold:
        assert hold.pool == name


def test_two_ids_with_the_same_name_are_refused(export: Export, unique: str) -> None:
    outcomes = _import(export("connections.json", {f"{unique}_a_b": SFTP, f"{unique}-a-b": SFTP, f"{unique}_c": SFTP}))
    refused = [outcome for outcome in outcomes.values() if outcome.item.action == "refused"]
    assert {outcome.item.id for outcome in refused} == {f"{unique}_a_b", f"{unique}-a-b"}
    assert all(f"'{unique}_a_b' and '{unique}-a-b'" in outcome.item.notes[0] for outcome in refused)
    assert outcomes[f"{unique}_c"].done
    later = _import(export("connections.json", {f"{unique}-c": SFTP}))[f"{unique}-c"]
    assert later.item.action == "refused"
    assert f"'{unique}_c'" in later.item.notes[0]


def test_sensitive_and_long_variables_are_secret_blocks(export: Export, unique: str) -> None:
    long = "x" * 6000
    _import(
        export("variables.json", {f"{unique}_api_key": "sk-1", f"{unique}_Long.One": long, f"{unique}.dot": {"a": 1}})
    )
    assert Secret.load(f"{unique}-api-key").get() == "sk-1"
    assert PrefectVariable.get(f"{unique}_api_key") is None
    assert Variable.get(f"{unique}_api_key") == "sk-1"
    assert Variable.get(f"{unique}_Long.One") == long
    assert PrefectVariable.get(f"{unique}_dot") == {"a": 1}
    assert Variable.get(f"{unique}.dot") == '{\n  "a": 1\n}'
    assert Variable.get(f"{unique}.dot", deserialize_json=True) == {"a": 1}


def test_an_id_in_two_files_is_an_error(export: Export, unique: str) -> None:
    files = [export("connections.json", {f"{unique}_a": SFTP}), export("conns2.json", {f"{unique}_a": PG})]
    with pytest.raises(InvalidExportError, match=f"{unique}_a"):
        importing.read(*files)


def test_import_without_a_server_reports_every_item(export: Export, unique: str) -> None:
    file = export("variables.json", {f"{unique}_{number}": number for number in range(3)})
    # In a process of its own: the plan is made against the real server, and applied against a closed port.
    script = f"""
from prefect.settings import PREFECT_API_URL, temporary_settings
from airflow_compat import importing
items = importing.plan(importing.read({str(file)!r}))
with temporary_settings({{PREFECT_API_URL: "http://127.0.0.1:9/api"}}):
    outcomes = importing.apply(items)
for outcome in outcomes:
    print(outcome.item.id, outcome.done, outcome.error)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240, check=True)
    lines = ended.stdout.splitlines()
    assert len(lines) == 3
    assert all(" False " in line for line in lines)
    assert "can't be reached" in lines[0]
    assert "PREFECT_API_URL" in lines[0]
    assert all("not sent" in line for line in lines[1:])
    assert all(outcome.done for outcome in _import(file).values())


# Prefect's database keeps some numbers in another form, such as -0.0 as 0.0.
NUMBERS = [-0.0, 0.0, 1.0, 1e15, 1e16, 1e22, -1e300, 1e308, 5e-324, 1e-7, 0.1 + 0.2, 2**53 + 1, 2**63 - 1, -(2**63)]
BEYOND = [2**63, -(2**63) - 1, 10**30, float("inf"), float("nan")]


@pytest.mark.parametrize("named", ["number", "token"])
def test_imported_numbers_are_unchanged_in_the_next_plan(export: Export, unique: str, named: str) -> None:
    values = [shape for number in (*NUMBERS, *BEYOND) for shape in (number, [number], {"a": {"b": number}})]
    file = export("variables.json", {f"{unique}_{named}_{place}": value for place, value in enumerate(values)})
    assert all(outcome.done for outcome in _import(file).values())
    again = importing.plan(importing.read(file))
    assert [item.id for item in again if item.action != "unchanged"] == []


def test_a_number_comes_back_as_airflows_text(export: Export, unique: str) -> None:
    _import(export("variables.json", {f"{unique}_{place}": number for place, number in enumerate(NUMBERS)}))
    found = [Variable.get(f"{unique}_{place}") for place in range(len(NUMBERS))]
    assert found == [json.dumps(number) for number in NUMBERS]
    decoded = [Variable.get(f"{unique}_{place}", deserialize_json=True) for place in range(len(NUMBERS))]
    assert [repr(number) for number in decoded] == [repr(number) for number in NUMBERS]


def test_a_number_that_was_set_comes_back(unique: str) -> None:
    for number in NUMBERS:
        Variable.set(unique, number, serialize_json=True)
        assert repr(Variable.get(unique, deserialize_json=True)) == repr(number)
