"""Which task and which exception a flow's callback is told of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import prefect
import pytest
from prefect import flow

from airflow_compat import on_failure, on_success, task
from airflow_compat._prefect.runs import task_runs
from airflow_compat.callbacks import run_callback
from airflow_compat.exceptions import AirflowSkipException


class Told:
    """What a flow's callback was told of."""

    task_id = ""
    map_index: int | None = None
    exception: BaseException | None = None
    instances: tuple[tuple[str, int], ...] = ()

    def __call__(self, context: Any) -> None:
        ti = context["ti"]
        self.task_id, self.map_index, self.exception = ti.task_id, ti.map_index, context.get("exception")
        found = context["dag_run"].get_task_instances()
        self.instances = tuple(sorted((ti.task_id, ti.map_index) for ti in found))


@pytest.fixture
def told() -> Told:
    return Told()


@task
def extract() -> int:
    return 1


@task
def skips() -> None:
    raise AirflowSkipException("nothing new")


def test_a_skipped_task_is_not_the_last_that_succeeded(told: Told) -> None:
    @on_success(told)
    @flow
    def etl() -> None:
        extract()
        skips()

    etl()
    assert told.task_id == "extract"


def test_where_all_tasks_were_skipped_the_flow_stands_for_them(told: Told) -> None:
    @on_success(told)
    @flow
    def etl() -> None:
        skips()

    etl()
    assert told.task_id == "etl"


@pytest.mark.parametrize("fails", [True, False])
def test_a_mapped_task_has_its_index(fails: bool, told: Told) -> None:
    others_ended = threading.Semaphore(0)

    @task(on_success_callback=lambda context: others_ended.release())
    def share(number: int) -> None:
        if number != 1:
            return
        for _ in range(2):
            assert others_ended.acquire(timeout=60)
        if fails:
            raise ValueError("no rows")

    @on_failure(told)
    @on_success(told)
    @flow
    def etl() -> None:
        share.map([0, 1, 2]).result()

    etl(return_state=True)
    assert (told.task_id, told.map_index) == ("share", 1)
    assert told.instances == (("share", 0), ("share", 1), ("share", 2))


found: dict[str, Any] = {}


def note(context: Any) -> None:
    """Where another process, here the same, would write it down."""
    found.update(task_id=context["ti"].task_id, map_index=context["ti"].map_index, exception=context["exception"])


def test_a_callback_in_another_process_is_told_the_index_too() -> None:
    @task
    def share(number: int) -> None:
        if number == 2:
            raise ValueError("no rows")

    @flow
    def etl() -> None:
        share.map([0, 1, 2]).wait()
        raise RuntimeError("a task failed")

    run_id = etl(return_state=True).state_details.flow_run_id
    assert run_id
    (failed,) = [run for run in _when_there(run_id, 3) if run.state and run.state.is_failed()]
    assert run_callback(f"{__name__}:note", run=f"prefect.task-run.{failed.id}")
    assert (found["task_id"], found["map_index"]) == ("share", 2)


def _when_there(run_id: Any, runs: int) -> list[Any]:
    """The task runs of a flow run, when the server has the ends of so many, which may be seconds later."""
    import time

    until = time.monotonic() + 60
    while True:
        there = [run for run in task_runs(run_id) if run.state and run.state.is_final()]
        if len(there) >= runs:
            return there
        assert time.monotonic() < until
        time.sleep(0.05)


@prefect.task
def fails() -> None:
    raise ValueError("no rows")


@prefect.task
def follows(value: object = None) -> None: ...


@prefect.task
def last(value: object = None) -> None: ...


def by_result() -> None:
    follows.submit(fails.submit()).result()


def by_chain() -> None:
    last.submit(follows.submit(fails.submit())).result()


def by_states() -> Any:
    future = follows.submit(fails.submit())
    future.wait()
    return [future]


def by_subflow() -> None:
    flow(follows.fn, name="sub")(fails.submit())


def by_message() -> None:
    future = fails.submit()
    future.wait()
    # As the flow engine raises it for a subflow in some releases.
    from prefect.exceptions import UpstreamTaskError

    raise UpstreamTaskError(f"Upstream task run '{future.task_run_id}' did not reach a 'COMPLETED' state.")


@pytest.mark.parametrize("body", [by_result, by_chain, by_states, by_subflow, by_message])
def test_an_exception_that_follows_from_a_tasks_is_the_tasks_own(body: Callable[[], Any], told: Told) -> None:
    state = on_failure(told)(flow(body))(return_state=True)
    assert state.is_failed()
    assert told.task_id == "fails"
    assert str(told.exception) == "no rows"
    assert getattr(told.exception, "type_name", None) or type(told.exception).__name__ == "ValueError"


def test_a_flows_own_exception_stays_its_own(told: Told) -> None:
    @on_failure(told)
    @flow
    def etl() -> None:
        fails(return_state=True)
        raise RuntimeError("too few rows")

    etl(return_state=True)
    assert isinstance(told.exception, RuntimeError)


@pytest.fixture(autouse=True)
def _nothing_found() -> None:
    found.clear()
