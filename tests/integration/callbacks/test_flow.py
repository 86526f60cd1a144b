"""Which task and exception a flow's callback gets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import prefect
import pytest
from prefect import flow

from airflow_compat import on_failure, on_retry, on_success, task
from airflow_compat._prefect.runs import task_runs
from airflow_compat.callbacks import run_callback
from airflow_compat.exceptions import AirflowSkipException


class Told:
    """The values that a flow's callback got."""

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


def test_flow_takes_the_place_of_skipped_tasks(told: Told) -> None:
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
            assert others_ended.acquire(timeout=240)
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
    """Another process, here the same, would write it down."""
    found.update(task_id=context["ti"].task_id, map_index=context["ti"].map_index, exception=context["exception"])


def test_callback_in_another_process_has_the_index() -> None:
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
    """Return a flow run's task runs once the server has this number of ends, which may take seconds."""
    import time

    until = time.monotonic() + 240
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
def test_exception_that_follows_from_a_task_is_the_tasks_exception(body: Callable[[], Any], told: Told) -> None:
    state = on_failure(told)(flow(body))(return_state=True)
    assert state.is_failed()
    assert told.task_id == "fails"
    assert str(told.exception) == "no rows"
    assert getattr(told.exception, "type_name", None) or type(told.exception).__name__ == "ValueError"


class OwnError(Exception):
    """An exception that can't be rebuilt from its text."""

    def __init__(self, code: int, rows: list[int]) -> None:
        super().__init__(f"code {code}")
        self.code, self.rows = code, rows


def mapped_return(load: Any) -> Any:
    return follows.map(load.map([0, 1]))


def mapped_result(load: Any) -> None:
    follows.map(load.map([0, 1])).result()


def mapped_into_one(load: Any) -> None:
    follows.submit(load.map([0, 1])).result()


def mapped_chain(load: Any) -> None:
    last.map(follows.map(load.map([0, 1]))).result()


def one_upstream(load: Any) -> None:
    follows.submit(load.submit(1)).result()


@pytest.mark.parametrize("body", [mapped_return, mapped_result, mapped_into_one, mapped_chain, one_upstream])
@pytest.mark.parametrize("ours", [True, False])
def test_exception_of_a_task_in_this_process_is_the_raised_object(
    body: Callable[[Any], Any], ours: bool, told: Told
) -> None:
    raised: list[OwnError] = []

    def load(number: int) -> None:
        if number:
            raised.append(OwnError(number, [len(raised)]))
            raise raised[-1]

    made = task(load, retries=1, retry_delay=timedelta(0)) if ours else on_retry(print)(prefect.task(load, retries=1))
    state = on_failure(told)(flow(lambda: body(made), name="etl"))(return_state=True)
    assert state.is_failed()
    assert told.task_id == "load"
    # Of the last try.
    assert told.exception is raised[1]


def test_flows_own_exception_is_kept(told: Told) -> None:
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
