"""Several sources as one export, in Airflow's order."""

from __future__ import annotations

import pytest

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export, Problem, Shadowed
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import InvalidExportError
from airflow_compat.importing._precedence import Origin, Rank, resolve


def origin(rank: Rank, *ids: str, name: str = "", variables: tuple[str, ...] = ()) -> Origin:
    connections = tuple(Connection(id_, rank.name.lower()) for id_ in ids)
    records = tuple(VariableRecord(key, rank.name) for key in variables)
    return Origin(name or rank.name.lower(), rank, Export(connections, records))


def types(export: Export) -> dict[str | None, str | None]:
    return {connection.conn_id: connection.conn_type for connection in export.connections}


@pytest.mark.parametrize("turn", [1, -1])
def test_precedence_is_backend_environment_database_in_any_given_order(turn: int) -> None:
    origins = [
        origin(Rank.DATABASE, "a", "b", "c"),
        origin(Rank.ENVIRONMENT, "a", "b"),
        origin(Rank.SECRETS_BACKEND, "a"),
    ]
    export = resolve(origins[::turn])
    assert types(export) == {"a": "secrets_backend", "b": "environment", "c": "database"}
    assert set(export.shadowed) == {
        Shadowed("connection", "a", "secrets_backend", "environment"),
        Shadowed("connection", "a", "secrets_backend", "database"),
        Shadowed("connection", "b", "environment", "database"),
    }


def test_entries_are_in_the_order_of_their_sources() -> None:
    export = resolve([origin(Rank.DATABASE, "z", "a"), origin(Rank.SECRETS_BACKEND, "m", "b")])
    assert list(types(export)) == ["z", "a", "m", "b"]
    assert export.shadowed == ()


def test_environment_takes_the_spelling_of_other_sources() -> None:
    """Airflow reads `AIRFLOW_CONN_PROD_DB` for `Prod_DB`."""
    export = resolve(
        [
            origin(Rank.ENVIRONMENT, "prod_db", "own", variables=("region",)),
            origin(Rank.DATABASE, "Prod_DB", "prod_db", variables=("Region",)),
        ]
    )
    assert types(export) == {"Prod_DB": "environment", "prod_db": "environment", "own": "environment"}
    assert export.variables == (VariableRecord("Region", "ENVIRONMENT"),)
    assert {(shadowed.kind, shadowed.id) for shadowed in export.shadowed} == {
        ("connection", "Prod_DB"),
        ("connection", "prod_db"),
        ("variable", "Region"),
    }


@pytest.mark.parametrize("rank", Rank)
def test_two_sources_of_one_rank_are_an_error_that_names_both(rank: Rank) -> None:
    with pytest.raises(InvalidExportError, match=r"Connection 'a' is in both one and other, .*\. Remove 'a' from one"):
        resolve([origin(rank, "a", name="one"), origin(rank, "a", name="other")])


def test_kinds_do_not_mix() -> None:
    one = Origin("one", Rank.DATABASE, Export(pools=(Pool("a", 1),)))
    assert resolve([one, origin(Rank.DATABASE, "a", variables=("a",))]).shadowed == ()
    with pytest.raises(InvalidExportError, match="Pool 'a'"):
        resolve([one, Origin("other", Rank.DATABASE, one.export)])


def test_unreadable_entry_shadows_no_entry() -> None:
    problem = Problem("connection", "a", "it is empty")
    export = resolve([Origin("x", Rank.SECRETS_BACKEND, Export(problems=(problem,))), origin(Rank.DATABASE, "a")])
    assert export.problems == (problem,)
    assert types(export) == {"a": "database"}
    assert export.shadowed == ()


def test_no_sources() -> None:
    assert resolve([]) == Export()
