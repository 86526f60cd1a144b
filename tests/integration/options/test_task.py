"""Airflow's task arguments, on real runs."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from notification_targets import Target, smtp_target
from prefect import flow
from prefect import task as prefect_task
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext, TaskRunContext
from prefect.futures import wait
from prefect.tasks import Task

from airflow_compat import Variable, get_current_context, pools, task
from airflow_compat._prefect.run_dates import run_dates
from airflow_compat.connections import Connection, get_connection
from airflow_compat.errors import (
    ConnectionNotFoundError,
    InvalidArgumentError,
    InvalidConnectionError,
    InvalidDagLimitError,
    MissingPackageError,
    PoolNotReadyError,
    UnsupportedFeatureError,
    VariableNotFoundError,
    XComValueError,
)
from airflow_compat.exceptions import AirflowFailException, AirflowSkipException
from airflow_compat.options import task_options
from airflow_compat.options._backoff import Backoff

Slept = list[float]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Slept:
    """The engine's delays before further tries, without the waiting."""
    found: Slept = []
    monkeypatch.setattr("prefect.task_engine.time", SimpleNamespace(sleep=found.append))
    return found


def state_of(each: Task[..., Any], *args: Any, flow_name: str = "etl") -> Any:
    """The final state of the task's call in a flow."""

    @flow(name=flow_name)
    def around() -> list[Any]:
        return [each(*args, return_state=True)]

    return around(return_state=True).result(raise_on_failure=False)[0]


def failing(times: int) -> Callable[[], str]:
    left = list(range(times))

    def body() -> str:
        if left:
            raise ConnectionError(f"no answer, {left.pop()} left")
        return "done"

    return body


def test_retries_and_their_delay(slept: Slept) -> None:
    flaky = task(retries=2, retry_delay=timedelta(seconds=40), task_id="flaky")(failing(2))
    assert state_of(flaky).name == "Completed"
    assert [math.ceil(each) for each in slept] == [40, 40]


def test_delay_defaults_to_five_minutes(slept: Slept) -> None:
    assert state_of(task(default_args={"retries": 1})(failing(1))).name == "Completed"
    assert [math.ceil(each) for each in slept] == [300]


def test_an_argument_wins_over_default_args_and_none_disables(slept: Slept) -> None:
    flaky = task(default_args={"retries": 3, "retry_delay": 7}, retries=None)(failing(1))
    assert state_of(flaky).name == "Failed"
    assert slept == []


@pytest.mark.parametrize("version", ["2", "3"])
def test_backoff_equals_airflows_for_this_run(slept: Slept, unique: str, version: Literal["2", "3"]) -> None:
    dates = []

    @task(
        task_id="flaky",
        retries=5,
        retry_delay=timedelta(seconds=30),
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(seconds=333),
        airflow_version=version,
    )
    def flaky() -> None:
        context = FlowRunContext.get()
        assert context
        assert context.flow_run
        dates.append(run_dates(context.flow_run, airflow_version=version).logical_date)
        raise ConnectionError

    assert state_of(flaky, flow_name=unique).name == "Failed"
    backoff = Backoff(30.0, longest=333.0)
    expected = [
        backoff.seconds(number, dag_id=unique, task_id="flaky", logical_date=dates[0]) for number in range(1, 6)
    ]
    assert [math.ceil(each) for each in slept] == expected
    assert expected[-1] == 333.0
    assert expected[:3] != [30, 60, 120], "there is jitter"


def test_backoff_in_submitted_runs_and_by_plain_options(slept: Slept, unique: str) -> None:
    options = task_options({"retries": 1, "retry_delay": 600, "retry_exponential_backoff": 3}, task_id="plain")
    plain = prefect_task(**options)(failing(1))
    ported = task(task_id="ported", retries=1, retry_delay=600, retry_exponential_backoff=3.0)(failing(1))
    seen = []

    @flow(name=unique)
    def around() -> None:
        context = FlowRunContext.get()
        assert context
        assert context.flow_run
        seen.append(run_dates(context.flow_run, airflow_version="3").logical_date)
        plain.submit().result()
        ported.submit().result()

    around()
    backoff = Backoff(600.0, 3.0)
    expected = [
        backoff.seconds(1, dag_id=unique, task_id=task_id, logical_date=seen[0]) for task_id in ("plain", "ported")
    ]
    assert [math.ceil(each) for each in slept if each > 100] == expected


