"""The end of an execution: time limits, deferral, sensors' waits, labels."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
import traceback
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

import pytest
from executions import FakeTaskInstance, dag_of, run

from airflow_compat import get_current_context
from airflow_compat.authoring import BaseOperator, BaseSensorOperator, BaseTrigger, PokeReturnValue, TriggerEvent
from airflow_compat.exceptions import AirflowSensorTimeout, AirflowTaskTimeout, TaskDeferralError, TaskDeferralTimeout
from airflow_compat.operators import BashOperator, FileSensor, PythonOperator, Resume, run_trigger


class Kept(BaseOperator):
    """Does what it is told, and notes whether it was killed."""

    killed: ClassVar[list[str]] = []

    def __init__(self, *, work: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.work = work

    def execute(self, context: Any) -> Any:
        return self.work()

    def on_kill(self) -> None:
        self.killed.append(self.task_id)


def in_thread(fn: Any) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(fn()))
    thread.start()
    thread.join()
    return found[0]


def busy() -> None:
    while True:
        time.sleep(0.01)


@pytest.mark.parametrize("where", [lambda fn: fn(), in_thread])
def test_the_execution_timeout_ends_a_task(where: Any) -> None:
    with dag_of():
        task = Kept(task_id="t", work=busy, execution_timeout=timedelta(seconds=0.2))
    Kept.killed.clear()
    outcome = where(lambda: run(task)).outcome
    assert (outcome.state, outcome.may_retry, type(outcome.error)) == ("failed", True, AirflowTaskTimeout)
    assert str(outcome.error) == "Timeout: the execution_timeout of task 't' is 0:00:00.200000."
    assert Kept.killed == ["t"]


def test_the_execution_timeout_does_not_touch_a_task_that_ends() -> None:
    with dag_of():
        task = Kept(task_id="t", work=lambda: 1, execution_timeout=timedelta(seconds=60))
    assert in_thread(lambda: run(task)).xcoms == run(task).xcoms == {"return_value": 1}


def test_the_execution_timeout_keeps_the_alarm_of_its_caller() -> None:
    rings: list[int] = []
    previous = signal.signal(signal.SIGALRM, lambda number, frame: rings.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with dag_of():
            task = Kept(task_id="t", work=lambda: 1, execution_timeout=timedelta(seconds=60))
        assert run(task).state == "success"
        deadline = time.monotonic() + 240
        while not rings and time.monotonic() < deadline:
            signal.sigtimedwait([], 0.01)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert rings


@pytest.mark.parametrize("where", [lambda fn: fn(), in_thread])
def test_the_execution_timeout_ends_a_command_with_its_children(where: Any, tmp_path: Any) -> None:
    with dag_of():
        task = BashOperator(
            task_id="t",
            bash_command=f"sleep 600 & echo $! > {tmp_path}/pid; wait",
            execution_timeout=timedelta(seconds=0.5),
        )
    started = time.monotonic()
    assert type(where(lambda: run(task)).outcome.error) is AirflowTaskTimeout
    assert time.monotonic() - started < 60


class Moment(BaseTrigger):
    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "tests.Moment", {}

    async def run(self) -> Any:
        await asyncio.sleep(0)
        yield TriggerEvent({"done": 1})


class Silent(Moment):
    async def run(self) -> Any:
        return
        yield


class Deferring(BaseOperator):
    def execute(self, context: Any) -> Any:
        self.defer(trigger=Moment(), method_name="done", kwargs={"a": 1}, timeout=timedelta(seconds=5))

    def done(self, context: Any, event: Any, a: int) -> Any:
        return [context["ds"], event, a]


def test_a_task_defers_and_continues() -> None:
    with dag_of():
        task = Deferring(task_id="t")
    outcome = run(task).outcome
    assert outcome.state == "deferred"
    deferral = outcome.deferral
    assert deferral is not None
    assert (deferral.method, deferral.kwargs, deferral.timeout) == ("done", {"a": 1}, timedelta(seconds=5))
    event = asyncio.run(run_trigger(deferral.trigger))
    done = run(task, resume=Resume(deferral.method, deferral.kwargs, event))
    assert done.xcoms == {"return_value": ["2024-03-05", {"done": 1}, 1]}


def test_a_trigger_that_fails() -> None:
    with dag_of():
        task = Deferring(task_id="t")
    done = run(task, resume=Resume("done", error=ValueError("lost")))
    assert (done.state, type(done.outcome.error)) == ("failed", TaskDeferralError)


@pytest.mark.parametrize(("release", "error"), [("2", TaskDeferralError), ("3", TaskDeferralTimeout)])
def test_a_trigger_that_is_late(release: str, error: type[Exception]) -> None:
    with dag_of(release):
        task = Deferring(task_id="t")
    assert type(run(task, resume=Resume("done", timed_out=True)).outcome.error) is error


def test_a_trigger_without_an_event() -> None:
    with pytest.raises(TaskDeferralError, match="Silent ended without an event"):
        asyncio.run(run_trigger(Silent()))


class Waiting(BaseSensorOperator):
    def poke(self, context: Any) -> bool:
        return False


def test_a_sensor_that_reschedules() -> None:
    with dag_of():
        sensor = Waiting(task_id="t", mode="reschedule", poke_interval=30)
    before = datetime.now(timezone.utc)
    outcome = run(sensor).outcome
    assert outcome.state == "up_for_reschedule"
    assert outcome.reschedule_at is not None
    assert timedelta(seconds=29) < outcome.reschedule_at - before < timedelta(seconds=40)


@pytest.mark.parametrize(("soft_fail", "state"), [(True, "skipped"), (False, "failed")])
def test_a_sensor_that_times_out(soft_fail: bool, state: str) -> None:
    with dag_of():
        sensor = Waiting(task_id="t", mode="reschedule", timeout=10, soft_fail=soft_fail)
    long_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    done = run(sensor, ti=FakeTaskInstance("etl", "t", first_reschedule_date=long_ago, start_date=long_ago))
    assert (done.state, done.outcome.may_retry) == (state, False)


def test_the_label_of_a_map_index() -> None:
    def fn(ds: str, **context: Any) -> None:
        context["dag"].label = "used"

    with dag_of():
        task = PythonOperator(task_id="t", python_callable=fn, map_index_template="{{ ds }} of {{ dag.label }}")
    assert run(task).outcome.map_index_label == "2024-03-05 of used"


def test_a_task_that_others_are_mapped_over_must_push_a_list() -> None:
    for value, text in ((None, "did not push XCom for task mapping"), ("abc", "unmappable return type 'str'")):
        for release in ("2", "3"):
            with dag_of(release):
                task = PythonOperator(task_id="t", python_callable=lambda value=value: value)
                PythonOperator.partial(task_id="m", python_callable=print).expand(op_args=task.output)
            done = run(task)
            assert done.xcoms == {}
            assert (done.state, str(done.outcome.error)) == ("failed", text)


def test_a_template_that_fails() -> None:
    with dag_of():
        task = PythonOperator(task_id="t", python_callable=print, op_args=["{{ missing }}"])
    done = run(task)
    assert (done.state, done.outcome.may_retry) == ("failed", True)
    assert "missing" in str(done.outcome.error)


def test_macros_filters_and_native_values_of_the_dag() -> None:
    with dag_of(
        user_defined_macros={"double": lambda n: 2 * n},
        user_defined_filters={"plus": lambda n: n + 1},
        render_template_as_native_obj=True,
    ):
        task = PythonOperator(task_id="t", python_callable=lambda a: a, op_args=["{{ double(3) | plus }}"])
    assert run(task).xcoms == {"return_value": 7}


def test_a_sensor_pauses_between_two_pokes() -> None:
    class Third(BaseSensorOperator):
        pokes = 0

        def poke(self, context: Any) -> PokeReturnValue:
            self.pokes += 1
            return PokeReturnValue(self.pokes == 3, xcom_value=[self.pokes, get_current_context()["ds"]])

    with dag_of():
        sensor = Third(task_id="t", poke_interval=30)
    done = run(sensor, pause_pokes=True)
    outcome, pauses = done.outcome, 0
    while outcome.paused is not None:
        assert (outcome.state, done.xcoms) == ("up_for_reschedule", {})
        assert outcome.reschedule_at is not None
        assert outcome.reschedule_at > datetime.now(timezone.utc) + timedelta(seconds=20)
        outcome, pauses = outcome.paused.step(), pauses + 1
    assert (outcome.state, pauses) == ("success", 2)
    assert done.xcoms == {"return_value": [3, "2024-03-05"]}


def test_the_execution_timeout_ends_a_sensor_that_pauses() -> None:
    with dag_of():
        sensor = Waiting(task_id="t", execution_timeout=timedelta(seconds=0.3), soft_fail=True)
    outcome = run(sensor, pause_pokes=True).outcome
    assert outcome.paused is not None
    assert outcome.reschedule_at is not None
    while datetime.now(timezone.utc) < outcome.reschedule_at:
        time.sleep(0.01)
    ended = outcome.paused.step()
    assert (ended.state, type(ended.error), ended.may_retry) == ("failed", AirflowTaskTimeout, True)


def test_a_sensor_with_its_own_execute_pauses() -> None:
    class Own(BaseSensorOperator):
        pokes = 0

        def execute(self, context: Any) -> Any:
            super().execute(context)
            return self.pokes

        def poke(self, context: Any) -> bool:
            self.pokes += 1
            return self.pokes == 3

    hooks: list[str] = []
    with dag_of():
        sensor = Own(task_id="t", poke_interval=30, pre_execute=lambda context: hooks.append("before"))
    done = run(sensor, pause_pokes=True)
    outcome = done.outcome
    while outcome.paused is not None:
        outcome = outcome.paused.step()
    assert (outcome.state, done.xcoms, hooks) == ("success", {"return_value": 3}, ["before"])


def test_a_sensor_that_pauses_times_out() -> None:
    class Own(Waiting):
        def execute(self, context: Any) -> Any:
            return super().execute(context)

    with dag_of():
        sensors = [kind(task_id=kind.__name__, timeout=0.05) for kind in (Own, Waiting)]
    for sensor in sensors:
        outcome = run(sensor, pause_pokes=True).outcome
        while outcome.paused is not None:
            outcome = outcome.paused.step()
        assert type(outcome.error) is AirflowSensorTimeout


def test_other_tasks_do_not_pause(airflow_connections: Any) -> None:
    airflow_connections.update({"fs_default": "fs://"})
    with dag_of():
        files = FileSensor(task_id="files", filepath="/missing", deferrable=True)
        tasks = [Waiting(task_id="waiting", mode="reschedule"), Deferring(task_id="deferring"), files]
    assert [run(task, pause_pokes=True).outcome.paused for task in tasks] == [None] * 3


def raises() -> None:
    raise ValueError("no rows")


async def raises_later() -> None:
    await asyncio.sleep(0)
    raises()


@pytest.mark.parametrize("function", [raises, raises_later])
def test_a_logged_traceback_begins_with_the_authors_code(function: Any, caplog: pytest.LogCaptureFixture) -> None:
    with dag_of():
        task = PythonOperator(task_id="t", python_callable=function)
    assert run(task).outcome.state == "failed"
    [record] = [each for each in caplog.records if each.exc_info]
    assert record.exc_info is not None
    frames = [frame.name for frame in traceback.extract_tb(record.exc_info[2])]
    assert frames == ([function.__name__] if function is raises else [function.__name__, "raises"])


def test_an_operators_own_error_has_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with dag_of():
        task = BashOperator(task_id="t", bash_command="exit 3")
    assert run(task).outcome.state == "failed"
    [record] = [each for each in caplog.records if each.exc_info]
    assert record.exc_info is not None
    assert [frame.name for frame in traceback.extract_tb(record.exc_info[2])] == ["execute"]


def test_loggers_have_airflows_names() -> None:
    with dag_of():
        tasks = (
            BashOperator(task_id="b", bash_command="1"),
            FileSensor(task_id="f", filepath="x"),
            Kept(task_id="k", work=busy),
        )
    assert [task.log.name for task in tasks] == [
        "airflow.task.operators.airflow.providers.standard.operators.bash.BashOperator",
        "airflow.task.operators.airflow.providers.standard.sensors.filesystem.FileSensor",
        f"airflow.task.operators.{__name__}.Kept",
    ]
