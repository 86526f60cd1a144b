"""Tasks with `depends_on_past` wait for the run before, in their process or in a later one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from dag_runs import retry, run, states_of, write
from prefect.client.orchestration import get_client
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.states import Scheduled

from airflow_compat import dags

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

_DAG = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None, max_active_runs=1) as dag:
        @task(depends_on_past=True)
        def load(ds):
            if ds == "2026-03-01" and not Path("{folder}", "repaired").exists():
                raise ValueError("no rows")

        @task
        def free(): ...

        load()
        free()
"""
_FIRST, _SECOND = (datetime(2026, 3, day, tzinfo=timezone.utc) for day in (1, 2))


class _Heard(logging.Handler):
    """Notes the first record that has a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.record, self.came = text, "", threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self.text in record.getMessage() and not self.came.is_set():
            self.record = record.getMessage()
            self.came.set()


@contextmanager
def _heard(text: str) -> Iterator[_Heard]:
    # Prefect's loggers do not propagate.
    logger, handler = logging.getLogger("prefect.flow_runs"), _Heard(text)
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)


def test_a_task_waits_until_the_run_before_was_repaired(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "waits", _DAG.format(dag_id=unique, folder=tmp_path))
    first = run(path, logical_date=_FIRST)
    assert first.is_failed()

    with ThreadPoolExecutor(1) as threads, _heard("waits for") as heard:
        second = threads.submit(run, path, logical_date=_SECOND)
        assert heard.came.wait(240)
        (tmp_path / "repaired").touch()
        assert retry(path, first.state_details.flow_run_id).is_completed()
        assert states_of(second.result(240).result()) == {"load": "success", "free": "success"}
    assert heard.record.startswith("Task 'load' waits for task 'load' of flow run ")
    assert "(failed). Retry that flow run if it failed" in heard.record


def _scheduled(deployment_id: UUID, moment: datetime) -> FlowRun:
    """A flow run as the server's scheduler creates it."""
    key = f"scheduled {deployment_id} {uuid4()} {moment.isoformat()}"
    with get_client(sync_client=True) as client:
        return client.create_flow_run_from_deployment(
            deployment_id, state=Scheduled(scheduled_time=moment), idempotency_key=key
        )


def _read(flow_run: FlowRun) -> FlowRun:
    with get_client(sync_client=True) as client:
        return client.read_flow_run(flow_run.id)


def test_a_run_of_a_deployment_lets_the_run_before_start(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "passes", _DAG.format(dag_id=unique, folder=tmp_path))
    (tmp_path / "repaired").touch()
    flow = dags.load_flow(str(path))
    with get_client(sync_client=True) as client:
        deployment_id = client.create_deployment(
            client.create_flow(flow), unique, concurrency_options=None, concurrency_limit=1
        )
    first, second = _scheduled(deployment_id, _FIRST), _scheduled(deployment_id, _SECOND)

    with pytest.raises(Pause):
        run_flow(flow, flow_run=second, parameters={})

    paused = _read(second).state
    assert (paused.name, paused.type.value) == ("AwaitingRetry", "SCHEDULED")
    assert paused.state_details.scheduled_time > datetime.now(timezone.utc) + timedelta(seconds=10)
    assert run_flow(flow, flow_run=_read(first), parameters={}, return_type="state").is_completed()
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(second.id, Scheduled(), force=True)
    result = run_flow(flow, flow_run=_read(second), parameters={})
    assert {each.name: (each.state, each.try_number) for each in result.task_instances} == {
        "load": ("success", 1),
        "free": ("success", 1),
    }
