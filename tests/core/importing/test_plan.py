"""The plan of an import: an export compared with Prefect's holdings."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import DATA, connections, pools, secrets, variables

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export, Problem, Shadowed
from airflow_compat._airflow.exports import parse_export
from airflow_compat._airflow.names import block_name
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat._prefect.plan import Item
from airflow_compat._prefect.specs import MARK, BlockSpec, LimitSpec, VariableSpec
from airflow_compat.connections._specs import spec_from_connection
from airflow_compat.importing._plan import Holdings, plan_items
from airflow_compat.pools._specs import limit_from_pool
from airflow_compat.variables._specs import spec_from_variable

PG = Connection("pg", "postgres", "d", "h", "u", "p", "db", 5432)
WEB = Connection("web_hook", "http", host="h", password="p")


def held(*specs: BlockSpec | VariableSpec | LimitSpec) -> Holdings:
    return Holdings(
        blocks=tuple(spec for spec in specs if isinstance(spec, BlockSpec)),
        variables=tuple(spec for spec in specs if isinstance(spec, VariableSpec)),
        limits=tuple(spec for spec in specs if isinstance(spec, LimitSpec)),
    )


def block_of(connection: Connection) -> BlockSpec:
    return spec_from_connection(connection)[0]


def plan_one(export: Export, *specs: BlockSpec | VariableSpec | LimitSpec) -> Item:
    (item,) = plan_items(export, held(*specs))
    assert item.kind == kind_of(export)
    return item


def kind_of(export: Export) -> str:
    (kind,) = (name for name in ("connection", "variable", "pool") if getattr(export, f"{name}s"))
    return kind


def read_exports(version: str) -> Export:
    export = Export()
    for path in sorted((DATA / f"airflow_exports_{version}").glob("*.json")):
        export += parse_export(path.read_bytes(), path.name)
    return export


def test_replace_replaces_differing_items() -> None:
    export = Export(connections=(PG, WEB), variables=(VariableRecord("k", "new"),), pools=(Pool("p", 2),))
    elsewhere = replace(block_of(PG), type_slug="airflow-connection")
    holdings = held(elsewhere, block_of(WEB), VariableSpec("k", "old"), LimitSpec("p", 3))
    items = plan_items(export, holdings, replace=True)
    assert [(item.id, item.action, item.home, item.notes) for item in items] == [
        ("pg", "replace", "block sqlalchemy-connector/pg", ("replaces block airflow-connection/pg",)),
        ("web_hook", "unchanged", "block airflow-connection/web-hook", ()),
        ("k", "replace", "variable k", ()),
        ("p", "replace", "global concurrency limit p", ()),
    ]


@pytest.mark.parametrize("version", ["2.11", "3.3"])
def test_a_real_export_into_an_empty_server(version: str) -> None:
    items = plan_items(read_exports(version), Holdings())
    number_note = ["the description has no place in Prefect"] if version == "3.3" else []
    assert [item.as_dict() for item in items] == [
        {"kind": kind, "id": id_, "action": "create", "home": home, "notes": notes}
        for kind, id_, home, notes in [
            ("connection", "bare", "block airflow-connection/bare", []),
            ("connection", "pg", "block sqlalchemy-connector/pg", []),
            ("connection", "web", "block airflow-connection/web", []),
            ("variable", "api_key", "block secret/api-key", ["a sensitive name: Prefect's variables are plain text"]),
            ("variable", "j", "variable j", []),
            ("variable", "num", "variable num", number_note),
            ("variable", "plain", "variable plain", []),
            (
                "pool",
                "default_pool",
                "global concurrency limit default_pool",
                ["the description has no place in Prefect"],
            ),
            ("pool", "p1", "global concurrency limit p1", ["the description has no place in Prefect"]),
            (
                "pool",
                "p2",
                "global concurrency limit p2",
                [
                    "include_deferred is dropped: Prefect tasks never defer, so a waiting task keeps its slots",
                    "the description has no place in Prefect",
                ],
            ),
        ]
    ]


def test_existing_connection() -> None:
    item = plan_one(Export(connections=(PG,)), block_of(PG))
    assert (item.action, item.home, item.notes) == ("unchanged", "block sqlalchemy-connector/pg", ())


@pytest.mark.parametrize("field", ["description", "host", "login", "password", "schema"])
def test_a_connection_that_differs_is_kept(field: str) -> None:
    item = plan_one(Export(connections=(PG,)), block_of(replace(PG, **{field: "other"})))
    assert (item.action, item.home) == ("differs", "block sqlalchemy-connector/pg")
    assert item.notes == ("the server has other values; kept as it is",)


@pytest.mark.parametrize(
    "other", [replace(PG, port=5433), replace(PG, extra='{"a": 1}'), replace(PG, conn_type="http"), Connection("pg")]
)
def test_a_connection_that_differs_in_anything_is_kept(other: Connection) -> None:
    assert plan_one(Export(connections=(PG,)), block_of(other)).action == "differs"
    assert plan_one(Export(connections=(other,)), block_of(PG)).action == "differs"


def test_existing_connection_in_any_block_type() -> None:
    whole = BlockSpec(
        "airflow-connection", "pg", block_of(replace(PG, conn_type="http")).data | {"conn_type": PG.conn_type}
    )
    assert plan_one(Export(connections=(PG,)), whole).as_dict() == {
        "kind": "connection",
        "id": "pg",
        "action": "unchanged",
        "home": "block airflow-connection/pg",
        "notes": [],
    }


def test_native_block_wins_over_another_block_of_the_same_name() -> None:
    whole = block_of(Connection("pg", "http"))
    for blocks in ((whole, block_of(PG)), (block_of(PG), whole)):
        assert plan_one(Export(connections=(PG,)), *blocks).action == "unchanged"


def test_a_block_made_with_prefect_alone_counts_by_its_name() -> None:
    info = {
        "driver": "postgresql+psycopg2",
        "host": "h",
        "username": "u",
        "password": "p",
        "database": "db",
        "port": 5432,
    }
    bare = replace(PG, description=None)
    block = BlockSpec("sqlalchemy-connector", "pg", {"connection_info": info})
    assert plan_one(Export(connections=(bare,)), block).action == "unchanged"
    assert plan_one(Export(connections=(replace(bare, host="i"),)), block).action == "differs"
    dashed = BlockSpec("sqlalchemy-connector", "a-b", {"connection_info": info})
    assert plan_one(Export(connections=(replace(bare, conn_id="a_b"),)), dashed).action == "unchanged"


def test_unreadable_block_url_affects_only_its_own_item() -> None:
    # Legal for the block, and not for Airflow, which takes the second "://" for a host's protocol.
    url = "postgresql://u:qxzjkwvq@h/db?options=http://x"
    block = BlockSpec("sqlalchemy-connector", "pg", {"connection_info": url})
    pg, web = plan_items(Export(connections=(PG, WEB)), held(block))
    assert (pg.kind, pg.id) == ("connection", "pg")
    assert pg.action in ("differs", "refused")
    assert "qxzjkwvq" not in repr(pg.as_dict())
    assert web.action == "create"


@pytest.mark.parametrize("value", ["x", "", 5, None, [1, {"a": 2}], {"b": 1, "a": "x"}])
def test_existing_variable(value: object) -> None:
    record = VariableRecord("My.Key", value)
    item = plan_one(Export(variables=(record,)), spec_from_variable(record)[0])
    assert (item.action, item.home, item.notes) == ("unchanged", "variable my_key", ())
    item = plan_one(Export(variables=(record,)), VariableSpec("my_key", "other", ("airflow-key:My.Key",)))
    assert (item.action, item.notes) == ("differs", ("the server has other values; kept as it is",))


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), ("1", 1), (None, ""), ([], {}), ("a", "A")])
def test_values_of_different_types_differ(one: object, other: object) -> None:
    export = Export(variables=(VariableRecord("k", one),))
    assert plan_one(export, VariableSpec("k", other)).action == "differs"


def test_key_order_of_an_object_does_not_matter() -> None:
    export = Export(variables=(VariableRecord("k", {"a": 1, "b": 2}),))
    assert plan_one(export, VariableSpec("k", {"b": 2, "a": 1})).action == "unchanged"


def test_existing_secret_variable() -> None:
    record = VariableRecord("API.key_token", "s")
    block = spec_from_variable(record)[0]
    assert plan_one(Export(variables=(record,)), block).action == "unchanged"
    assert plan_one(Export(variables=(replace(record, value="t"),)), block).action == "differs"
    made_with_prefect = BlockSpec("secret", "api-key-token", {"value": "s"})
    assert plan_one(Export(variables=(record,)), made_with_prefect).action == "unchanged"


@pytest.mark.parametrize("tags", [(), ("airflow-key:API.key",)])
def test_plain_variable_that_hides_the_secret_counts(tags: tuple[str, ...]) -> None:
    # Variable.get looks for the Prefect variable first.
    export = Export(variables=(VariableRecord("API.key" if tags else "api_key", "new"),))
    item = plan_one(export, VariableSpec("api_key", "old", tags))
    assert (item.action, item.home) == ("differs", "variable api_key")


def test_unchanged_variable_names_the_place_that_counts() -> None:
    secret = BlockSpec("secret", "stage", {"value": "prod"})
    item = plan_one(Export(variables=(VariableRecord("stage", "prod"),)), secret, VariableSpec("stage", "prod"))
    assert (item.action, item.home) == ("unchanged", "variable stage")


def test_a_plain_variable_of_another_key_hides_nothing() -> None:
    export = Export(variables=(VariableRecord("api_key", "new"),))
    assert plan_one(export, VariableSpec("api_key", "old", ("airflow-key:API.key",))).action == "create"


def test_connection_block_is_not_a_variable() -> None:
    record = VariableRecord("pg_token", "s")
    assert plan_one(Export(variables=(record,)), block_of(replace(PG, conn_id="pg_token"))).action == "create"


def test_existing_pool() -> None:
    pool = Pool("p", 3)
    export = Export(pools=(pool,))
    assert plan_one(export, limit_from_pool(pool)[0]).action == "unchanged"
    item = plan_one(export, LimitSpec("p", 4))
    assert (item.action, item.notes) == ("differs", ("the server has limit 4, the export 3; kept as it is",))
    item = plan_one(export, LimitSpec("p", 3, active=False))
    assert (item.action, item.notes) == ("differs", ("the server has limit 3, inactive, the export 3; kept as it is",))


@pytest.mark.parametrize(
    ("export", "name"),
    [
        (Export(connections=(replace(WEB, conn_id="a_b"), replace(WEB, conn_id="a-b"))), "a-b"),
        (Export(variables=(VariableRecord("a_b", 1), VariableRecord("a-b", 1))), "a-b"),
        (Export(variables=(VariableRecord("a_b", 1), VariableRecord("A.B", 1))), "a-b"),
        (Export(variables=(VariableRecord("a_token", 1), VariableRecord("A.token", 1))), "a-token"),
        (Export(pools=(Pool("a/b", 1), Pool("a%b", 1))), "a-b"),
    ],
)
def test_ids_with_the_same_name_are_refused_and_both_named(export: Export, name: str) -> None:
    one, other = items = plan_items(export, Holdings())
    for item in items:
        assert (item.kind, item.action, item.home, item.spec) == (kind_of(export), "refused", "", None)
        assert item.notes == (
            f"{one.id!r} and {other.id!r} would share the name {name!r}; rename one of them in Airflow",
        )


def test_ids_of_different_kinds_may_share_a_name() -> None:
    export = Export(
        (replace(WEB, conn_id="a_b"),), (VariableRecord("a-b", 1), VariableRecord("c", 1)), (Pool("a-b", 1),)
    )
    assert [item.action for item in plan_items(export, Holdings())] == ["create"] * 4


@pytest.mark.parametrize(
    ("export", "spec", "other"),
    [
        (Export(connections=(replace(WEB, conn_id="a_b"),)), block_of(replace(WEB, conn_id="A.B")), "A.B"),
        (Export(connections=(replace(PG, conn_id="a_b"),)), block_of(replace(WEB, conn_id="A.B")), "A.B"),
        (Export(connections=(replace(WEB, conn_id="a_b"),)), block_of(replace(PG, conn_id="A.B")), "A.B"),
        (
            Export(variables=(VariableRecord("a.b", 1),)),
            VariableSpec("a_b", 1, ("mine", "airflow-key:A B")),
            "A B",
        ),
        (
            Export(variables=(VariableRecord("a_token", 1),)),
            BlockSpec("secret", "a-token", {"value": 1, MARK: {"key": "a.token"}}),
            "a.token",
        ),
    ],
)
def test_name_taken_by_another_id_is_refused_and_both_named(
    export: Export, spec: BlockSpec | VariableSpec, other: str
) -> None:
    item = plan_one(export, spec)
    assert item.action == "refused"
    assert item.notes == (
        f"{spec} already holds {other!r}, which has the same name in Prefect; rename one of the two in Airflow",
    )
    assert item.id in ("a_b", "a.b", "a_token")


@pytest.mark.parametrize(
    "export",
    [
        Export(connections=(replace(WEB, conn_id=""),)),
        Export(variables=(VariableRecord("", 1),)),
        Export(pools=(Pool("", 1),)),
    ],
)
def test_missing_id_is_refused(export: Export) -> None:
    item = plan_one(export)
    assert (item.id, item.action) == ("", "refused")
    assert "an empty id has no Prefect name" in item.notes[0]


def test_unreadable_entries_are_refused_at_the_end() -> None:
    problem = Problem("connection", "bad", "why")
    items = plan_items(Export(pools=(Pool("p", 1),), problems=(problem,)), Holdings())
    assert items[1] == Item("connection", "bad", "refused", notes=("why",))


def test_a_connection_that_no_native_block_can_hold_says_why() -> None:
    item = plan_one(Export(connections=(replace(PG, extra='{"iam": true}'),)))
    assert item.home == "block airflow-connection/pg"
    assert item.notes == ("extra 'iam' is for Airflow's hook, and the driver would refuse it",)


exports = st.builds(
    Export,
    connections=st.lists(connections, max_size=4, unique_by=lambda connection: connection.conn_id).map(tuple),
    variables=st.lists(variables, max_size=4, unique_by=lambda variable: variable.key).map(tuple),
    pools=st.lists(pools, max_size=4, unique_by=lambda pool: pool.name).map(tuple),
)


def holdings_after(items: tuple[Item, ...]) -> Holdings:
    return held(*(item.spec for item in items if item.action == "create" and item.spec))


@given(exports)
@example(Export(connections=(PG, WEB), variables=(VariableRecord("a_b", 1),), pools=(Pool("a/b", -1),)))
@example(Export(connections=(Connection.from_uri("sqlite://%2Fx.db", "lite"),)))
def test_created_items_are_unchanged_in_the_next_plan(export: Export) -> None:
    first = plan_items(export, Holdings())
    assert {item.action for item in first} <= {"create", "refused"}
    second = plan_items(export, holdings_after(first))
    assert [(item.kind, item.id) for item in second] == [(item.kind, item.id) for item in first]
    assert [item.action for item in second] == ["unchanged" if item.action == "create" else "refused" for item in first]


@given(exports)
def test_a_plan_has_an_item_for_each_entry_and_is_json(export: Export) -> None:
    items = plan_items(export, Holdings())
    assert [(item.kind, item.id) for item in items] == [
        *(("connection", connection.conn_id) for connection in export.connections),
        *(("variable", variable.key) for variable in export.variables),
        *(("pool", pool.name) for pool in export.pools),
    ]
    assert json.loads(json.dumps([item.as_dict() for item in items])) == [item.as_dict() for item in items]
    for item in items:
        assert (item.spec is None) is (item.action == "refused")
        assert bool(item.home) is (item.action != "refused")
        assert item.notes or item.action != "refused"


@given(exports, exports)
def test_existing_items_are_never_created_again(export: Export, other: Export) -> None:
    holdings = holdings_after(plan_items(other, Holdings()))
    there = {str(spec) for spec in (*holdings.blocks, *holdings.variables, *holdings.limits)}
    for item in plan_items(export, holdings):
        assert item.action != "create" or str(item.spec) not in there
        assert item.action not in ("unchanged", "differs") or item.home in there


@given(secrets, secrets)
def test_a_plan_shows_no_secret(secret: str, other: str) -> None:
    def export(value: str) -> Export:
        return Export(
            connections=(
                replace(PG, password=value, extra=json.dumps({"sslmode": value})),
                Connection("web", "http", password=value, extra=value),
                Connection("lost", "postgres", password=value, extra=json.dumps({"api_key": value, "iam": value})),
                Connection("a_b", "http", password=value),
                Connection("a-b", "http", password=value),
            ),
            variables=(
                VariableRecord("plain", value),
                VariableRecord("token", value),
                VariableRecord("long", value * 1000),
                VariableRecord("c_d", value),
                VariableRecord("c-d", {"a": value}),
            ),
        )

    first = plan_items(export(secret), Holdings())
    assert {item.action for item in first} == {"create", "refused"}
    for items in (
        first,
        plan_items(export(other), holdings_after(first)),
        plan_items(export(secret), holdings_after(first)),
    ):
        shown = f"{items!r} {items} {[item.as_dict() for item in items]} {[str(item.spec) for item in items]}"
        shown += repr([item.spec for item in items]) + repr(holdings_after(items))
        assert secret not in shown
        assert other not in shown


def test_block_has_the_name_of_its_connection() -> None:
    item = plan_one(Export(connections=(WEB,)))
    assert isinstance(item.spec, BlockSpec)
    assert item.spec.name == block_name("web_hook") == "web-hook"


def test_item_names_its_source_if_several_have_it() -> None:
    shadowed = (
        Shadowed("connection", WEB.conn_id, "env:", "connections.json"),
        Shadowed("connection", WEB.conn_id, "env:", "old.json"),
        Shadowed("variable", WEB.conn_id, "env:", "variables.json"),
    )
    (item,) = plan_items(Export(connections=(WEB,), shadowed=shadowed), Holdings())
    assert item.notes == ("from env:, which Airflow asks before connections.json, old.json",)