def test_the_backoff_of_a_task_outside_a_flow_has_no_date(slept: Slept) -> None:
    flaky = task(task_id="flaky", retries=1, retry_delay=60, retry_exponential_backoff=2)(failing(1))
    assert flaky() == "done"
    expected = Backoff(60.0).seconds(1, dag_id="", task_id="flaky", logical_date=None)
    assert [math.ceil(each) for each in slept] == [expected]


def test_more_than_fifty_retries(slept: Slept, unique: str) -> None:
    flaky = task(task_id="flaky", retries=52, retry_delay=1, retry_exponential_backoff=1.1)(failing(52))
    assert state_of(flaky, flow_name=unique).name == "Completed"
    # Prefect takes 50 delays at most, and would repeat the last.
    assert slept[51] > slept[49] + 1 or slept[50] != slept[51]
    assert min(slept[50:]) >= math.ceil(1.1**50) - 1


def test_a_timeout_ends_the_task() -> None:
    @task(execution_timeout=timedelta(seconds=0.05))
    def slow() -> None:
        while True:
            threading.Event().wait(0.01)

    assert state_of(slow).name == "TimedOut"


@pytest.fixture
def warehouse(unique: str) -> str:
    pools.apply(pools.plan({unique: 2}))
    return unique


def held(name: str) -> int:
    with get_client(sync_client=True) as client:
        return client.read_global_concurrency_limit_by_name(name).active_slots


def test_the_pool_is_held_while_the_function_runs(warehouse: str) -> None:
    @task(pool=warehouse, pool_slots=2)
    def both() -> int:
        return held(warehouse)

    @task(default_args={"pool": warehouse})
    async def one() -> int:
        return await asyncio.to_thread(held, warehouse)

    @task(default_args={"pool": warehouse}, pool=None)
    def none() -> int:
        return held(warehouse)

    @task(pool=warehouse)
    def generated() -> Iterator[int]:
        yield held(warehouse)

    @flow
    def etl() -> list[Any]:
        return [both(), asyncio.run(around()), none(), list(generated())]

    async def around() -> Any:
        return await one()

    assert etl() == [2, 1, 0, [1]]
    assert held(warehouse) == 0


def test_the_pool_limits(warehouse: str) -> None:
    inside, most = [], []

    @task(pool=warehouse, pool_slots=2)
    def alone(number: int) -> int:
        inside.append(number)
        most.append(len(inside))
        inside.remove(number)
        return number

    @flow
    def etl() -> list[int]:
        return alone.map(range(4)).result()

    assert etl() == [0, 1, 2, 3]
    assert most == [1, 1, 1, 1]


def test_the_higher_priority_goes_first(warehouse: str) -> None:
    order: list[str] = []
    started, go = threading.Semaphore(0), threading.Event()

    def body(name: str) -> None:
        order.append(name)

    low = task(pool=warehouse, pool_slots=2, priority_weight=1, task_id="low")(body)
    high = task(pool=warehouse, pool_slots=2, priority_weight=9, weight_rule="absolute", task_id="high")(body)

    @task(pool=warehouse, pool_slots=2)
    def first() -> None:
        started.release()
        go.wait(240)

    @flow
    def etl() -> None:
        holder = first.submit()
        started.acquire()
        waiting = [low.submit("low")]
        _until_waiting(warehouse, 1)
        waiting.append(high.submit("high"))
        _until_waiting(warehouse, 2)
        go.set()
        wait([holder, *waiting])

    etl()
    assert order == ["high", "low"]


def _until_waiting(name: str, number: int) -> None:
    for _ in range(300):
        (state,) = pools.read(name)
        if state.waiting >= number:
            return
        threading.Event().wait(0.2)
    raise AssertionError(f"{name} has not {number} waiters")


