"""Claims on a real server: which of several processes is to call a callback."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from prefect import flow, task
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType, TaskRun
from prefect.client.schemas.sorting import TaskRunSort
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Crashed, Failed, Running, Scheduled

from airflow_compat._prefect import claims, failed_tasks, polling, processes
from airflow_compat._prefect.claims import CLAIM, claimed, is_claim
from airflow_compat._prefect.failed_tasks import latest_task_run, running_task

pytestmark = pytest.mark.sqlite

LOGGER = logging.getLogger("test_claims")

# Claims, says that it is to call or not, and lives on until it is told to end.
_PROCESS = """
import logging, sys
from uuid import UUID
from airflow_compat._prefect.claims import claimed
with claimed(UUID(sys.argv[1]), "on_failure", 0, "alert", logging.getLogger()) as is_to_call:
    print(is_to_call, flush=True)
    sys.stdin.read()
"""


@flow
def etl() -> None: ...


@pytest.fixture
def client() -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def failed_run(client: SyncPrefectClient) -> UUID:
    """A flow run that ran, and failed."""

    run = client.create_flow_run(etl, state=Running())
    client.set_flow_run_state(run.id, Failed(), force=True)
    return run.id


@pytest.fixture
def started() -> Iterator[Callable[[UUID], subprocess.Popen[str]]]:
    """Starts a process that claims, and waits until it has said whether it is to call."""
    running: list[subprocess.Popen[str]] = []

    def start(run: UUID) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _PROCESS, str(run)]
        running.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout.readline() == "True\n"
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def begin() -> Iterator[Callable[[UUID, str], AbstractContextManager[bool]]]:
    """Begins a callback that doesn't end before the test."""
    with ExitStack() as stack:

        def begin(run: UUID, name: str) -> AbstractContextManager[bool]:
            callback = claimed(run, "on_failure", 0, name, LOGGER)
            assert stack.enter_context(callback)
            return callback

        yield begin


def _ask(run: UUID, kind: str = "on_failure", position: int = 0, name: str = "alert") -> bool:
    with claimed(run, kind, position, name, LOGGER) as is_to_call:
        return is_to_call


