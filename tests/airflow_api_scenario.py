"""What tasks ask an Airflow about its DAGs, and what they start there: of real servers, and of recorded answers."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

# `bills` has one run of this date, which failed.
DATE = datetime(2026, 3, 1, tzinfo=timezone.utc)
NEXT = datetime(2026, 3, 2, tzinfo=timezone.utc)
DAG_FILE = """
from datetime import datetime, timezone

from {module} import DAG
from {tasks} import task, task_group

with DAG("bills", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), params={{"rows": 1}}):

    @task
    def shops():
        return ["north", "south"]

    found = shops()

    @task_group
    def checks():
        @task
        def count(shop):
            if shop == "south":
                raise ValueError

        count.expand(shop=found)

    checks()
"""

EXPECTED: dict[str, Any] = {
    "exist": [True, False],
    "tasks": ["checks.count", "shops"],
    "group": ["checks.count"],
    "runs": [["2026-03-01T00:00:00+00:00", "failed"]],
    "by id": [["2026-03-01T00:00:00+00:00", "failed"]],
    "states": [["checks.count", 0, "success"], ["checks.count", 1, "failed"], ["shops", -1, "success"]],
    "nothing": [[], [], {}],
    "started": ["mine", "2026-03-02T00:00:00+00:00", "queued"],
    "again": "DagRunAlreadyExists",
    "reset": ["mine", "2026-03-02T00:00:00+00:00", "queued"],
    "reset by date": ["mine", "queued"],
    "later": "queued",
    "unknown": "DagNotFound",
}


def ask_all(conn_id: str) -> dict[str, Any]:
    """Return the answers, in the form of `EXPECTED`."""
    # The Python of Airflow, which imports this module too, has no Prefect.
    from airflow_compat.dags._airflow_api import AirflowApi
    from airflow_compat.dags._airflow_runs import AirflowRuns

    runs = AirflowRuns(AirflowApi(conn_id))
    found: dict[str, Any] = {"exist": [runs.has("bills"), runs.has("bill")]}
    dag = runs.dag("bills")
    assert dag is not None
    found["tasks"], found["group"] = sorted(dag.task_ids or ()), sorted(dag.in_group("checks"))
    of_date = runs.runs("bills", logical_dates=[DATE])
    found["runs"] = [[run.logical_date.isoformat(), run.state] for run in of_date if run.logical_date]
    by_id = runs.runs("bills", run_ids=[of_date[0].run_id])
    found["by id"] = [[run.logical_date.isoformat(), run.state] for run in by_id if run.logical_date]
    found["states"] = sorted([*key, state] for key, state in runs.task_states("bills", of_date[0].run_id).items())
    found["nothing"] = [
        runs.runs("bills", logical_dates=[NEXT]),
        runs.runs("bills", run_ids=["no"]),
        runs.task_states("bills", "no"),
    ]
    given: dict[str, Any] = {"run_id": "mine", "logical_date": NEXT, "conf": {"rows": 3}}
    started = runs.trigger("bills", **given)
    found["started"] = [started.run_id, NEXT.isoformat(), started.state]
    found["again"] = _error(lambda: runs.trigger("bills", **given))
    reset = runs.trigger("bills", **given, reset=True)
    found["reset"] = [reset.run_id, NEXT.isoformat(), reset.state]
    by_date = runs.trigger("bills", **{**given, "run_id": "other"}, reset=True)
    found["reset by date"] = [by_date.run_id, by_date.state]
    found["later"] = runs.wait("bills", "mine", 0)
    found["unknown"] = _error(lambda: runs.trigger("bill", **given))
    return found


def _error(call: Any) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - its name is compared
        return type(error).__name__
    return ""