def test_waiting_for_the_pool_does_not_count_towards_the_timeout(warehouse: str) -> None:
    go = threading.Event()

    @prefect_task
    def holds() -> None:
        with pools.pool(warehouse, slots=2):
            go.wait(240)

    @task(pool=warehouse, execution_timeout=timedelta(seconds=0.3))
    def quick() -> str:
        return "done"

    @task(pool=warehouse, execution_timeout=timedelta(seconds=0.05))
    def slow() -> None:
        while True:
            threading.Event().wait(0.01)

    @task(pool=warehouse, execution_timeout=timedelta(seconds=0.05))
    async def slow_async() -> None:
        await asyncio.Event().wait()

    @flow
    def etl() -> list[Any]:
        holder = holds.submit()
        threading.Timer(0.6, go.set).start()
        found = [quick(return_state=True), slow(return_state=True)]
        holder.wait()
        return found

    @flow
    async def etl_async() -> str:
        return (await slow_async(return_state=True)).name

    assert [state.name for state in etl(return_state=True).result(raise_on_failure=False)] == ["Completed", "TimedOut"]
    assert asyncio.run(etl_async()) == "TimedOut"
    assert held(warehouse) == 0


def test_timeout_in_a_thread_warns(warehouse: str, caplog: pytest.LogCaptureFixture) -> None:
    @task(pool=warehouse, execution_timeout=timedelta(seconds=30))
    def load() -> str:
        return "done"

    @flow
    def etl() -> list[str]:
        return [load(), str(len(said())), load.submit().result()]

    # Other threads log, too.
    def said() -> list[str]:
        messages = [record.getMessage() for record in caplog.records]
        return [message for message in messages if "execution_timeout" in message]

    assert etl() == ["done", "0", "done"]
    (message,) = said()
    assert "30.0 seconds" in message


def test_callbacks_are_called_with_their_context() -> None:
    told: list[tuple[str, str, int, str]] = []

    def tell(kind: str) -> Callable[[Any], None]:
        return lambda context: told.append((kind, context["ti"].task_id, context["ti"].try_number, context["ti"].state))

    default_args = {
        "retries": 1,
        "retry_delay": 0,
        "on_execute_callback": tell("execute"),
        "on_retry_callback": [tell("retry"), tell("retry too")],
        "on_success_callback": tell("success"),
        "on_failure_callback": tell("failure"),
        "on_skipped_callback": tell("skipped"),
    }

    @task(default_args=default_args, on_execute_callback=None)
    def flaky() -> None:
        if get_current_context()["ti"].try_number == 1:
            raise ConnectionError

    @task(default_args=default_args, on_execute_callback=None)
    def closed() -> None:
        raise AirflowFailException("the account is closed")

    @task(default_args=default_args)
    def skipped() -> None:
        raise AirflowSkipException("no data")

    assert [state_of(each).name for each in (flaky, closed, skipped)] == ["Completed", "Failed", "Skipped"]
    assert told == [
        ("retry", "flaky", 1, "up_for_retry"),
        ("retry too", "flaky", 1, "up_for_retry"),
        ("success", "flaky", 2, "success"),
        ("failure", "closed", 1, "failed"),
        ("execute", "skipped", 1, "running"),
        ("skipped", "skipped", 1, "skipped"),
    ]


def test_callbacks_by_plain_options() -> None:
    told: list[str] = []
    default_args = {"retries": 1, "retry_delay": 0}
    for kind in ("execute", "retry", "success", "failure"):
        default_args[f"on_{kind}_callback"] = lambda context, kind=kind: told.append(kind)
    plain = prefect_task(**task_options(default_args))
    assert state_of(plain(failing(1))).name == "Completed"
    assert state_of(plain(failing(2))).name == "Failed"
    assert told == ["execute", "retry", "execute", "success", "execute", "retry", "execute", "failure"]