def _said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged here: threads that Prefect keeps may tell of something else."""
    return [record.getMessage() for record in caplog.records if record.name == LOGGER.name]


def _claims(client: SyncPrefectClient, run: UUID) -> list[TaskRun]:
    body = {"flow_runs": {"id": {"any_": [str(run)]}}, "task_runs": {"tags": {"all_": [CLAIM]}}, "sort": "ID_DESC"}
    found = client.request("POST", "/task_runs/filter", json=body).json()
    return sorted(map(TaskRun.model_validate, found), key=lambda claim: claim.dynamic_key)


def test_the_first_is_to_call_and_later_ones_are_not(
    failed_run: UUID, client: SyncPrefectClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", LOGGER.name)
    assert [_ask(failed_run) for _ in range(3)] == [True, False, False]
    assert _said(caplog) == ["on_failure callback alert was called already"] * 2
    (claim,) = _claims(client, failed_run)
    assert (claim.name, claim.state_name, claim.start_time is None) == ("on_failure callback alert", "Completed", False)


def test_callbacks_are_told_apart_by_kind_place_and_name(failed_run: UUID) -> None:
    events = [("on_failure", 0, "alert"), ("on_failure", 1, "alert"), ("on_failure", 0, "page"), ("on_sla", 0, "alert")]
    assert [_ask(failed_run, *event) for event in events] == [True] * 4
    assert [_ask(failed_run, *event) for event in events] == [False] * 4


def test_names_that_no_function_of_python_s_own_has(failed_run: UUID) -> None:
    for name in ("<lambda>", "ünïcode 'quoted' \"twice\"/?#", "x" * 2000):
        assert [_ask(failed_run, name=name) for _ in range(2)] == [True, False]


def test_each_attempt_is_a_failure_of_its_own(failed_run: UUID, client: SyncPrefectClient) -> None:
    assert _ask(failed_run)
    client.set_flow_run_state(failed_run, Crashed(), force=True)
    assert not _ask(failed_run), "the same failure, which another process told of as well"
    client.set_flow_run_state(failed_run, Running(), force=True)
    client.set_flow_run_state(failed_run, Failed(), force=True)
    assert [_ask(failed_run) for _ in range(2)] == [True, False]


def test_a_run_that_dies_before_it_runs_is_told_apart_too(client: SyncPrefectClient) -> None:
    run = client.create_flow_run(etl, state=Scheduled()).id
    client.set_flow_run_state(run, Crashed(), force=True)
    assert [_ask(run) for _ in range(2)] == [True, False]
    client.set_flow_run_state(run, Scheduled(), force=True)
    client.set_flow_run_state(run, Crashed(), force=True)
    assert client.read_flow_run(run).run_count == 0
    assert [_ask(run) for _ in range(2)] == [True, False]


def test_a_callback_that_raises_has_been_called(failed_run: UUID, client: SyncPrefectClient) -> None:
    with pytest.raises(KeyError, match="s3cret"), claimed(failed_run, "on_failure", 0, "alert", LOGGER):
        raise KeyError("s3cret")
    assert not _ask(failed_run)
    (claim,) = _claims(client, failed_run)
    assert (claim.state_name, claim.state.message) == ("Failed", "The callback raised KeyError")


def test_one_that_was_interrupted_is_called_again(
    failed_run: UUID, client: SyncPrefectClient, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SystemExit), claimed(failed_run, "on_failure", 0, "alert", LOGGER):
        raise SystemExit(143)
    assert _said(caplog) == ["on_failure callback alert was interrupted by SystemExit, and may not have finished"]
    assert [_ask(failed_run) for _ in range(2)] == [True, False]
    assert _said(caplog)[1].endswith("died or was interrupted; the callback is called again")
    assert [claim.state_name for claim in _claims(client, failed_run)] == ["Crashed", "Completed"]


def test_while_another_process_calls_it(failed_run: UUID, started: Callable[[UUID], subprocess.Popen[str]]) -> None:
    process = started(failed_run)
    assert not _ask(failed_run)
    process.communicate()
    assert process.returncode == 0
    assert not _ask(failed_run)


def test_the_process_that_called_it_was_killed(
    failed_run: UUID,
    client: SyncPrefectClient,
    started: Callable[[UUID], subprocess.Popen[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        # The second takes over, and is killed as well.
        process = started(failed_run)
        process.kill()
        # It stays a zombie until somebody waits for it.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert [_ask(failed_run) for _ in range(2)] == [True, False]
    assert _said(caplog) == [
        "on_failure callback alert had begun in a process that died or was interrupted; the callback is called again"
    ]
    assert [claim.state_name for claim in _claims(client, failed_run)] == ["Crashed", "Crashed", "Completed"]


def test_another_process_has_the_number_of_the_one_that_died(
    failed_run: UUID, begin: Callable[[UUID, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(processes, "_started", lambda pid: "1")
        begin(failed_run, "alert")
    assert _ask(failed_run)


def test_where_the_system_does_not_tell_when_a_process_started(
    failed_run: UUID, begin: Callable[[UUID, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_started", lambda pid: "")
    begin(failed_run, "alert")
    assert not _ask(failed_run)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with monkeypatch.context() as patch:
        # Of this module alone: threads that Prefect keeps ask for their own.
        patch.setattr(processes, "os", SimpleNamespace(getpid=lambda: ended.pid))
        begin(failed_run, "page")
    assert _ask(failed_run, name="page")


def test_one_that_finishes_just_before_it_ends_is_not_called_again(
    failed_run: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_started", lambda pid: "1")
    ending = claimed(failed_run, "on_failure", 0, "alert", LOGGER)
    ending.__enter__()

    def end(claim: object) -> bool:
        ending.__exit__(None, None, None)
        return False

    monkeypatch.setattr(claims, "is_alive", end)
    assert not _ask(failed_run)


@pytest.mark.parametrize("finishes", [True, False])
def test_on_another_machine(failed_run: UUID, monkeypatch: pytest.MonkeyPatch, finishes: bool) -> None:
    elsewhere = claimed(failed_run, "on_failure", 0, "alert", LOGGER)
    with monkeypatch.context() as patch:
        patch.setattr(processes, "_host", lambda: "elsewhere")
        elsewhere.__enter__()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        # The shorter pauses are those before requests that a busy server gets again.
        if seconds != claims._ELSEWHERE_POLL:
            time.sleep(seconds)
            return
        waited.append(seconds)
        if finishes and len(waited) == 2:
            elsewhere.__exit__(None, None, None)

    # Of this module alone: threads that Prefect keeps live by the real clock.
    monkeypatch.setattr(polling, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: sum(waited)))
    assert _ask(failed_run) is not finishes
    assert sum(waited) == (1 if finishes else 10)


def test_one_of_many_at_once(failed_run: UUID, prefect_server: str) -> None:
    code = (
        "import logging, sys; from uuid import UUID; from airflow_compat._prefect.claims import claimed\n"
        "with claimed(UUID(sys.argv[1]), 'on_failure', 0, 'alert', logging.getLogger()) as mine: print(mine)"
    )
    command = [sys.executable, "-c", code, str(failed_run)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert sorted(process.communicate()[0].strip() for process in several) == ["False"] * 3 + ["True"]


def test_without_a_server_it_is_called(failed_run: UUID, caplog: pytest.LogCaptureFixture) -> None:
    with temporary_settings({PREFECT_API_URL: "http://user:s3cret@127.0.0.1:9/api"}):
        assert [_ask(failed_run) for _ in range(2)] == [True, True]
    assert caplog.text.count("the server did not record this call") == 2
    assert "can't be reached" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_run_that_the_server_does_not_have(caplog: pytest.LogCaptureFixture) -> None:
    assert _ask(uuid4())
    assert "the server has no flow run" in caplog.text
    assert running_task(uuid4()) is None


def test_the_server_is_gone_when_the_callback_ends(failed_run: UUID, caplog: pytest.LogCaptureFixture) -> None:
    with claimed(failed_run, "on_failure", 0, "alert", LOGGER) as is_to_call:
        assert is_to_call
        gone = temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"})
        gone.__enter__()
    gone.__exit__(None, None, None)
    assert "did not store the final state" in caplog.text


def test_a_claim_is_not_taken_for_a_task(client: SyncPrefectClient, begin: Callable[[UUID, str], object]) -> None:
    @task
    def load() -> None:
        raise ValueError

    @flow
    def loads() -> None:
        load()

    run = loads(return_state=True).state_details.flow_run_id
    failed = _until(lambda: latest_task_run(run, (StateType.FAILED,), TaskRunSort.END_TIME_DESC))
    assert failed.name.startswith("load-")
    begin(run, "page")
    assert running_task(run) is None
    with pytest.raises(KeyError), claimed(run, "on_failure", 0, "alert", LOGGER):
        raise KeyError
    assert {claim.state_name for claim in _claims(client, run)} == {"Running", "Failed"}
    assert latest_task_run(run, (StateType.FAILED,), TaskRunSort.END_TIME_DESC).id == failed.id
    assert [is_claim(each) for each in (failed, *_claims(client, run))] == [False, True, True]


def test_a_claim_is_not_taken_for_a_task_among_more_than_a_page_of_them(
    failed_run: UUID, monkeypatch: pytest.MonkeyPatch, client: SyncPrefectClient
) -> None:
    monkeypatch.setattr(failed_tasks, "_PAGE", 2)
    assert [_ask(failed_run, position=position) for position in range(3)] == [True] * 3
    assert latest_task_run(failed_run, (StateType.COMPLETED,), TaskRunSort.END_TIME_DESC) is None
    _task_run(client, failed_run, "0", "COMPLETED")
    found = latest_task_run(failed_run, (StateType.COMPLETED,), TaskRunSort.EXPECTED_START_TIME_DESC)
    assert found.task_key == "load"


def test_the_task_that_the_process_died_in_is_the_last_that_began(client: SyncPrefectClient) -> None:
    run = client.create_flow_run(etl, state=Scheduled()).id
    for key, state in (("first", "RUNNING"), ("second", "RUNNING"), ("ended", "COMPLETED")):
        _task_run(client, run, key, state)
    assert running_task(run).dynamic_key == "second"


def test_what_an_attempt_before_died_in_is_not_what_the_last_one_died_in(
    failed_run: UUID, client: SyncPrefectClient
) -> None:
    assert client.read_flow_run(failed_run).run_count == 1
    _task_run(client, failed_run, "before", "RUNNING")
    assert running_task(failed_run) is None


def _task_run(client: SyncPrefectClient, run: UUID, key: str, state: str) -> None:
    """A task run of the flow run's attempt 0: the API takes no other."""
    body = {
        "name": f"load-{key}",
        "flow_run_id": str(run),
        "task_key": "load",
        "dynamic_key": key,
        "state": {"type": state, "name": state.title()},
    }
    client.request("POST", "/task_runs/", json=body)


def _until(found: Callable[[], TaskRun | None]) -> TaskRun:
    while (one := found()) is None:
        time.sleep(0.05)
    return one


def test_parallel_claims_of_a_process_do_not_keep_sqlite_busy(
    failed_run: UUID, client: SyncPrefectClient, caplog: pytest.LogCaptureFixture
) -> None:
    threads, each = 16, 4
    caplog.set_level("INFO", "httpx")

    def claim(position: int) -> list[bool]:
        return [_ask(failed_run, position=position, name=f"alert {number}") for number in range(each)]

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(claim, range(threads)))

    assert found == [[True] * each] * threads
    assert len(_claims(client, failed_run)) == threads * each
    busy = [record for record in caplog.records if record.name == "httpx" and " 503 " in record.getMessage()]
    # Each claim was refused twice when all threads sent their requests at once.
    assert len(busy) < threads
