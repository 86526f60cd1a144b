"""What a run knows of earlier runs stays true when the server has lost its flow runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from uuid import UUID, uuid4

from dag_runs import run, write
from prefect.client.orchestration import get_client
from prefect.filesystems import LocalFileSystem

from airflow_compat import dags
from airflow_compat.dags._objects import StoredObjects
from airflow_compat.dags._run_index import IndexedRun, RunIndex

FIRST, SECOND = (datetime(2026, 3, day, tzinfo=timezone.utc) for day in (1, 2))

_DAG = """
    from pathlib import Path

    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule="@daily", catchup=False):
        @task(depends_on_past=True)
        def load(ds):
            if not Path("{folder}", "fails").exists():
                return ds
            raise ValueError

        @task
        def seen(ti, **context):
            names = ["prev_data_interval_start_success", "prev_data_interval_end_success"]
            return [
                ti.xcom_pull("seen", include_prior_dates=True) or ti.xcom_pull("load", include_prior_dates=True),
                ti.xcom_pull("load", dag_id="{dag_id}", run_id="manual__2026-03-01T00:00:00+00:00"),
                *(str(context[name])[:10] for name in names),
                context["prev_start_date_success"] < context["prev_end_date_success"],
            ] if ti.run_id > "manual__2026-03-02" else "first"

        load()
        seen()
"""


def _delete(dag_id: str) -> None:
    with get_client(sync_client=True) as client:
        body = {"flows": {"name": {"any_": [dag_id]}}}
        found = client.request("POST", "/flow_runs/filter", json=body).json()
        for each in found:
            client.delete_flow_run(UUID(each["id"]))
        assert found


def test_earlier_runs_are_known_after_their_deletion(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "history", _DAG.format(dag_id=unique, folder=tmp_path))
    assert run(path, logical_date=FIRST).is_completed()
    _delete(unique)
    second = run(path, logical_date=SECOND).result()
    assert second.xcoms["seen", -1, "return_value"] == ["first", "2026-03-01", "2026-03-01", "2026-03-01", True]


def test_a_task_waits_for_a_deleted_run_that_failed(unique: str, tmp_path: Path) -> None:
    source = _DAG.format(dag_id=unique, folder=tmp_path).replace("        seen()\n", "")
    path = write(tmp_path, "history", source)
    (tmp_path / "fails").touch()
    assert run(path, logical_date=FIRST).is_failed()
    _delete(unique)
    (tmp_path / "fails").unlink()
    flow = dags.load_flow(str(path))
    with ThreadPoolExecutor(1) as threads:
        second = threads.submit(flow, logical_date=SECOND)
        # Running the first date again is the way out.
        assert run(path, logical_date=FIRST).is_completed()
        assert second.result(200).state == "success"


def test_writers_of_the_index_wait_for_each_other(unique: str, tmp_path: Path) -> None:
    index = RunIndex(StoredObjects(LocalFileSystem(basepath=str(tmp_path)), uuid4()), unique)
    days = [datetime(2026, 3, day, tzinfo=timezone.utc) for day in range(1, 9)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(index.add, [IndexedRun(day, uuid4(), "manual", f"r{day.day}") for day in days]))
    assert [each.run_id for each in index.runs()] == [f"r{day.day}" for day in days]
    # A process that is killed while it writes leaves the copy before.
    (latest,) = (copy for copy in tmp_path.rglob(f"{unique}*") if '"number":8' in copy.read_text())
    latest.write_text(latest.read_text()[:40])
    assert len(index.runs()) == 7
