"""What depends on the task runs that the server has recorded, on a server that records them late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from own_server import OwnServer, running
from patient_client import patient_client
from prefect import flow, task
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterId
from prefect.context import FlowRunContext
from xcom_runs import until_the_server_has, xcom_pull

from airflow_compat import on_success
from airflow_compat._prefect import recorded
from airflow_compat.artifacts import run_summary

# The server records the states of task runs at these times only.
_LATE = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "1000",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "3",
}


@pytest.fixture(scope="module", autouse=True)
def _late_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with running(OwnServer(tmp_path_factory.mktemp("server"), environment=_LATE)):
        yield


@task(persist_result=True)
def extract() -> str:
    return "rows"


@task
def load() -> None: ...


@pytest.fixture(autouse=True)
def _after_a_record() -> None:
    """Begin each test when the server has just recorded, so that three seconds pass before it does so again."""

    @flow
    def first() -> UUID:
        load()
        return FlowRunContext.get().flow_run.id

    until_the_server_has(first(), 1)


def _call_at_the_end(callback: Callable[[Any], None]) -> None:
    """Run a flow of two tasks, with a callback for its success."""

    @on_success(callback)
    @flow
    def etl() -> None:
        extract()
        load()

    etl()


def test_a_callback_of_a_flow_names_the_last_task() -> None:
    names: list[str] = []
    _call_at_the_end(lambda context: names.append(context["ti"].task_id))
    assert names == ["load"]


def test_a_callback_of_a_flow_gets_the_instances_of_all_tasks() -> None:
    instances: list[str] = []

    def notify(context: Any) -> None:
        instances.extend(f"{ti.task_id} {ti.state}" for ti in context["dag_run"].get_task_instances())

    _call_at_the_end(notify)
    assert instances == ["extract success", "load success"]


def test_a_flow_finds_the_result_of_a_task() -> None:
    @flow
    def etl() -> object:
        extract()
        return xcom_pull("extract")

    assert etl() == "rows"


def test_a_summary_has_all_tasks() -> None:
    @flow
    def etl() -> UUID:
        extract()
        load()
        return run_summary().id

    (artifact,) = patient_client().read_artifacts(artifact_filter=ArtifactFilter(id=ArtifactFilterId(any_=[etl()])))
    text = str(artifact.data)
    assert "extract" in text
    assert "load" in text


def test_only_the_first_call_waits_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []

    def look(flow_run_id: UUID, real: Callable[[UUID], bool] = recorded._is_recorded) -> bool:
        looks.append(real(flow_run_id))
        return looks[-1]

    monkeypatch.setattr(recorded, "_is_recorded", look)
    # Less than the server needs.
    monkeypatch.setattr(recorded, "_WITHIN", 0.5)

    @flow
    def etl() -> list[int]:
        load()
        counts = []
        for _ in range(2):
            recorded.wait_until_recorded(FlowRunContext.get().flow_run.id)
            counts.append(len(looks))
        return counts

    first, both = etl()
    assert first > 1
    assert both == first + 1
    assert not any(looks)
