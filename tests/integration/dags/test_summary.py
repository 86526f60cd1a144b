"""The summary of a DAG's run has one line for each task instance, with the number of its tries."""

from __future__ import annotations

from pathlib import Path

import pytest
from dag_runs import write
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from airflow_compat.artifacts import summary_hook
from airflow_compat.dags import load_flow

pytestmark = pytest.mark.usefixtures("prefect_server")

_DAG = """
    from datetime import timedelta
    from airflow.sdk import DAG, task
    from airflow.sdk.exceptions import AirflowSkipException

    with DAG("{dag_id}", schedule=None):
        @task(retries=1, retry_delay=timedelta(0))
        def load(row, ti=None):
            if ti.try_number <= row:
                raise ValueError("no rows")

        @task
        def report():
            raise AirflowSkipException

        load.expand(row=[0, 1, 2]) >> report()
"""


def test_each_task_instance_has_one_line_with_its_tries(unique: str, tmp_path: Path) -> None:
    flow = load_flow(write(tmp_path, "summarized", _DAG.format(dag_id=unique)))
    state = flow.with_options(on_failure=[summary_hook])(return_state=True)

    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id]))
    with get_client(sync_client=True) as client:
        [summary] = [each for each in client.read_artifacts(artifact_filter=wanted) if each.key == "run-summary"]
    lines = [line.split(" | ") for line in str(summary.data).partition("## Tasks")[2].splitlines()]
    assert {tuple(line[:3]) for line in lines if line[0].startswith(("| load", "| report"))} == {
        ("| load\\[0\\]", "success", "1"),
        ("| load\\[1\\]", "success", "2"),
        ("| load\\[2\\]", "failed", "2"),
        ("| report", "upstream\\_failed", "0"),
    }
    # A task that has not run has no duration.
    assert {line[3] == "" for line in lines if line[0] == "| report"} == {True}
    assert len([line for line in lines if line[0].startswith("| load")]) == 3
