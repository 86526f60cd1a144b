"""What type checkers see of the public API. Checked, never run."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from prefect import Flow, Task, flow, task
from prefect.blocks.core import Block
from prefect.events.actions import CancelFlowRun
from prefect_sqlalchemy import SqlAlchemyConnector
from typing_extensions import assert_type

from airflow_compat import (
    BaseHook,
    Connection,
    Variable,
    aget_connection,
    aload_block,
    automations,
    backfills,
    get_connection,
    get_current_context,
    importing,
    load_block,
    on_execute,
    on_failure,
    on_retry,
    on_skipped,
    on_success,
    pool,
    pools,
    schedules,
    state_hook,
    templates,
    xcom,
)
from airflow_compat.context import Context
from airflow_compat.pools import Hold, Item, Outcome, PoolState


def alert(context: Any) -> None: ...


@on_failure(alert)
@on_success(alert, airflow_version="2")
@on_retry(alert)
@on_execute([alert])
@on_skipped(alert)
@task
def load(table: str) -> int:
    return len(table)


@on_failure(alert, [alert])
@on_success(alert)
@flow(on_crashed=[state_hook(alert, "on_failure")])
def etl(day: str, *, dry: bool = False) -> list[int]:
    with pool("warehouse", slots=2, timeout=5.0) as hold:
        assert_type(hold, Hold)
    return [load(day)]


@pool("warehouse")
def limited(rows: list[int]) -> int:
    return len(rows)


@pool(None)
async def limited_async(rows: list[int]) -> int:
    async with pool("warehouse") as hold:
        assert_type(hold, Hold)
    return len(rows)


def decorated_objects_keep_their_types() -> None:
    _flow: Flow[..., list[int]] = etl
    _task: Task[..., int] = load
    assert_type(etl("2026-11-22", dry=True), list[int])
    assert_type(load("planes"), int)
    assert_type(limited([1]), int)


def loaders() -> None:
    assert_type(get_connection("x"), Connection)
    assert_type(BaseHook.get_connection("x"), Connection)
    assert_type(Connection.get("x"), Connection)
    assert_type(Connection.from_uri("http://h"), Connection)
    assert_type(Connection.from_json("{}"), Connection)
    assert_type(load_block("x"), Block)
    assert_type(load_block("x", SqlAlchemyConnector), SqlAlchemyConnector)
    assert_type(get_connection("x").port, int | None)
    assert_type(Variable.get("x", default=None), Any)


async def twins() -> None:
    assert_type(await aget_connection("x"), Connection)
    assert_type(await Connection.async_get("x"), Connection)
    assert_type(await aload_block("x", SqlAlchemyConnector), SqlAlchemyConnector)
    assert_type(await Variable.adelete("x"), int | None)


def contexts() -> None:
    context = get_current_context(airflow_version="2")
    assert_type(context, Context)
    assert_type(context["ds"], Any)
    assert_type(xcom.pull(xcom.Where(None, "etl", "load")), Any)
    assert_type(templates.render("{{ ds }}", context), Any)


async def alerts(etl: Flow[[], None]) -> None:
    found = [
        automations.on_failure(etl, notify="slack-webhook/alerts"),
        automations.on_sla_miss(["a", etl], sla=timedelta(hours=1), actions=[CancelFlowRun(), {"type": "do-nothing"}]),
    ]
    assert_type(found, list[automations.AutomationSpec])
    assert_type(automations.plan(found), tuple[automations.AutomationItem, ...])
    assert_type(await automations.aapply(found), tuple[automations.AutomationOutcome, ...])
    assert_type(automations.simulate(found[0], [{}]).fired, tuple[automations.SimulatedRun, ...])


async def past_runs() -> None:
    schedule = schedules.read_schedule(schedules.Asset("a") & schedules.Asset("b") | schedules.Dataset("c"))
    assert_type(schedule, schedules.Schedule)
    assert_type(schedule.next_runs(datetime.now(timezone.utc), 3), tuple[schedules.ScheduledRun, ...])
    assert_type(schedule.as_yaml(), list[dict[str, Any]])
    now = datetime.now(timezone.utc)
    assert_type(backfills.backfill("etl/prod", now, now), tuple[backfills.BackfillRun, ...])
    assert_type(await backfills.acatch_up("etl/prod", "none"), tuple[backfills.LateRun, ...])


def imports() -> None:
    export = importing.read("connections.json")
    assert_type(export.connections, tuple[Connection, ...])
    items = importing.plan(export)
    assert_type(importing.apply(items), tuple[importing.Outcome, ...])


assert_type(pools.plan({"warehouse": 5}), tuple[Item, ...])
assert_type(pools.apply(()), tuple[Outcome, ...])
assert_type(pools.read("warehouse"), tuple[PoolState, ...])
