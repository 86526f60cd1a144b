"""The alerts for the deadlines and SLAs of DAG files, and the ones that can't be alerts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dag_folders import write

from airflow_compat import dags
from airflow_compat.dags import alerts
from airflow_compat.errors import DagFileError, UnsupportedFeatureWarning

_DEADLINES = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, CronDataIntervalTimetable, DeadlineAlert, DeadlineReference, SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference

class Own(BaseDeadlineReference): ...

def due(reference, **interval):
    return DeadlineAlert(reference=reference, interval=timedelta(**interval), callback=SyncCallback("pager.page"))

DATE, QUEUED = DeadlineReference.DAGRUN_LOGICAL_DATE, DeadlineReference.DAGRUN_QUEUED_AT
daily = DAG("daily", schedule="@daily", deadline=[due(QUEUED, hours=1), due(DATE, hours=2)])
others = DAG("others", schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"), deadline=[
    due(DATE, hours=2),
    due(DeadlineReference.AVERAGE_RUNTIME(), hours=1),
    due(DeadlineReference.FIXED_DATETIME(datetime(2026, 1, 1)), hours=1),
    due(Own(), hours=1),
    due(QUEUED, seconds=1),
])
"""
_SLAS = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.empty import EmptyOperator

def missed(*told): ...

with DAG("both", schedule=None, sla_miss_callback=[missed, missed], default_args={"sla": timedelta(hours=1)}):
    EmptyOperator(task_id="one")
    EmptyOperator(task_id="two", sla=timedelta(hours=2), email="oncall@example.com")
    EmptyOperator(task_id="three", sla=None)
with DAG("silent", schedule=None):
    EmptyOperator(task_id="one", sla=timedelta(hours=1))
with DAG("none", schedule=None, sla_miss_callback=missed):
    EmptyOperator(task_id="one")
"""


def _problems(path: Path, **options: Any) -> list[str]:
    found = dags.check(path, server=False, **options)
    return [f"{each.level}: {each.message}. {each.next}" for each in found if each.kind == "alert"]


def test_deadlines_become_alerts_or_problems(tmp_path: Path) -> None:
    path = write(tmp_path, {"dags/etl.py": _DEADLINES}) / "etl.py"

    first, second = alerts.read(path)
    assert (first.key, first.name) == ("on_deadline:daily 1", "daily: on_deadline after 1:00:00")
    assert (second.key, second.name) == ("on_deadline:daily 2", "daily: on_deadline after 2:00:00")
    submitted, late = first.trigger_dict()["triggers"]
    assert (submitted["posture"], submitted["within"], late["within"]) == ("Proactive", 3600, 3600)
    assert "prefect.flow-run.Pending" in submitted["after"]
    assert late["after"] == ["prefect.flow-run.Late"]
    [action] = first.actions
    arguments = {"entrypoint": f"{path}:daily", "airflow_version": "3", "search_path": [], "number": 0}
    assert action.data["parameters"]["arguments"] == arguments

    expected = [
        "warning: DAG 'others': an alert can't count from the logical date",
        "counts from 'AVERAGE_RUNTIME'. Use a fixed interval with DAGRUN_QUEUED_AT",
        "counts from 'FIXED_DATETIME'. Schedule a flow that checks the run at that time",
        "a deadline has a custom reference or interval. Use DAGRUN_QUEUED_AT and a timedelta",
        "a deadline is too short for an alert. Use at least 10 s, Prefect's minimum",
        "note: the deadlines and SLAs of DAG 'daily' need alerts on the server",
    ]
    for shown, wanted in zip(_problems(path), expected, strict=True):
        assert wanted in shown


def test_slas_become_one_alert_for_each_time(tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/etl.py": _SLAS, "dags/broken.py": "from airflow import DAG\n1 / 0\n"})

    with pytest.warns(UnsupportedFeatureWarning, match=r"broken\.py. Run airflow-compat dags check \S+dags\."):
        found = alerts.read(folder, airflow_version="2")
    assert {each.unread_files for each in found} == {(str(folder / "broken.py"),)}
    assert [(each.key, len(each.actions)) for each in found] == [
        (f"on_sla_miss:both {timedelta(hours=1)}", 2),
        (f"on_sla_miss:both {timedelta(hours=2)}", 3),
    ]
    with pytest.raises(DagFileError, match=r"broken\.py"):
        alerts.read(folder / "broken.py", airflow_version="2")
    numbers = [action.data["parameters"]["arguments"]["number"] for action in found[1].actions]
    assert numbers == [0, 1, None]
    silent, both = _problems(folder / "etl.py", airflow_version="2")
    assert silent.startswith("warning: DAG 'silent': the sla of 1:00:00 makes no alert, because the DAG has neither")
    assert both.startswith("note: the deadlines and SLAs of DAG 'both' need alerts on the server")
