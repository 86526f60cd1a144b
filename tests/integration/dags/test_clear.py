"""Clear, mark and cancel: requests to runs that have ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from child_processes import end
from dag_runs import all_ended, retry, run, task_runs, write
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments import run_deployment
from prefect.states import AwaitingRetry, Running

from airflow_compat.dags import runs
from airflow_compat.dags._requests import pending_requests
from airflow_compat.errors import DagRunRequestError

_ENDED = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(line + "\\n")

    with DAG("{dag_id}", schedule=None):
        @task
        def opens():
            note("opens")

        @task
        def rows(ti=None):
            note(f"rows {{ti.try_number}}")
            return list(range(int((FOLDER / "rows").read_text())))

        @task(retries=1, retry_delay=0)
        def load(row, ti=None):
            note(f"load {{row}} {{ti.try_number}}/{{ti.max_tries}}")
            return row

        @task
        def total(values, ti=None):
            note(f"total {{sum(values)}}")
            if (FOLDER / "fails").exists():
                raise ValueError("no total")

        @task
        def report():
            note("report")

        @task
        def closes():
            note("closes")

        opened = opens().as_setup()
        found = rows()
        opened >> found
        summed = total(load.expand(row=found))
        summed >> report() >> closes().as_teardown(setups=opened)
"""


class _Ended:
    """Runs that end at once, and what their tasks noted since the last look."""

    def __init__(self, folder: Path, dag_id: str) -> None:
        self._folder, self._seen = folder, 0
        self.rows(2)
        self.path = str(write(folder, "ended", _ENDED.format(folder=folder, dag_id=dag_id)))

    def rows(self, number: int) -> None:
        (self._folder / "rows").write_text(str(number))

    def fails(self, does: bool) -> None:
        (self._folder / "fails").touch() if does else (self._folder / "fails").unlink()

    def seen(self) -> list[str]:
        lines = (self._folder / "seen").read_text().splitlines()
        new, self._seen = lines[self._seen :], len(lines)
        return sorted(new)


@pytest.fixture
def ended(tmp_path: Path, unique: str) -> _Ended:
    return _Ended(tmp_path, unique)


def _tries(flow_run_id: Any) -> dict[str, tuple[str | None, int]]:
    return {each.name: (each.state, each.try_number) for each in runs.task_instances(flow_run_id)}


def test_a_clear_runs_a_task_with_its_setup_again_and_all_below_if_asked(ended: _Ended, unique: str) -> None:
    state = run(ended.path)
    id_ = state.state_details.flow_run_id
    ended.seen()

    plan = runs.clear(id_, task_ids=["rows"], dry_run=True)
    assert (sorted(plan.instances), plan.is_done) == (["closes", "opens", "rows"], False)
    with pytest.raises(DagRunRequestError, match="has no deployment"):
        runs.clear(id_, task_ids=["rows"])
    assert ended.seen() == []

    change = runs.clear(id_, task_ids=["rows"], entrypoint=ended.path)
    assert (sorted(change.instances), change.is_done) == (["closes", "opens", "rows"], True)
    assert ended.seen() == ["closes", "opens", "rows 2"]

    # What is below has another length now.
    ended.rows(3)
    name = runs.list_runs(unique)[0].name
    change = runs.clear(f"{unique}/{name}", task_ids=["rows"], downstream=True, entrypoint=ended.path)
    assert sorted(change.instances) == ["closes", "load[0]", "load[1]", "opens", "report", "rows", "total"]
    assert ended.seen() == [
        "closes",
        "load 0 2/2",
        "load 1 2/2",
        "load 2 1/1",
        "opens",
        "report",
        "rows 3",
        "total 3",
    ]


def test_clears_of_one_instance_and_of_failed_ones(ended: _Ended, unique: str) -> None:
    ended.fails(True)
    id_ = run(ended.path).state_details.flow_run_id
    ended.seen()
    assert _tries(id_)["report"] == ("upstream_failed", 0)

    change = runs.clear(id_, task_ids=["load"], map_index=1, entrypoint=ended.path)
    assert sorted(change.instances) == ["closes", "load[1]", "opens"]
    assert ended.seen() == ["closes", "load 1 2/2", "opens"]
    # What was not cleared stays failed.
    assert _tries(id_)["total"] == ("failed", 1)
    assert runs.list_runs(unique)[0].state == "Failed"

    for task_ids in (["load", "total"], []):
        plan = runs.clear(id_, task_ids=task_ids, map_index=0, dry_run=True)
        assert sorted(plan.instances) == ["closes", "load[0]", "opens"]
    change = runs.mark(id_, "success", task_ids=["load", "total"], map_index=0, entrypoint=ended.path)
    assert change.instances == ()

    ended.fails(False)
    change = runs.clear(id_, failed=True, entrypoint=ended.path)
    assert sorted(change.instances) == ["report", "total"]
    assert ended.seen() == ["report", "total 1"]
    assert runs.list_runs(unique)[0].state == "Completed"