def test_callbacks_before_and_after_the_function() -> None:
    told: list[Any] = []

    @task(
        pre_execute=lambda context: told.append(context["ti"].task_id),
        post_execute=lambda context, result: told.append((context["ti"].task_id, result)),
    )
    def load(rows: int) -> int:
        told.append("runs")
        return rows

    assert state_of(load, 3).result() == 3
    assert told == ["load", "runs", ("load", 3)]
    # As a function it is the function alone.
    assert load.fn(4) == 4
    assert told[3:] == ["runs"]


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with smtp_target() as target:
        connection = Connection(
            conn_id="smtp_default",
            conn_type="smtp",
            host="127.0.0.1",
            port=int(target.url),
            extra='{"disable_ssl": true, "disable_tls": true}',
        )
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", connection.get_uri())
        yield target


@pytest.mark.parametrize(
    ("more", "subjects"),
    [({}, 2), ({"email_on_retry": False}, 1), ({"email_on_failure": False}, 1), ({"email": None}, 0)],
    ids=str,
)
@pytest.mark.parametrize("version", ["2", "3"])
def test_mail_is_sent(smtp: Target, more: dict[str, Any], subjects: int, version: Literal["2", "3"]) -> None:
    default_args = {"email": ["a@example.com", "b@example.com"], "retries": 1, "retry_delay": 0}
    load = task(default_args=default_args, task_id="load", airflow_version=version, **more)(failing(2))
    assert state_of(load).name == "Failed"
    assert len(smtp.received) == subjects
    for mail in smtp.received:
        assert mail["to"] == ["a@example.com", "b@example.com"]
        assert "load" in mail["headers"]["Subject"]


def test_names_and_descriptions() -> None:
    @task(task_id="load_planes", task_display_name=None, owner="data", doc_md="# Planes", doc="All of them.")
    def load() -> str:
        """Not this one."""
        context = TaskRunContext.get()
        assert context
        return context.task_run.name

    assert (load.name, load.description) == ("load_planes", "# Planes\n\nAll of them.\n\nOwner: data")
    assert state_of(load).result().startswith("load_planes-")

    @task
    def documented() -> str:
        """From the function."""
        return get_current_context()["task"].doc_md

    assert state_of(documented).result() == "From the function."


@pytest.mark.filterwarnings("ignore::airflow_compat.errors.UnsupportedFeatureWarning")
def test_display_name_is_the_run_name() -> None:
    @task(task_display_name="Load {planes}")
    def load() -> str:
        context = TaskRunContext.get()
        assert context
        return context.task_run.name

    assert state_of(load).result() == "Load {planes}"


def test_the_limit_of_a_task_over_all_runs(unique: str) -> None:
    inside, most = [], []

    @task(max_active_tis_per_dag=1, dag_id=unique)
    def alone(number: int) -> set[str]:
        inside.append(number)
        most.append(len(inside))
        inside.remove(number)
        context = TaskRunContext.get()
        assert context
        return set(context.task_run.tags)

    state = state_of(alone, 0, flow_name=unique)
    assert state.name == "Failed"
    with pytest.raises(InvalidDagLimitError, match=f"prefect concurrency-limit create {unique}.alone"):
        state.result()
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(f"{unique}.alone", 1)

    @flow(name=unique)
    def many() -> list[set[str]]:
        return alone.map(range(3)).result()

    assert many() == [{f"{unique}.alone"}] * 3
    assert most == [1, 1, 1]


def in_missing_pool() -> None:
    with pools.pool("t_missing"):
        pass


def missing_package() -> None:
    raise MissingPackageError("RedisDatabase needs the package prefect-redis")


@pytest.mark.parametrize(
    ("body", "error", "tries"),
    [
        (in_missing_pool, PoolNotReadyError, 1),
        (missing_package, MissingPackageError, 1),
        (lambda: get_current_context()["conf"], UnsupportedFeatureError, 1),
        (lambda: task(retrys=1), InvalidArgumentError, 1),
        (lambda: Variable.get("t_missing"), VariableNotFoundError, 3),
        (lambda: get_connection("t_missing"), ConnectionNotFoundError, 3),
        (lambda: Connection(uri="postgres://h:port"), InvalidConnectionError, 3),
    ],
)
def test_configuration_errors_are_not_retried(body: Callable[[], Any], error: type[Exception], tries: int) -> None:
    called = []

    @task(retries=2, retry_delay=0)
    def load() -> None:
        called.append(1)
        body()

    with pytest.raises(error):
        state_of(load).result()
    assert len(called) == tries


