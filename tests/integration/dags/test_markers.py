"""Clears that `ExternalTaskMarker` tasks lead to other DAGs."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dag_deployments import executing, run_deployed
from dag_runs import run, write
from prefect.client.orchestration import get_client

from airflow_compat import dags
from airflow_compat.dags import runs
from airflow_compat.errors import DagRunRequestError

if TYPE_CHECKING:
    from airflow_compat.dags._flow import DagFlow

DATE = datetime(2026, 3, 1, tzinfo=timezone.utc)

_PARENT = """
    from datetime import datetime
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import PythonOperator
    from airflow.sensors.external_task import ExternalTaskMarker

    def note(ti):
        with open("{folder}/seen", "a") as file:
            print("extract", ti.try_number, file=file)

    with DAG("{id}_parent", start_date=datetime(2026, 1, 1), schedule=None):
        extract = PythonOperator(task_id="extract", python_callable=note)
        report = EmptyOperator(task_id="report")
        extract >> [report, ExternalTaskMarker(
            task_id="marker", external_dag_id="{id}_child", external_task_id="waits", recursion_depth={depth},
        )]
"""

_CHILD = """
    from datetime import datetime
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import PythonOperator
    from airflow.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor

    def note(*words):
        with open("{folder}/seen", "a") as file:
            print(*words, file=file)

    class Waits(ExternalTaskSensor):
        def poke(self, context):
            note("poke")
            return super().poke(context)

    def load(ti):
        note("load", ti.try_number)

    with DAG("{id}_child", start_date=datetime(2026, 1, 1), schedule=None):
        waits = Waits(
            task_id="waits", external_dag_id="{id}_parent", external_task_id="extract", poke_interval=1, timeout=200
        )
        loads = PythonOperator(task_id="load", python_callable=load)
        EmptyOperator(task_id="apart")
        waits >> loads >> ExternalTaskMarker(
            task_id="next", external_dag_id="{id}_last", external_task_id="{last}",
            execution_date="{{{{ macros.ds_add(ds, 1) }}}}T00:00:00Z",
        )
"""

_LAST = """
    from datetime import datetime
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator

    with DAG("{id}_last", start_date=datetime(2026, 1, 1), schedule=None):
        EmptyOperator(task_id="first") >> EmptyOperator(task_id="second") >> EmptyOperator(task_id="third")
