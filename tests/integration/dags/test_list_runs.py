"""List the runs of a DAG on the server, and cancel runs of deployments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from prefect import State, flow
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.states import AwaitingRetry, Running

from airflow_compat.cli._app import run
from airflow_compat.dags import runs
from airflow_compat.errors import DagRunRequestError, InvalidArgumentError

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_runs_that_a_schedule_created_for_later_are_not_listed(unique: str) -> None:
    @flow(name=unique)
    def etl() -> None: ...

    etl.to_deployment("prod").apply()
    name, now = f"{unique}/prod", datetime.now(timezone.utc)
    older, late = (
        run_deployment(name, timeout=0, scheduled_time=now - timedelta(minutes=minutes)) for minutes in (5, 2)
    )
    run_deployment(name, timeout=0, scheduled_time=now + timedelta(days=1))

    assert [each.flow_run_id for each in runs.list_runs(unique)] == [late.id, older.id]
    assert [each.flow_run_id for each in runs.list_runs(unique, limit=1)] == [late.id]


def test_a_dag_without_runs_differs_from_a_misspelt_dag(unique: str) -> None:
    @flow(name=unique)
    def etl() -> None: ...

    etl.to_deployment("prod").apply()

    assert runs.list_runs(unique) == ()
    for wrong in (f"{unique}s", f"{unique}/prod", ""):
        with pytest.raises(DagRunRequestError, match=f"The server has no DAG '{wrong}'"):
            runs.list_runs(wrong)


@pytest.mark.parametrize("limit", [-1, 0, 201])
def test_the_limit_of_a_list_has_a_range(limit: int) -> None:
    with pytest.raises(InvalidArgumentError, match="Use a number from 1 to 200"):
        runs.list_runs("etl", limit=limit)


@pytest.mark.parametrize("states", [[Running(), AwaitingRetry()], [Running()]])
def test_a_run_with_a_process_is_cancelled_by_its_worker(
    unique: str, states: list[State], capsys: pytest.CaptureFixture[str]
) -> None:
    @flow(name=unique)
    def etl() -> None: ...

    etl.to_deployment("prod").apply()
    id_ = run_deployment(f"{unique}/prod", timeout=0).id
    with get_client(sync_client=True) as client:
        client.update_flow_run(id_, infrastructure_pid="1")
        for state in states:
            client.set_flow_run_state(id_, state, force=True)

    assert not runs.cancel(id_).is_done
    assert run(["runs", "cancel", str(id_)]) == 0
    assert capsys.readouterr().out == "The run is being cancelled: its worker ends its process.\n"
    assert runs.list_runs(unique)[0].state == "Cancelling"


def test_a_run_that_has_not_begun_is_cancelled_at_once(unique: str, capsys: pytest.CaptureFixture[str]) -> None:
    @flow(name=unique)
    def etl() -> None: ...

    etl.to_deployment("prod").apply()
    id_ = run_deployment(f"{unique}/prod", timeout=0).id

    assert run(["runs", "cancel", str(id_)]) == 0
    assert capsys.readouterr().out == "The run is cancelled. No task instance was running.\n"
    assert runs.list_runs(unique)[0].state == "Cancelled"