@pytest.mark.parametrize(
    "arguments", [{"pool": "t_missing"}, {"max_active_tis_per_dag": 1, "dag_id": "t_missing"}], ids=["pool", "limit"]
)
def test_missing_limits_of_a_task_are_not_retried(arguments: dict[str, Any], slept: Slept) -> None:
    @task(retries=2, **arguments)
    def load() -> None: ...

    with pytest.raises((PoolNotReadyError, InvalidDagLimitError)):
        state_of(load).result()
    assert slept == []


@pytest.mark.parametrize("inferred", [True, False])
def test_each_of_multiple_outputs_is_an_xcom(inferred: bool) -> None:
    def plain():  # type: ignore[no-untyped-def]
        return {"planes": 3, "day": "monday"}

    def annotated() -> dict[str, Any]:
        return {"planes": 3, "day": "monday"}

    pushes = task(task_id="pushes")(annotated) if inferred else task(task_id="pushes", multiple_outputs=True)(plain)

    @task
    def pulls() -> list[Any]:
        ti = get_current_context()["ti"]
        return [ti.xcom_pull("pushes", key=key) for key in ("planes", "day", "return_value")]

    @flow
    def etl() -> Any:
        pushes()
        return pulls()

    assert etl() == [3, "monday", {"planes": 3, "day": "monday"}]


def test_one_output_or_none() -> None:
    @task(multiple_outputs=False)
    def whole() -> dict[str, int]:
        return {"planes": 3}

    def returns() -> int:
        return 3

    nothing = task(do_xcom_push=False, task_id="nothing")(returns).with_options(persist_result=True)

    @task
    def pulls() -> list[Any]:
        ti = get_current_context()["ti"]
        return [ti.xcom_pull("whole", key="planes"), ti.xcom_pull("whole"), ti.xcom_pull("nothing")]

    @flow
    def etl() -> Any:
        whole()
        assert nothing() == 3
        return pulls()

    assert etl() == [None, {"planes": 3}, None]


def test_multiple_outputs_without_a_dict_fail_the_task() -> None:
    @task(multiple_outputs=True)
    def load() -> int:
        return 3

    state = state_of(load)
    assert state.name == "Failed"
    with pytest.raises(XComValueError, match="multiple_outputs"):
        state.result()


def test_result_is_a_prefect_task() -> None:
    @task()
    def add(one: int, other: int = 2) -> int:
        return one + other

    @task
    async def add_async(one: int) -> int:
        return one + 1

    @flow
    def etl() -> list[Any]:
        named = add.with_options(name="sum", retries=1)
        assert (named.name, named.retries, add.name) == ("sum", 1, "add")
        return [add(1), add.submit(1, other=5).result(), add.map([1, 2]).result(), named(3)]

    @flow
    async def etl_async() -> int:
        return await add_async(1)

    assert etl() == [3, 6, [3, 4], 5]
    assert asyncio.run(etl_async()) == 2
    assert isinstance(add, Task)
    assert add.fn(2, other=3) == 5


def test_layer_is_kept_by_with_options_and_map(warehouse: str) -> None:
    @task(pool=warehouse)
    def one(number: int) -> int:
        return held(warehouse)

    @flow
    def etl() -> list[Any]:
        renamed = one.with_options(name="renamed")
        return [renamed(0), renamed.map([1]).result()]

    assert etl() == [1, [1]]


def test_caches_distinguish_tasks(unique: str) -> None:
    from prefect.cache_policies import INPUTS, TASK_SOURCE

    def made(value: int) -> Task[..., int]:
        body = one if value == 1 else two
        ported = task(task_id="load", pre_execute=lambda context: None)(body)
        return ported.with_options(cache_policy=INPUTS + TASK_SOURCE, persist_result=True)

    def one(key: str) -> int:
        return 1

    def two(key: str) -> int:
        return 2

    @flow
    def etl() -> list[int]:
        return [made(1)(unique), made(2)(unique), made(1)(unique)]

    assert etl() == [1, 2, 1]
