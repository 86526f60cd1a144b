"""Runs the functions under the shims: `python context_functions_prefect_side.py HOME 3`, by Airflow 3's rules.

HOME/notes.json has what each was given, or the exception that was raised for it.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from context_functions import CASES, Case
from prefect import flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import task


def _outcome(case: Case, version: Any) -> list[Any]:
    notes: list[Any] = []
    function = case.make(lambda *given: notes.append(given))
    try:
        made = task(
            task_id=case.name, retry_delay=timedelta(0), airflow_version=version, do_xcom_push=False, **case.arguments
        )(function)
    except (TypeError, ValueError):
        # Ours is both.
        return ["refused", "ValueError"]

    @flow(name=f"dag_{case.name}")
    def run() -> None:
        if case.elements:
            made.map(list(case.elements)).wait()
        else:
            made(*case.args, **case.kwargs)

    run(return_state=True)
    return sorted(notes) or ["failed"]


if __name__ == "__main__":
    # A sync flow run would otherwise wait a second for its heartbeat's thread.
    fast = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with prefect_test_harness(server_startup_timeout=240), fast:
        found = {case.name: _outcome(case, sys.argv[2]) for case in CASES}
    (Path(sys.argv[1]) / "notes.json").write_text(json.dumps(found))
