"""The plan of an import: what an export asks for, against what Prefect holds."""

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
from airflow_compat._specs.connections import spec_from_connection
from airflow_compat._specs.import_plan import Holdings, Item, plan_items
from airflow_compat._specs.limits import limit_from_pool
from airflow_compat._specs.specs import MARK, BlockSpec, LimitSpec, VariableSpec
from airflow_compat._specs.variables import spec_from_variable

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


@pytest.mark.parametrize("version", ["2.11", "3.3"])
def test_a_real_export_into_an_empty_server(version: str) -> None:
    items = plan_items(read_exports(version), Holdings())
    number_note = ["its description has no place there"] if version == "3.3" else []
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
                ["its description has no place there"],
            ),
            ("pool", "p1", "global concurrency limit p1", ["its description has no place there"]),
            (
                "pool",
                "p2",
                "global concurrency limit p2",
                [
                    "include_deferred is dropped: nothing defers in Prefect, a waiting task keeps its slots",
                    "its description has no place there",
                ],
            ),
        ]
    ]


def test_a_connection_that_is_there() -> None:
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


def test_a_connection_is_there_wherever_it_is_kept() -> None:
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


def test_of_two_blocks_of_one_name_the_native_one_counts() -> None:
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


def test_a_block_whose_url_cannot_be_read_spoils_its_own_item_only() -> None:
    # Legal for the block, and not for Airflow, which takes the second "://" for a host's protocol.
    url = "postgresql://u:qxzjkwvq@h/db?options=http://x"
    block = BlockSpec("sqlalchemy-connector", "pg", {"connection_info": url})
    pg, web = plan_items(Export(connections=(PG, WEB)), held(block))
    assert (pg.kind, pg.id) == ("connection", "pg")
    assert pg.action in ("differs", "refused")
    assert "qxzjkwvq" not in repr(pg.as_dict())
    assert web.action == "create"


@pytest.mark.parametrize("value", ["x", "", 5, None, [1, {"a": 2}], {"b": 1, "a": "x"}])
def test_a_variable_that_is_there(value: object) -> None:
    record = VariableRecord("My.Key", value)
    item = plan_one(Export(variables=(record,)), spec_from_variable(record)[0])
    assert (item.action, item.home, item.notes) == ("unchanged", "variable my_key", ())
    item = plan_one(Export(variables=(record,)), VariableSpec("my_key", "other", ("airflow-key:My.Key",)))
    assert (item.action, item.notes) == ("differs", ("the server has other values; kept as it is",))


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), ("1", 1), (None, ""), ([], {}), ("a", "A")])
def test_values_that_only_look_alike_differ(one: object, other: object) -> None:
    export = Export(variables=(VariableRecord("k", one),))
    assert plan_one(export, VariableSpec("k", other)).action == "differs"


def test_the_order_of_an_objects_keys_is_no_difference() -> None:
    export = Export(variables=(VariableRecord("k", {"a": 1, "b": 2}),))
    assert plan_one(export, VariableSpec("k", {"b": 2, "a": 1})).action == "unchanged"


def test_a_secret_variable_that_is_there() -> None:
    record = VariableRecord("API.key_token", "s")
    block = spec_from_variable(record)[0]
    assert plan_one(Export(variables=(record,)), block).action == "unchanged"
    assert plan_one(Export(variables=(replace(record, value="t"),)), block).action == "differs"
    made_with_prefect = BlockSpec("secret", "api-key-token", {"value": "s"})
    assert plan_one(Export(variables=(record,)), made_with_prefect).action == "unchanged"


@pytest.mark.parametrize("tags", [(), ("airflow-key:API.key",)])
def test_a_plain_variable_that_would_hide_the_secret_counts(tags: tuple[str, ...]) -> None:
    # Variable.get looks for the Prefect variable first.
    export = Export(variables=(VariableRecord("API.key" if tags else "api_key", "new"),))
    item = plan_one(export, VariableSpec("api_key", "old", tags))
    assert (item.action, item.home) == ("differs", "variable api_key")


def test_a_plain_variable_of_another_key_hides_nothing() -> None:
    export = Export(variables=(VariableRecord("api_key", "new"),))
    assert plan_one(export, VariableSpec("api_key", "old", ("airflow-key:API.key",))).action == "create"


def test_a_connections_block_is_no_variable() -> None:
    record = VariableRecord("pg_token", "s")
    assert plan_one(Export(variables=(record,)), block_of(replace(PG, conn_id="pg_token"))).action == "create"


def test_a_pool_that_is_there() -> None:
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
def test_ids_that_would_share_a_name_are_refused_and_both_named(export: Export, name: str) -> None:
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
def test_a_name_that_holds_another_id_is_refused_and_both_named(
    export: Export, spec: BlockSpec | VariableSpec, other: str
) -> None:
    item = plan_one(export, spec)
    assert item.action == "refused"
    assert item.notes == (
        f"{spec} already holds {other!r}, which has the same name in Prefect; rename one of them in Airflow",
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
def test_what_has_no_id_is_refused(export: Export) -> None:
    item = plan_one(export)
    assert (item.id, item.action) == ("", "refused")
    assert "an empty id has no Prefect name" in item.notes[0]


def test_what_could_not_be_read_is_refused_at_the_end() -> None:
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
def test_what_a_plan_has_created_is_unchanged_in_the_next(export: Export) -> None:
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
def test_nothing_that_is_there_is_ever_created_again(export: Export, other: Export) -> None:
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


def test_a_blocks_name_is_that_of_its_connection() -> None:
    item = plan_one(Export(connections=(WEB,)))
    assert isinstance(item.spec, BlockSpec)
    assert item.spec.name == block_name("web_hook") == "web-hook"


def test_an_item_says_which_source_it_is_from_where_several_have_it() -> None:
    shadowed = (
        Shadowed("connection", WEB.conn_id, "env:", "connections.json"),
        Shadowed("connection", WEB.conn_id, "env:", "old.json"),
        Shadowed("variable", WEB.conn_id, "env:", "variables.json"),
    )
    (item,) = plan_items(Export(connections=(WEB,), shadowed=shadowed), Holdings())
    assert item.notes == ("from env:, which Airflow asks before connections.json, old.json",)
