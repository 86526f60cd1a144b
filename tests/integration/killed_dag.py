"""Runs a DAG's flow in a process of its own: `python killed_dag.py DAG_FILE ID_FILE [FLOW_RUN_ID] [--process]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from dag_runs import retry

from airflow_compat.dags import load_flow

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

if __name__ == "__main__":
    isolation = "process" if "--process" in sys.argv else "thread"
    path, id_file, *again = [each for each in sys.argv[1:] if not each.startswith("--")]
    if again:
        state = retry(path, UUID(again[0]))
    else:

        def note(flow: object, flow_run: FlowRun, state: object) -> None:
            Path(id_file).write_text(str(flow_run.id))

        flow = load_flow(path, isolation=isolation)  # type: ignore[arg-type]
        state = flow.with_options(on_running=[note])(return_state=True)
    sys.exit(0 if state.is_completed() else 1)
