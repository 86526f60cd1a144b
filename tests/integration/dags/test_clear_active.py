"""Clear, mark and cancel: requests to runs that are active."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from dag_runs import states_of, write
from prefect.client.orchestration import get_client

from airflow_compat.dags import _requests, _run_requests, load_flow, runs
from airflow_compat.dags.runs import TaskInstanceResult
from airflow_compat.errors import DagRunRequestError

_GOING_ON = """
    import time
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(line + "\\n")

    with DAG("{dag_id}", schedule=None):
        @task
        def first(ti=None):
            note(f"first {{ti.try_number}}")

        @task(retries=2)
        def waits(ti=None):
            note(f"waits {{ti.try_number}}/{{ti.max_tries}}")
            while not (FOLDER / "open").exists():
                time.sleep(0.01)
            note("waited")

        @task
        def last():
            note("last")

        @task.short_circuit
        def beside(number):
            return True

        first() >> waits() >> last()
        beside.expand(number=[1])
"""


def until(is_so: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(20000):
        if is_so():
            return
        event.wait(0.01)
    raise AssertionError


class _GoingOn:
    """A run in a thread, whose second task waits for a file."""

    def __init__(self, folder: Path, dag_id: str, isolation: Any, source: str) -> None:
        self.folder, self.dag_id = folder, dag_id
        self.path = str(write(folder, "going_on", source.format(folder=folder, dag_id=dag_id)))
        self._flow = load_flow(self.path, isolation=isolation)
        self.states: list[Any] = []
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,))
        self._thread.start()

    def _run(self) -> None:
        self.states.append(self._flow(return_state=True))

    @property
    def id(self) -> Any:
        [found] = runs.list_runs(self.dag_id)
        return found.flow_run_id

    def seen(self) -> list[str]:
        file = self.folder / "seen"
        return file.read_text().splitlines() if file.exists() else []

    def until(self, is_so: Callable[[list[str]], bool]) -> None:
        until(lambda: is_so(self.seen()))

    def end(self) -> Any:
        (self.folder / "open").touch()
        self._thread.join(240)
        assert not self._thread.is_alive()
        return self.states[0]


@pytest.fixture
def going_on(tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., _GoingOn]]:
    monkeypatch.setattr(_requests, "SECONDS_BETWEEN_LOOKS", 0.2)
    started: list[_GoingOn] = []

    def start(isolation: str = "thread", source: str = _GOING_ON) -> _GoingOn:
        started.append(_GoingOn(tmp_path, unique, isolation, source))
        started[-1].until(lambda seen: any(line.startswith("waits") for line in seen))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_clear_of_tasks_that_have_ended_and_that_run(going_on: Callable[..., _GoingOn], isolation: str) -> None:
    dag = going_on(isolation)

    change = runs.clear(dag.id, task_ids=["first"])
    assert (change.instances, change.is_done) == (("first",), True)
    dag.until(lambda seen: "first 2" in seen)
    with pytest.raises(DagRunRequestError, match="No selected task has mapped instances"):
        runs.clear(dag.id, task_ids=["first"], map_index=0)
    with pytest.raises(DagRunRequestError, match=r"no task instance beside\[1\]\. The last map index is 0"):
        runs.clear(dag.id, map_index=1)
    # What runs goes on.
    assert [line for line in dag.seen() if line.startswith("waits")] == ["waits 1/2"]

    change = runs.clear(dag.id, task_ids=["first"], downstream=True)
    assert change.instances == ("first", "waits")
    dag.until(lambda seen: "waits 2/3" in seen)
    assert dag.seen()[-2:] == ["first 3", "waits 2/3"]

    result = dag.end().result()
    assert states_of(result) == dict.fromkeys(("first", "waits", "last", "beside[0]"), "success")
    assert {each.name: each.try_number for each in result.task_instances}["waits"] == 2
    assert [line for line in dag.seen() if line in ("waited", "last")] == ["waited", "last"]


def test_a_mark_of_a_task_that_runs_and_of_the_run(going_on: Callable[..., _GoingOn]) -> None:
    dag = going_on()
    id_, moment = dag.id, datetime.now(timezone.utc)

    def has_the_times_of_the_killed_try(instances: Iterable[TaskInstanceResult]) -> bool:
        waits = next(each for each in instances if each.name == "waits")
        assert waits.state in ("running", "success")
        times = (waits.start_date, waits.end_date)
        return None not in times and times[0] < moment < times[1]  # type: ignore[operator]

    change = runs.mark(id_, "success", task_ids=["waits"])
    assert change.instances == ("waits",)
    dag.until(lambda seen: "last" in seen)
    until(lambda: has_the_times_of_the_killed_try(runs.task_instances(id_)))
    result = dag.end().result()
    assert has_the_times_of_the_killed_try(result.task_instances)
    assert has_the_times_of_the_killed_try(runs.task_instances(id_))

    # A mark after the end keeps the times.
    before = {each.name: each for each in result.task_instances}["waits"]
    assert runs.mark(id_, "failed", task_ids=["waits"], entrypoint=dag.path).is_done
    after = {each.name: each for each in runs.task_instances(id_)}["waits"]
    assert after == replace(before, state="failed")
    assert states_of(result)["waits"] == "success"
    assert "waited" not in dag.seen()


def test_a_run_that_is_marked_or_cancelled_ends(going_on: Callable[..., _GoingOn]) -> None:
    dag = going_on()
    id_ = dag.id
    change = runs.cancel(id_)
    assert set(change.instances) == {"waits", "last"}
    assert dag.end().is_cancelled()
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(id_).state.is_cancelled()
    instances = {each.name: each for each in runs.task_instances(id_)}
    assert (instances["last"].state, instances["last"].start_date) == ("skipped", None)
    assert instances["waits"].start_date < instances["waits"].end_date  # type: ignore[operator]
    with pytest.raises(DagRunRequestError, match="has ended already"):
        runs.cancel(id_)


_BLOCKED = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(line + "\\n")

    with DAG("{dag_id}", schedule=None):
        @task
        def waits(ti=None):
            note(f"waits {{ti.try_number}}")
            if ti.try_number == 1:
                try:
                    (FOLDER / "fifo").read_text()
                finally:
                    note("returned")
                    ti.xcom_push("late", 1)
            return ti.try_number

        @task
        def last(number, ti=None):
            note(f"last {{number}}")
            return ti.xcom_pull("waits", key="late")

        last(waits())
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_cleared_task_runs_again_though_its_killed_try_blocks(
    going_on: Callable[..., _GoingOn], tmp_path: Path, isolation: str
) -> None:
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "fifo").open("r+b", buffering=0) as writer:
        dag = going_on(isolation, _BLOCKED)
        assert runs.clear(dag.id, task_ids=["waits"]).instances == ("waits",)
        dag.until(lambda seen: "last 2" in seen)
        if isolation == "thread":
            assert "returned" not in dag.seen()
            writer.close()
        dag.until(lambda seen: "returned" in seen)
    result = dag.end().result()

    instances = {each.name: (each.state, each.try_number) for each in result.task_instances}
    assert instances == {"waits": ("success", 2), "last": ("success", 1)}
    assert dict(result.xcoms) == {("waits", -1, "return_value"): 2}


_SLOW_TO_KILL = """
    import time
    from pathlib import Path
    from airflow.sdk import DAG, BaseOperator

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(line + "\\n")

    def until(name):
        while not (FOLDER / name).exists():
            time.sleep(0.01)

    class Waits(BaseOperator):
        def execute(self, context):
            note(f"waits {{context['ti'].try_number}}")
            until("open")

        def on_kill(self):
            note("kill")
            until("killed")

    with DAG("{dag_id}", schedule=None):
        Waits(task_id="waits")
