"""What type checkers see of the public API. Checked, never run."""

from __future__ import annotations

from collections.abc import Mapping
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
    artifacts,
    automations,
    backfills,
    get_connection,
    get_current_context,
    importing,
    load_block,
    logs,
    metrics,
    on_execute,
    on_failure,
    on_retry,
    on_skipped,
    on_success,
    options,
    pool,
    pools,
    schedules,
    state_hook,
    templates,
    testing,
    work_pools,
    xcom,
)
from airflow_compat import (
    task as ported,
)
from airflow_compat._airflow.run_objects import TaskInstance
from airflow_compat.callbacks import run_callback
from airflow_compat.context import Context
from airflow_compat.notifiers import SlackNotifier
from airflow_compat.pools import Hold, Item, Outcome, PoolState


def alert(context: Any) -> None: ...


@ported
def extract(table: str, *, limit: int = 5) -> list[int]:
    return [len(table)] * limit


@ported(default_args={"retries": 2}, execution_timeout=timedelta(hours=1), on_failure_callback=[alert])
async def transform(rows: list[int]) -> dict[str, int]:
    return {"rows": len(rows)}


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


async def ported_tasks_keep_their_types() -> None:
    _task: Task[..., list[int]] = extract
    assert_type(extract("planes", limit=3), list[int])
    assert_type(extract.fn("planes"), list[int])
    assert_type(await transform([1]), dict[str, int])
    assert_type(options.task_options({"retries": 2}, pool=None), dict[str, Any])
    assert_type(options.flow_options(dag_id="etl", max_active_tasks=4), dict[str, Any])
    assert_type(options.deployment_options(schedule="@daily"), dict[str, Any])


def typed_alert(context: Context) -> None: ...
def mapping_alert(context: Mapping[str, Any]) -> None: ...
def no_alert(context: str, message: str) -> None: ...


