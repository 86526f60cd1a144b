"""`airflow-compat runs lost`: list, restart or fail the runs of DAGs whose process is gone."""

from __future__ import annotations

from typing import Literal

from ..errors import InvalidArgumentError
from ._options import Flag, JsonFlag, NotNegative
from ._printing import clock, count, new_console, print_json, print_table


def lost(*, older_than: NotNegative = 0.0, restart: Flag = False, fail: Flag = False, json_: JsonFlag = False) -> int:
    """List the runs of DAGs whose process is gone, and restart or fail them.

    Run this command every few minutes with --fail to get the failure callbacks of runs that are not restarted in time.

    Example: airflow-compat runs lost --older-than 30 --fail

    Args:
        older_than: List only runs whose process was last known to be alive at least this many minutes ago.
        restart: Schedule the runs again. Tasks that have ended do not run again.
        fail: Schedule the runs again, and fail their unfinished tasks, so that the DAG's on_failure_callback is called.
        json_: Print JSON instead of a table.
    """
    from ..dags import runs
    from ..dags._lost_runs import age_in_minutes

    if restart and fail:
        raise InvalidArgumentError("--restart and --fail exclude each other. Pass one of them.")
    action: Literal["restart", "fail"] | None = "restart" if restart else "fail" if fail else None
    found = runs.lost(older_than=age_in_minutes(older_than), action=action)
    code = 1 if action and not all(each.is_scheduled for each in found) else 0
    if json_:
        print_json(
            [
                {
                    "flow_run_id": str(each.flow_run_id),
                    "dag_id": each.dag_id,
                    "name": each.name,
                    "since": each.since.isoformat(),
                    "reason": each.reason,
                    "scheduled": each.is_scheduled,
                }
                for each in found
            ]
        )
        return code
    scheduled = sum(each.is_scheduled for each in found)
    done = f", {scheduled} scheduled for a worker" if action else ""
    rows = (("", each.dag_id, each.name, clock(each.since), each.reason) for each in found)
    summary = f"{count(len(found), 'run')} without a process{done}."
    print_table(new_console(), ("dag", "name", "last alive", "reason"), rows, summary)
    if action and scheduled < len(found):
        new_console().print(
            "Runs without a deployment are Crashed now. Use prefect flow-run retry NAME --entrypoint FILE:FLOW.",
            soft_wrap=True,
        )
    return code