def test_requests_that_name_nothing(ended: _Ended, unique: str) -> None:
    id_ = run(ended.path).state_details.flow_run_id
    ended.seen()
    with pytest.raises(DagRunRequestError, match=r"has no task 'lod'\. Use one of closes, load,"):
        runs.clear(id_, task_ids=["lod"], entrypoint=ended.path)
    with pytest.raises(DagRunRequestError, match=r"no task instance load\[2\]\. The last map index is 1"):
        runs.clear(id_, task_ids=["load"], map_index=2, entrypoint=ended.path)
    for task_ids in (["load", "total"], []):
        with pytest.raises(DagRunRequestError, match=r"no task instance load\[2\]\. The last map index is 1"):
            runs.clear(id_, task_ids=task_ids, map_index=2, entrypoint=ended.path)
    not_mapped = "No selected task has mapped instances, so none has map index 0. Leave out map_index"
    for dry_run in (True, False):
        with pytest.raises(DagRunRequestError, match=not_mapped):
            runs.clear(id_, task_ids=["total"], map_index=0, dry_run=dry_run, entrypoint=ended.path)
    with pytest.raises(DagRunRequestError, match=not_mapped):
        runs.mark(id_, "failed", task_ids=["total"], map_index=0, entrypoint=ended.path)
    with pytest.raises(DagRunRequestError, match="no flow run 'nothing'"):
        runs.task_instances("nothing")

    # The task is gone from the file.
    source = Path(ended.path).read_text().replace(" >> report() >> ", " >> ")
    Path(ended.path).write_text(source)
    with pytest.raises(DagRunRequestError, match=f"DAG '{unique}' has no task 'report'. Its file may have changed"):
        runs.clear(id_, task_ids=["report"], entrypoint=ended.path)
    assert ended.seen() == []


def test_a_task_marked_as_success_lets_what_failed_below_run(ended: _Ended, unique: str) -> None:
    ended.fails(True)
    id_ = run(ended.path).state_details.flow_run_id
    ended.seen()

    change = runs.mark(id_, "success", task_ids=["total"], entrypoint=ended.path)

    assert change.instances == ("total",)
    assert ended.seen() == ["report"]
    assert _tries(id_)["total"] == ("success", 1)
    assert runs.list_runs(unique)[0].state == "Completed"

    runs.mark(id_, "failed", entrypoint=ended.path)
    assert (runs.list_runs(unique)[0].state, ended.seen()) == ("Failed", [])
    # A retry finds nothing that failed.
    assert retry(ended.path, id_).is_completed()
    assert ended.seen() == []


def test_the_flow_for_the_ui(ended: _Ended, unique: str) -> None:
    ended.fails(True)
    id_ = run(ended.path).state_details.flow_run_id

    assert runs.change_run(str(id_), failed=True, dry_run=True) == ["total", "report"]
    assert runs.change_run.parameters.properties["action"]["enum"] == ["clear", "mark success", "mark failed", "cancel"]

    task_runs(id_, all_ended(7))
    # A run that waits for its next process carries out the request then.
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(id_, AwaitingRetry(), force=True)
    ended.seen()
    assert runs.change_run(str(id_), "mark success", ["total"]) == ["total"]
    assert retry(ended.path, id_).is_completed()
    assert ended.seen() == ["report"]


def test_a_run_without_a_process_keeps_no_request(ended: _Ended, unique: str) -> None:
    ended.fails(True)
    id_ = run(ended.path).state_details.flow_run_id
    ended.fails(False)
    with get_client(sync_client=True) as client:
        # As after a SIGKILL.
        client.set_flow_run_state(id_, Running(), force=True)

    withdrawn = r"for 0.2 seconds, so the request was withdrawn\. If `airflow-compat runs lost` lists the run"
    with pytest.raises(DagRunRequestError, match=withdrawn):
        runs.cancel(id_, timeout=0.2)
    with pytest.raises(DagRunRequestError, match=withdrawn):
        runs.clear(id_, task_ids=["load"], timeout=0.2)
    with pytest.raises(DagRunRequestError, match=withdrawn):
        runs.mark(id_, "failed", timeout=0.2)
    assert pending_requests(id_) == []

    ended.seen()
    assert retry(ended.path, id_).is_completed()
    # A retry without a request clears what failed.
    assert ended.seen() == ["closes", "opens", "report", "total 1"]


_DEPLOYED = """
from airflow_compat import dags

etl = dags.load_flow("{path}")
"""


def test_a_worker_continues_a_run_that_was_cleared(ended: _Ended, unique: str, tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(_DEPLOYED.format(path=ended.path))
    ended.fails(True)
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
    flow.from_source(str(tmp_path), "flows.py:etl").deploy(
        unique, work_pool_name=unique, print_next_steps=False, ignore_warnings=True
    )
    id_ = run_deployment(f"{unique}/{unique}", timeout=0).id

    def work() -> None:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", unique, "--run-once"]
        process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert process.wait(240) == 0
        finally:
            end(process)

    work()
    ended.seen()
    assert [(each.state, each.has_deployment) for each in runs.list_runs(unique)] == [("Failed", True)]
    ended.fails(False)

    change = runs.clear(id_, task_ids=["total"], downstream=True)

    assert (sorted(change.instances), change.is_done) == (["closes", "opens", "report", "total"], False)
    assert ended.seen() == []
    work()
    assert ended.seen() == ["closes", "opens", "report", "total 1"]
    assert _tries(id_)["total"] == ("success", 2)
    assert runs.list_runs(unique)[0].state == "Completed"

    # The cleared run waits for a worker, so it has no process.
    runs.clear(id_)
    assert runs.cancel(id_).is_done
    assert runs.list_runs(unique)[0].state == "Cancelled"

    # As a retry from Prefect's UI does.
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(id_, AwaitingRetry())
    assert runs.list_runs(unique)[0].state == "AwaitingRetry"
    assert runs.cancel(id_).is_done
    assert runs.list_runs(unique)[0].state == "Cancelled"