def callbacks_take_a_context() -> None:
    on_failure(typed_alert, [mapping_alert, alert], lambda context: context["ti"].task_id)
    ported(on_failure_callback=typed_alert, pre_execute=mapping_alert)
    on_failure(no_alert)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def misspelt_options() -> None:
    # With `reportCallIssue` in its place, pyright would not name the option.
    ported(retrys=2)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    ported(retrys=2, pool="warehouse")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    options.task_options(retrys=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def loaders() -> None:
    assert_type(get_connection("x"), Connection)
    assert_type(BaseHook.get_connection("x"), Connection)
    assert_type(Connection.get("x"), Connection)
    assert_type(Connection.from_uri("http://h"), Connection)
    assert_type(Connection.from_json("{}"), Connection)
    assert_type(load_block("x"), Block)
    assert_type(load_block("x", SqlAlchemyConnector), SqlAlchemyConnector)
    assert_type(get_connection("x").port, int | None)
    assert_type(Variable.get("x"), str)
    assert_type(Variable.get("x", default=None), str | None)
    assert_type(Variable.get("x", 5), str | int)
    assert_type(Variable.get("x", default_var="a"), str)
    assert_type(Variable.get("x", deserialize_json=True), Any)
    assert_type(Variable.get("x", {}, True), Any)


async def twins() -> None:
    assert_type(await aget_connection("x"), Connection)
    assert_type(await Connection.async_get("x"), Connection)
    assert_type(await aload_block("x", SqlAlchemyConnector), SqlAlchemyConnector)
    assert_type(await Variable.aget("x"), str)
    assert_type(await Variable.aget("x", None), str | None)
    assert_type(await Variable.adelete("x"), int | None)


def contexts() -> None:
    context = get_current_context(airflow_version="2")
    assert_type(context, Context)
    assert_type(context["ds"], str)
    assert_type(context["ti"], TaskInstance)
    assert_type(context["ti"].try_number, int)
    assert_type(context["logical_date"], datetime)
    assert_type(context["exception"], BaseException | None)
    assert_type(context.get("exception"), BaseException | None)
    assert_type(context["params"], dict[str, Any])
    assert_type(context["mine"], Any)
    assert_type(xcom.pull(xcom.TaskInstanceAddress(None, "etl", "load")), Any)
    assert_type(templates.render("{{ ds }}", context), Any)


SLACK = SlackNotifier(text="failed")


async def alerts(etl: Flow[[], None]) -> None:
    found = [
        automations.on_failure(etl, notify="slack-webhook/alerts"),
        automations.on_sla_miss(["a", etl], sla=timedelta(hours=1), actions=[CancelFlowRun(), {"type": "do-nothing"}]),
    ]
    assert_type(found, list[automations.AutomationSpec])
    found += [
        automations.on_failure(task="etl/load", callback=[alert, "alerts:page"], notify=[SLACK, "slack-webhook/a"]),
        automations.on_zombie("etl", tags=["prod"], airflow_version="2"),
        *automations.from_dag_args({"dag_id": "etl", "on_failure_callback": alert}, in_process=True),
    ]
    automations.on_success("etl", notfy="slack-webhook/a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    automations.on_late_start("etl", task="etl/load")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert_type(run_callback("alerts:page", run="prefect.flow-run.1"), bool)
    assert_type(automations.plan(found), tuple[automations.AutomationItem, ...])
    assert_type(await automations.aapply(found), tuple[automations.AutomationOutcome, ...])
    assert_type(automations.apply(automations.plan(found)), tuple[automations.AutomationOutcome, ...])
    assert_type(automations.simulate(found[0], [{}]).fired, tuple[automations.SimulatedRun, ...])


async def past_runs() -> None:
    schedule = schedules.read_schedule(schedules.Asset("a") & schedules.Asset("b") | schedules.Dataset("c"))
    assert_type(schedule, schedules.Schedule)
    assert_type(schedule.next_runs(datetime.now(timezone.utc), 3), tuple[schedules.ScheduledRun, ...])
    assert_type(schedule.as_yaml(), list[dict[str, Any]])
    now = datetime.now(timezone.utc)
    assert_type(backfills.backfill("etl/prod", now, now), tuple[backfills.BackfillRun, ...])
    assert_type(await backfills.acatch_up("etl/prod", "none"), tuple[backfills.LateRun, ...])


def logs_and_artifacts(ti: Any) -> None:
    @logs.forward("airflow.task", level="DEBUG")
    def work(number: int) -> str:
        return str(number)

    assert_type(work(1), str)
    assert_type(logs.redact("text"), str)
    assert_type(logs.task_log_url(ti), str)
    assert_type(artifacts.table("rows", [{"a": 1}], description="d"), artifacts.ArtifactRecord)
    assert_type(artifacts.artifact_from_xcom(ti, "rows"), artifacts.ArtifactRecord)
    assert_type(artifacts.run_summary(), artifacts.ArtifactRecord)
    flow(on_completion=[artifacts.summary_hook], on_failure=[artifacts.summary_hook])
    artifacts.markdown(text="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def imports() -> None:
    export = importing.read("connections.json")
    assert_type(export.connections, tuple[Connection, ...])
    items = importing.plan(export)
    assert_type(importing.apply(items), tuple[importing.Outcome, ...])
    assert_type(importing.apply(export, only=["a*"], replace=True), tuple[importing.Outcome, ...])


assert_type(pools.plan({"warehouse": 5}), tuple[Item, ...])
assert_type(pools.apply(()), tuple[Outcome, ...])
assert_type(pools.apply({"warehouse": 5}, replace=False), tuple[Outcome, ...])
assert_type(pools.read("warehouse"), tuple[PoolState, ...])


def pools_of_a_dag() -> None:
    spec = work_pools.recommend("etl", executor="KubernetesExecutor", concurrency_limit=3)
    assert_type(spec, work_pools.WorkPoolSpec)
    assert_type(work_pools.plan([spec]), tuple[work_pools.WorkPoolItem, ...])
    assert_type(work_pools.apply([spec], replace=True), tuple[work_pools.WorkPoolOutcome, ...])
    assert_type(work_pools.apply(work_pools.plan([spec])), tuple[work_pools.WorkPoolOutcome, ...])
    assert_type(work_pools.helm_values(spec, api_url="http://prefect:4200/api"), dict[str, Any])


@testing.fake_connections({"shop_db": "postgres://db/shop", "api": {"conn_type": "http"}, "c": Connection("c")})
def tested(rows: list[int]) -> int:
    return len(rows)


@testing.fake_pools({"warehouse": 2, "reports": {"slots": 1}})
async def tested_async(rows: list[int]) -> int:
    return len(rows)


async def tests_of_ported_code() -> None:
    assert_type(tested([]), int)
    assert_type(await tested_async([]), int)
    tested("rows")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with testing.fake_connections({}) as connections:
        assert_type(connections, testing.FakeConnections)
        assert_type(connections.asked, list[str])
    with testing.fake_variables({"target": "staging", "limits": {"rows": 5}}) as variables:
        assert_type(variables.values, dict[str, Any])
    assert_type(testing.fake_pools({}).start(), testing.FakePools)
    assert_type(testing.FakePools({}).uses, list[testing.PoolUse])
    made = testing.make_context("load", exception=ValueError(), xcom={"a": 1, ("a", "k"): 2, ("a", "k", 0): 3}, ds="d")
    assert_type(made, Context)
    testing.make_context(run_type="cron")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    recorded = testing.RecordingCallback(raises=ValueError())
    on_failure(recorded)
    assert_type(testing.assert_called_with_context(recorded, exception=ValueError), Mapping[str, Any])
    testing.assert_called_with_context(recorded, task="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def measured() -> None:
    metrics.configure(metrics.StatsD("localhost", 8125, influxdb_tags=True), allow_list=["ti"])
    metrics.configure_from_airflow({"statsd_on": True})

    @metrics.Stats.timer("double")
    def double(number: int) -> int:
        return number * 2

    assert_type(double(2), int)
    with metrics.Stats.timer("block") as timer:
        assert_type(timer.duration, float | None)
    assert_type(metrics.flush(), bool)

    @flow
    def etl(day: str) -> int:
        return len(day)

    assert_type(metrics.instrument(etl)("2026-01-01"), int)