"""

_SOURCES = {"parent": _PARENT, "child": _CHILD, "last": _LAST}
_OTHERS = {"child": ["load", "next", "waits"], "last": ["second", "third"]}


def _write(folder: Path, id_: str, *, depth: int = 10, last: str = "second") -> dict[str, Path]:
    values = {"folder": str(folder), "id": id_, "depth": depth, "last": last}
    return {name: write(folder, name, source.format(**values)) for name, source in _SOURCES.items()}


def _flows(folder: Path, id_: str, **values: Any) -> list[DagFlow]:
    paths = _write(folder, id_, **values)
    found = (dags.load_flows(path, airflow_version="2") for path in paths.values())
    return [flow for flows in found for flow in flows.values()]


def _run_all(client: Any, flows: list[DagFlow]) -> None:
    parent, child, last = flows
    for flow, date in [(parent, DATE), (child, DATE), (last, DATE.replace(day=2))]:
        assert run_deployed(client, flow, date).state == "success"


def _others(change: runs.RunChange, id_: str) -> dict[str, list[str]]:
    return {other.dag_id.removeprefix(f"{id_}_"): sorted(other.instances) for other in change.others}


def _seen(folder: Path) -> list[str]:
    return (folder / "seen").read_text().splitlines()


def _run_of(dag_id: str) -> str:
    (found,) = runs.list_runs(dag_id)
    return f"{dag_id}/{found.name}"


def test_a_cleared_marker_clears_tasks_of_other_deployments(unique: str, tmp_path: Path) -> None:
    parent, child, last = flows = _flows(tmp_path, unique)
    with get_client(sync_client=True) as client:
        _run_all(client, flows)
        run_id = _run_of(parent.name)
        plan = runs.clear(run_id, task_ids=["extract"], downstream=True, dry_run=True)
        assert sorted(plan.instances) == ["extract", "marker", "report"]
        assert _others(plan, unique) == _OTHERS
        assert plan.notes == ()
        # The marker is not among the cleared tasks, or it is not followed.
        assert runs.clear(run_id, task_ids=["extract"], dry_run=True).others == ()
        assert runs.clear(run_id, downstream=True, recursive=False, dry_run=True).others == ()
        assert runs.clear(run_id, failed=True, dry_run=True).others == ()

        change = runs.clear(run_id, task_ids=["extract"], downstream=True)
        assert (_others(change, unique), change.is_done) == (_OTHERS, False)
        assert {other.name for other in change.others} == {
            f"manual__{DATE.replace(day=day).isoformat()}" for day in (1, 2)
        }

        # The child's sensor waits until the parent's task has run again.
        first = _seen(tmp_path)
        with ExitStack() as workers:
            workers.enter_context(executing(client, child))
            deadline = time.monotonic() + 240
            while not ((new := _seen(tmp_path)[len(first) :])[2:] or "load 2" in new):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            workers.enter_context(executing(client, parent))
            workers.enter_context(executing(client, last))
            ids = [change.flow_run_id, *(other.flow_run_id for other in change.others)]
            while not all(client.read_flow_run(each).state.is_final() for each in ids):
                assert time.monotonic() < deadline
                time.sleep(0.05)
    new = [line for line in _seen(tmp_path)[len(first) :] if line != "poke"]
    assert new == ["extract 2", "load 2"]
    tries = {each.name: each.try_number for other in change.others for each in runs.task_instances(other.flow_run_id)}
    assert tries == {"waits": 2, "load": 2, "next": 2, "apart": 1, "first": 1, "second": 2, "third": 2}


def test_runs_without_a_deployment_continue_in_this_process(unique: str, tmp_path: Path) -> None:
    paths = _write(tmp_path, unique)
    for name in ("parent", "child"):
        assert run(paths[name], version="2", logical_date=DATE).is_completed()
    given: Any = {"task_ids": ["extract"], "downstream": True, "entrypoint": str(paths["parent"])}
    parent = _run_of(f"{unique}_parent")
    child = paths["child"].rename(tmp_path / "child.hidden")
    with pytest.raises(DagRunRequestError, match="has no deployment, and has no file in"):
        runs.clear(parent, airflow_version="2", **given)
    child.rename(paths["child"])
    assert _seen(tmp_path).count("extract 2") == 0

    change = runs.clear(parent, airflow_version="2", **given)
    assert (_others(change, unique), change.others[0].is_done) == ({"child": _OTHERS["child"]}, True)
    assert [line for line in _seen(tmp_path) if line.endswith("2")] == ["extract 2", "load 2"]
    (note,) = change.notes
    assert "'next'" in note
    assert f"DAG '{unique}_last' has no run of 2026-03-02T00:00:00+00:00" in note


def test_what_markers_cannot_clear(unique: str, tmp_path: Path) -> None:
    parent, *_ = flows = _flows(tmp_path, unique, last="nothing")
    with get_client(sync_client=True) as client:
        _run_all(client, flows)
        plan = runs.clear(_run_of(parent.name), dry_run=True)
        assert _others(plan, unique) == {"child": _OTHERS["child"]}
        (note,) = plan.notes
    name = f"ExternalTaskMarker 'next' of DAG '{unique}_child'"
    assert note == f"{name} clears nothing: DAG '{unique}_last' has no task 'nothing'."

    folder = tmp_path / "short"
    folder.mkdir()
    parent, *_ = flows = _flows(folder, f"{unique}_s", depth=1)
    with get_client(sync_client=True) as client:
        _run_all(client, flows)
        with pytest.raises(DagRunRequestError, match="beyond the maximum recursion depth 1"):
            runs.clear(_run_of(parent.name))
        assert client.read_flow_run(runs.list_runs(parent.name)[0].flow_run_id).state.is_completed()


def test_airflow_3_ignores_markers_unless_asked(unique: str, tmp_path: Path) -> None:
    source = """
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        from airflow.providers.standard.sensors.external_task import ExternalTaskMarker

        with DAG("{id}_other", schedule=None):
            EmptyOperator(task_id="task")

        names = dict(external_dag_id="{id}_other", external_task_id="task")
        with DAG("{id}_own", schedule=None):
            ExternalTaskMarker(task_id="marker", **names)
            ExternalTaskMarker(task_id="wrong", logical_date="{{{{ unknown.x }}}}", **names)
            ExternalTaskMarker.partial(task_id="mapped", external_dag_id="a").expand(external_task_id=["b"])
    """
    path = write(tmp_path, "markers", source.format(id=unique))
    for name in ("own", "other"):
        run(f"{path}:{unique}_{name}", logical_date=DATE)
    run_id = _run_of(f"{unique}_own")
    assert runs.clear(run_id, task_ids=["marker"], dry_run=True).others == ()
    plan = runs.clear(run_id, task_ids=["marker"], recursive=True, dry_run=True)
    assert _others(plan, unique) == {"other": ["task"]}
    with pytest.raises(DagRunRequestError, match=r"'wrong' of DAG .* names no task .*'unknown' is undefined"):
        runs.clear(run_id, task_ids=["wrong"], recursive=True, dry_run=True)
    with pytest.raises(DagRunRequestError, match="it is mapped"):
        runs.clear(run_id, task_ids=["mapped"], recursive=True, dry_run=True)
