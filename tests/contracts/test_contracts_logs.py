"""The services that send what runs log, and events."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from uuid import uuid4

from contract import contract
from prefect import State, flow, get_client, get_run_logger, task
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.context import FlowRunContext
from prefect.logging.configuration import setup_logging

from airflow_compat._prefect.internals import logs


@contract("logs.sends_to_runs")
def test_prefect_s_handler_is_found(prefect_server: str) -> None:
    setup_logging()
    assert logs.sends_to_runs("prefect.flow_runs")
    assert logs.sends_to_runs("prefect.task_runs")
    assert not logs.sends_to_runs("airflow.task")


_FORWARDS = """
from prefect.logging.configuration import setup_logging
from airflow_compat._prefect.internals import logs
setup_logging()
print(logs.sends_to_runs("airflow.task.hooks"))
"""


@contract("logs.sends_to_runs")
def test_extra_loggers_have_the_handler() -> None:
    with_extra = {**os.environ, "PREFECT_LOGGING_EXTRA_LOGGERS": "airflow.task"}
    ended = subprocess.run(
        [sys.executable, "-c", _FORWARDS], capture_output=True, text=True, check=True, env=with_extra
    )
    assert ended.stdout.split() == ["True"]


@contract("logs.send_logs_now")
def test_log_lines_are_on_the_server_after_they_are_sent(prefect_server: str) -> None:
    text = uuid4().hex

    @flow
    def etl() -> list[str]:
        get_run_logger().warning(text)
        logs.send_logs_now()
        with get_client(sync_client=True) as client:
            run = FlowRunContext.get().flow_run.id
            found = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])))
        return [line.message for line in found]

    assert text in etl()


_SENDS = """
import os
import sys
import time
from prefect.events import emit_event
from airflow_compat._prefect.internals import logs
emit_event("contract.sent", {"prefect.resource.id": sys.argv[1]})
logs.send_events_now()
os._exit(0)
"""


@contract("logs.send_events_now")
def test_events_are_on_the_server_after_they_are_sent(prefect_server: str) -> None:
    resource = f"contract.{uuid4().hex}"
    subprocess.run([sys.executable, "-c", _SENDS, resource], check=True, env=dict(os.environ))
    wanted = {"filter": {"resource": {"id": [resource]}}}
    deadline = time.monotonic() + 240
    with get_client(sync_client=True) as client:
        while not client.request("POST", "/events/filter", json=wanted).json()["events"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@contract("logs.last_sent_task_state", "logs.has_unsent_events", "logs.event_workers")
def test_the_client_keeps_the_last_state_that_it_sent(prefect_server: str) -> None:
    @task
    def load() -> None: ...

    @flow
    def etl() -> tuple[State[None], list[object]]:
        state = load(return_state=True)
        found: list[object] = [logs.has_unsent_events()]
        until = time.monotonic() + 60
        while logs.has_unsent_events() and time.monotonic() < until:
            time.sleep(0.01)
        event = logs.last_sent_task_state(FlowRunContext.get().flow_run.id)
        return state, [*found, event.id, event.resource.prefect_object_id("prefect.task-run")]

    state, found = etl()
    assert found == [True, state.id, state.state_details.task_run_id]
    assert logs.last_sent_task_state(uuid4()) is None
