"""The alerts for deadlines and SLAs of DAG files fire once for a late run, and call the callbacks of the file once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from dag_runs import retry, write
from notification_targets import smtp_target
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.states import Completed, Late, Pending, Running

from airflow_compat import Connection, automations
from airflow_compat._airflow.data_interval import LABEL_RUN_TYPE
from airflow_compat.callbacks import run_callback
from airflow_compat.dags import alerts

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

# The shortest time of an alert is ten seconds.
pytestmark = [pytest.mark.usefixtures("prefect_server"), pytest.mark.stress]

_DEADLINE = """
    from datetime import timedelta
    from pathlib import Path
    from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference

    async def late(context, word):
        with Path("{folder}/seen").open("a") as file:
            file.write(f"{{context['dag_run'].dag_id}} {{word}}\\n")

    dag = DAG("{dag_id}", schedule=None, deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(seconds=10),
        callback=AsyncCallback(late, kwargs={{"word": "is late"}}),
    ))
"""
_SLA = """
    import time
    from datetime import timedelta
    from pathlib import Path
    from airflow import DAG
    from airflow.operators.python import PythonOperator

    FOLDER = Path("{folder}")

    def missed(dag, task_list, blocking_task_list, slas, blocking_tis):
        names = [[each.task_id for each in tasks] for tasks in (slas, blocking_tis)]
        with (FOLDER / "seen").open("a") as file:
            file.write(f"{{dag.dag_id}} {{names}} {{task_list.partition(' on ')[0]}}\\n")

    def waits():
        (FOLDER / "begun").touch()
        while not (FOLDER / "go").exists():
            time.sleep(0.05)

    with DAG("{dag_id}", schedule=None, sla_miss_callback=missed):
        quick = PythonOperator(task_id="quick", python_callable=lambda: None, sla=timedelta(seconds=10))
        slow = PythonOperator(
            task_id="slow", python_callable=waits, sla=timedelta(seconds=10), email=["oncall@example.com"]
        )
        quick >> slow >> PythonOperator(task_id="unlimited", python_callable=lambda: None)
"""


@pytest.fixture
def owner(unique: str) -> Iterator[str]:
    yield unique
    automations.delete(owner=unique)


def _deploy(name: str) -> UUID:
    @flow(name=name)
    def etl() -> None: ...

    id_: UUID = etl.to_deployment("prod").apply()  # type: ignore[assignment]
    return id_


def _begin(deployment: UUID, **labels: str) -> UUID:
    """Begin a run, as a worker does."""
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployment)
        client.update_flow_run_labels(run.id, labels)
        client.set_flow_run_state(run.id, Pending(), force=True)
        client.set_flow_run_state(run.id, Running(), force=True)
        return run.id


def _end(run: UUID) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, Completed(), force=True)


def _fired(name: str, number: int) -> list[FlowRun]:
    """Return the runs that the alerts have started, when there are as many as expected."""
    wanted = DeploymentFilter(name=DeploymentFilterName(any_=[name]))
    until = time.monotonic() + 240
    with get_client(sync_client=True) as client:
        while len(found := client.read_flow_runs(deployment_filter=wanted)) < number:
            assert time.monotonic() < until
            time.sleep(0.2)
    return found


def _about(fired: list[FlowRun]) -> list[str]:
    return sorted(str(each.parameters["run"]).removeprefix("prefect.flow-run.") for each in fired)


def test_a_late_run_misses_its_deadline_once(unique: str, owner: str, tmp_path: Path) -> None:
    path = write(tmp_path, "due", _DEADLINE.format(folder=tmp_path, dag_id=unique))
    run_callback.to_deployment(unique).apply()
    deployment = _deploy(unique)
    [outcome] = automations.apply(alerts.read(path, callback_deployment=f"run-callback/{unique}"), owner=owner)
    assert outcome.done

    in_time, waiting, late = _begin(deployment), _late(deployment), _begin(deployment)
    _end(in_time)
    fired = _fired(unique, 2)
    assert _about(fired) == sorted([str(waiting), str(late)])
    for each in fired:
        run_callback(**each.parameters)
    assert (tmp_path / "seen").read_text().splitlines() == [f"{unique} is late"] * 2

    # The run that no worker took begins, and takes too long again.
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(waiting, Pending(), force=True)
        client.set_flow_run_state(waiting, Running(), force=True)
    fired = _fired(unique, 3)
    assert _about(fired) == sorted([str(waiting), str(waiting), str(late)])
    for each in fired:
        run_callback(**each.parameters)
    assert len((tmp_path / "seen").read_text().splitlines()) == 2


def _late(deployment: UUID) -> UUID:
    """Create a run that no worker takes."""
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployment)
        client.set_flow_run_state(run.id, Late(), force=True)
        return run.id


def test_scheduled_runs_miss_the_sla_of_tasks_that_are_not_done(
    unique: str, owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "limited", _SLA.format(folder=tmp_path, dag_id=unique))
    run_callback.to_deployment(unique).apply()
    deployment = _deploy(unique)
    found = alerts.read(path, airflow_version="2", callback_deployment=f"run-callback/{unique}")
    [outcome] = automations.apply(found, owner=owner)
    assert outcome.done

    scheduled = {LABEL_RUN_TYPE: "scheduled"}
    in_time, manual, late = _begin(deployment, **scheduled), _begin(deployment), _begin(deployment, **scheduled)
    _end(in_time)
    running = threading.Thread(target=retry, args=(path, late), kwargs={"version": "2"})
    running.start()
    try:
        # The callback and the mail of each run.
        fired = _fired(unique, 4)
        assert _about(fired) == sorted([str(manual), str(late)] * 2)
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)
        with smtp_target() as target:
            extra = json.dumps({"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.com"})
            server = Connection(conn_id="smtp", conn_type="smtp", host="127.0.0.1", port=int(target.url), extra=extra)
            monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.get_uri())
            for each in (*fired, *fired):
                run_callback(**each.parameters)
    finally:
        (tmp_path / "go").touch()
        running.join()
        _end(manual)
    assert (tmp_path / "seen").read_text().splitlines() == [f"{unique} [['slow'], ['slow']] slow"]
    [mail] = target.received
    assert (mail["from"], mail["to"]) == ("airflow@example.com", ["oncall@example.com"])
    assert mail["headers"]["Subject"] == f"[airflow] SLA miss on DAG={unique}"
    [part] = mail["parts"]
    missed, blocking = part["content"].split("Blocking tasks:")
    assert ("slow on 20" in missed, "slow on 20" in blocking, "quick" in part["content"]) == (True, True, False)
