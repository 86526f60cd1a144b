"""The flow that calls callbacks for alerts: with the run's context, and once together with the run's hooks."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import recorded_callbacks
from prefect import Flow, flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry, Completed, Crashed, Pending, Running

from airflow_compat import on_failure
from airflow_compat.callbacks import run_callback
from airflow_compat.errors import InvalidCallbackError, ServerError

PAGE = "recorded_callbacks:page"


@pytest.fixture
def record(tmp_path: Path) -> str:
    return str(tmp_path / "record")


@task
def load() -> None:
    raise ValueError("boom")


@flow(name="told-etl")
def etl(record: str) -> None:
    load()


def failed(called: Flow[..., Any], record: str) -> UUID:
    """Return the id of a run of the flow once the server has its failed task, which may take seconds."""
    state = called(record=record, return_state=True)
    assert state.is_failed()
    run = state.state_details.flow_run_id
    assert run is not None
    until = time.monotonic() + 240
    while not failed_task_runs(run):
        assert time.monotonic() < until
        time.sleep(0.05)
    return run


def failed_task_runs(run: UUID) -> list[dict[str, Any]]:
    body = {
        "flow_runs": {"id": {"any_": [str(run)]}},
        "task_runs": {"state": {"type": {"any_": [StateType.FAILED.value]}}},
    }
    with get_client(sync_client=True) as client:
        return list(client.request("POST", "/task_runs/filter", json=body).json())


def test_a_callback_gets_the_context_of_a_run_of_another_process(record: str) -> None:
    run = failed(etl, record)
    assert run_callback(PAGE, run=str(run)) is True
    (call,) = recorded_callbacks.read(record)
    assert call["dag_id"] == "told-etl"
    assert (call["task_id"], call["try_number"], call["state"]) == ("load", 1, "failed")
    assert call["reason"] == "task_failure"
    assert call["exception"] == "<rebuilt ValueError: boom>"
    with get_client(sync_client=True) as client:
        assert client.read_task_run(UUID(call["log_url"].rpartition("/")[2])).flow_run_id == run


def test_callbacks_called_by_the_runs_own_process_are_not_called_again(record: str) -> None:
    hooked = on_failure(recorded_callbacks.page, recorded_callbacks.page)(etl.with_options())
    run = failed(hooked, record)
    assert len(recorded_callbacks.read(record)) == 2
    assert run_callback(PAGE, run=f"prefect.flow-run.{run}") is False
    assert run_callback(PAGE, run=f"prefect.flow-run.{run}", position=1) is False
    assert len(recorded_callbacks.read(record)) == 2
    # It stands there twice.
    assert run_callback(PAGE, run=f"prefect.flow-run.{run}", position=2) is True


def test_callback_is_called_once_per_event(record: str) -> None:
    run = failed(etl, record)
    with get_client(sync_client=True) as client:
        first = client.read_flow_run_states(run)[-1].id
        assert run_callback(PAGE, run=str(run), event=first) is True
        # The worker's own word of a run that failed is the same failure.
        client.set_flow_run_state(run, Crashed(), force=True)
        assert run_callback(PAGE, run=str(run), event=client.read_flow_run_states(run)[-1].id) is False
        client.set_flow_run_state(run, AwaitingRetry(), force=True)
        run_flow(etl, flow_run=client.read_flow_run(run), parameters={"record": record}, return_type="state")
        second = client.read_flow_run_states(run)[-1].id
    # However late somebody comes to tell of the first.
    assert run_callback(PAGE, run=str(run), event=first) is False
    assert run_callback(PAGE, run=str(run), event=second) is True
    assert len(recorded_callbacks.read(record)) == 2


def test_task_run(record: str) -> None:
    run = failed(etl, record)
    (found,) = failed_task_runs(run)
    resource = f"prefect.task-run.{found['id']}"
    assert run_callback(PAGE, run=resource) is True
    assert run_callback(PAGE, run=resource) is False
    (call,) = recorded_callbacks.read(record)
    assert (call["task_id"], call["reason"]) == ("load", None)
    assert call["exception"] == "<rebuilt ValueError: boom>"
    assert call["log_url"].endswith(found["id"])


def test_task_lost_with_its_process(record: str) -> None:
    script = Path(__file__).parents[1] / "killed_flow.py"
    command = [sys.executable, script, "killed-in-hooked-task", record, "killed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    run = UUID(done.stdout.split()[0])
    assert recorded_callbacks.read(record) == []
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, Crashed(message="Nobody heard of it any more"), force=True)
    assert run_callback(PAGE, run=str(run), lost_task=True) is True
    (call,) = recorded_callbacks.read(record)
    assert (call["task_id"], call["reason"]) == ("load", None)
    # The server's other word of that task is of the same event.
    assert run_callback(PAGE, run=f"prefect.task-run.{call['log_url'].rpartition('/')[2]}") is False


def test_terminated_task_has_called_its_own_callbacks(record: str) -> None:
    script = Path(__file__).parents[1] / "killed_flow.py"
    command = [sys.executable, script, "killed-in-hooked-task", record, "terminated"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    run = UUID(done.stdout.split()[0])
    (call,) = recorded_callbacks.read(record)
    task_run = call["log_url"].rpartition("/")[2]
    assert run_callback(PAGE, run=f"prefect.task-run.{task_run}") is False
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(run).state_name == "Crashed"
    assert len(recorded_callbacks.read(record)) == 1


def test_process_that_died_outside_a_task(record: str) -> None:
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(etl, parameters={"record": record}, state=Pending())
        client.set_flow_run_state(run.id, Running())
        client.set_flow_run_state(run.id, Crashed(), force=True)
    assert run_callback(PAGE, run=str(run.id), lost_task=True) is True
    (call,) = recorded_callbacks.read(record)
    assert call["task_id"] == "told-etl"


def test_notifiers_and_arguments_and_coroutines(record: str) -> None:
    run = str(failed(etl, record))
    arguments = {"text": "{{ ti.task_id }} failed: {{ exception }}", "channel": "#etl"}
    assert run_callback("recorded_callbacks:Recorder", run=run, arguments=arguments) is True
    assert run_callback("recorded_callbacks:page_later", run=run) is True
    assert run_callback(PAGE, run=run, arguments={"note": "from a partial"}) is True
    first, second, third = recorded_callbacks.read(record)
    assert first == {"text": "load failed: boom", "channel": "#etl"}
    assert (second["note"], third["note"]) == ("later", "from a partial")


def test_sla_callback_gets_the_arguments_of_airflow_2(record: str) -> None:
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(etl, parameters={"record": record}, state=Running())
        told = run_callback("recorded_callbacks:page_of_sla", run=str(run.id), alert="on_sla_miss", event=uuid4())
        client.set_flow_run_state(run.id, Completed())
    assert told is True
    (call,) = recorded_callbacks.read(record)
    assert call["task_list"].startswith("told-etl on 20")
    assert call["slas"] == ["told-etl"]


def test_a_callback_that_raises_fails_its_run_and_is_not_called_again(record: str) -> None:
    run = str(failed(etl, record))
    with pytest.raises(ValueError, match="the pager is broken"):
        run_callback("recorded_callbacks:raises", run=run)
    assert run_callback("recorded_callbacks:raises", run=run) is False
    assert len(recorded_callbacks.read(record)) == 1


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("recorded_callbacks:nobody", "'recorded_callbacks' has no 'nobody'"),
        ("no_such_module:page", "module 'no_such_module' can't be imported here"),
        ("recorded_callbacks:not_callable", "an object of type str can't be called"),
        ("recorded_callbacks", "has no ''"),
        ("recorded_callbacks:page_of_sla", "can't be called with the context"),
    ],
)
def test_failed_call_raises_and_can_be_repeated(path: str, message: str, record: str) -> None:
    run = str(failed(etl, record))
    with pytest.raises(InvalidCallbackError, match=message):
        run_callback(path, run=run)


def test_invalid_run_id() -> None:
    with pytest.raises(InvalidCallbackError, match="run='etl' is not the id of a run"):
        run_callback(PAGE, run="etl")
    with pytest.raises(ServerError, match="the server has no flow run"):
        run_callback(PAGE, run=str(uuid4()))