"""


def test_a_request_that_the_run_has_taken_up_is_not_withdrawn(
    going_on: Callable[..., _GoingOn], monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = going_on(source=_SLOW_TO_KILL)

    def poll_until(read: Callable[[], Any], *_: Any, **__: Any) -> Any:
        # The time is up while the run carries out the request.
        dag.until(lambda seen: "kill" in seen)
        return read()

    monkeypatch.setattr(_run_requests, "poll_until", poll_until)
    with pytest.raises(DagRunRequestError, match="has not answered for 60 seconds, but has taken up the request"):
        runs.clear(dag.id, task_ids=["waits"])
    (dag.folder / "killed").touch()
    dag.until(lambda seen: "waits 2" in seen)
    assert states_of(dag.end().result()) == {"waits": "success"}


_DEFERRED = """
    import asyncio
    import time
    from pathlib import Path
    from airflow.sdk import DAG, BaseOperator, BaseTrigger, task
    from airflow.triggers.base import TriggerEvent

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(line + "\\n")

    class Fires(BaseTrigger):
        def serialize(self):
            return "going_on.Fires", {{}}

        async def run(self):
            while not (FOLDER / "waits").exists():
                await asyncio.sleep(0.01)
            note("fires")
            yield TriggerEvent(None)

    class Defers(BaseOperator):
        def execute(self, context):
            if context["ti"].try_number == 1:
                self.defer(trigger=Fires(), method_name="continue_")
            note("second try")

        def continue_(self, context, event):
            note("first try")

    with DAG("{dag_id}", schedule=None, max_active_tasks=1):
        @task
        def waits():
            note("waits")
            (FOLDER / "waits").touch()
            while not (FOLDER / "open").exists():
                time.sleep(0.01)

        Defers(task_id="defers", priority_weight=2)
        waits()
"""


def test_a_cleared_task_that_waits_to_continue_begins_again(going_on: Callable[..., _GoingOn]) -> None:
    dag = going_on(source=_DEFERRED)
    dag.until(lambda seen: "fires" in seen)
    assert runs.clear(dag.id, task_ids=["defers"]).instances == ("defers",)
    assert states_of(dag.end().result()) == {"defers": "success", "waits": "success"}
    assert dag.seen() == ["waits", "fires", "second try"]
