"""`xcom_pull(dag_id=...)` of values that another deployment's runs pushed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from dag_deployments import flow_in, run_deployed
from prefect.client.orchestration import get_client

DATE = datetime(2026, 3, 1, tzinfo=timezone.utc)

_PRODUCER = """
    from airflow.sdk import DAG, task

    with DAG("{name}_producer", schedule=None):
        @task
        def rows(ti, ds):
            ti.xcom_push("day", ds)
            return {{"day": ds}}

        @task
        def part(number, ds):
            return f"{{number}} of {{ds}}"

        rows()
        part.expand(number=[1, 2])
"""

_CONSUMER = """
    import json
    from airflow.sdk import DAG, task

    with DAG("{name}_consumer", schedule=None):
        @task
        def pulls(ti):
            def pull(task_ids, **arguments):
                return ti.xcom_pull(task_ids=task_ids, dag_id="{name}_producer", **arguments)

            found = {{
                "own date": pull("rows"),
                "key": pull("rows", key="day"),
                "several tasks": pull(["rows", "none"]),
                "mapped": pull("part"),
                "one instance": pull("part", map_indexes=1),
                "prior dates": pull("rows", include_prior_dates=True),
                "latest date": pull("rows", include_prior_dates=True, map_indexes=-1),
                "other run": pull("rows", run_id="manual__2026-02-28T00:00:00+00:00"),
                "other DAG": ti.xcom_pull(task_ids="rows", dag_id="{name}_nothing"),
            }}
            with open("{folder}/found", "a") as file:
                print(json.dumps(found), file=file)

        pulls()
"""


def test_another_deployments_values_are_pulled_by_date(unique: str, tmp_path: Path) -> None:
    producer, consumer = (
        flow_in(tmp_path, name, source, name=unique, folder=str(tmp_path))
        for name, source in (("producer", _PRODUCER), ("consumer", _CONSUMER))
    )
    with get_client(sync_client=True) as client:
        for date in (DATE - timedelta(days=1), DATE):
            assert run_deployed(client, producer, date).state == "success"
        for date in (DATE, DATE + timedelta(days=1)):
            assert run_deployed(client, consumer, date).state == "success"
    same_date, next_date = (json.loads(line) for line in (tmp_path / "found").read_text().splitlines())
    # As in Airflow 3, earlier dates are further values, unless a map index is given.
    assert same_date == {
        "own date": {"day": "2026-03-01"},
        "key": "2026-03-01",
        "several tasks": [{"day": "2026-03-01"}, None],
        "mapped": ["1 of 2026-03-01", "2 of 2026-03-01"],
        "one instance": "2 of 2026-03-01",
        "prior dates": [{"day": "2026-03-01"}, {"day": "2026-02-28"}],
        "latest date": {"day": "2026-03-01"},
        "other run": {"day": "2026-02-28"},
        "other DAG": None,
    }
    assert next_date == {
        **dict.fromkeys(["own date", "key", "one instance", "other DAG"]),
        "several tasks": [None, None],
        "mapped": None,
        "prior dates": [{"day": "2026-03-01"}, {"day": "2026-02-28"}],
        "latest date": {"day": "2026-03-01"},
        "other run": {"day": "2026-02-28"},
    }
