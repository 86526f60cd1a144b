"""`airflow-compat automations simulate --events`: a file of events, and no server."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from event_histories import START, History
from prefect.settings import PREFECT_API_URL, temporary_settings

from airflow_compat.cli._app import run

ALERTS = """
from datetime import timedelta
from airflow_compat import automations

failure = automations.on_failure("etl", notify="slack-webhook/alerts")
sla = automations.on_sla_miss("etl", sla=timedelta(seconds=10), notify="slack-webhook/alerts")
"""
COUNTS = """
name: thrice
trigger: {expect: [prefect.flow-run.Failed], threshold: 3, within: 60, for_each: [prefect.resource.id]}
actions: [{type: do-nothing}]
"""
HISTORIES = [
    History(1).states("Pending", "Running").states("Failed", at=20),
    History(2).states("Pending", "Running").states("Completed", at=5),
    History(3).states("Pending", "Running"),
    History(4, flow="other").states("Pending", "Running", "Failed"),
]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The paths of files of alerts and of events, by their names."""
    events = [event for history in HISTORIES for event in history.events]
    still_running = History(5, start=datetime.now().astimezone() - timedelta(seconds=1)).states("Pending", "Running")
    contents = {
        "alerts.py": ALERTS,
        "counts.yaml": COUNTS,
        "events.json": json.dumps(events),
        "now.json": json.dumps(still_running.events),
        "bad.json": json.dumps([*events, {"event": "x"}]),
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    return {name: str(tmp_path / name) for name in contents}


@pytest.fixture(autouse=True)
def _no_server() -> Any:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        yield


def simulate(*arguments: str, code: int = 0) -> None:
    assert run(["automations", "simulate", *arguments]) == code


def test_what_would_have_been_told(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    simulate(files["alerts.py"], "--events", files["events.json"], "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["events"] == 11
    seconds = {
        alert["key"]: {
            run["name"]: [(datetime.fromisoformat(moment) - START).total_seconds() for moment in run["fired"]]
            for run in alert["runs"]
        }
        for alert in found["alerts"]
    }
    assert seconds == {
        "on_failure:etl": {"run-1": [20.0], "run-2": [], "run-3": []},
        "on_sla_miss:etl": {"run-1": [10.0], "run-2": [], "run-3": [10.0]},
    }


def test_the_table_has_what_fired_first_and_then_the_rest(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(files["alerts.py"], "--events", files["events.json"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["key", "run", "result", "when", "id"]
    rows = [line.split() for line in lines[1:7]]
    assert [(row[1], row[2]) for row in rows[:3]] == [("run-1", "alert"), ("run-2", "silent"), ("run-3", "silent")]
    assert [(row[1], row[2]) for row in rows[3:]] == [("run-1", "alert"), ("run-3", "alert"), ("run-2", "silent")]
    assert lines[-1] == "3 alerts for 3 runs, from 11 events."
    assert f"{START + timedelta(seconds=20):%Y}" in lines[1]


def test_a_time_that_has_not_run_out_yet_is_no_alert(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    simulate(files["alerts.py"], "--events", files["now.json"])
    assert "0 alerts for 1 run, from 2 events." in capsys.readouterr().out


def test_an_alert_that_is_about_no_run_says_so(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    misspelt = tmp_path / "misspelt.py"
    misspelt.write_text(Path(files["alerts.py"]).read_text().replace('"etl"', '"elt"'))
    simulate(str(misspelt), "--events", files["events.json"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:3]]
    assert rows == [["on_failure:elt", "no", "runs"], ["on_sla_miss:elt", "no", "runs"]]


def test_what_can_not_be_simulated_keeps_no_other_from_it(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(files["counts.yaml"], files["alerts.py"], "--events", files["events.json"], code=1)
    out = capsys.readouterr().out
    assert "automation thrice can't be simulated, because the trigger's threshold is 3 instead of 1" in out
    assert "3 alerts for 3 runs, from 11 events; 1 refused." in out


def test_a_file_with_what_is_no_event_is_one_line(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    simulate(files["alerts.py"], "--events", files["bad.json"], code=2)
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(
        f"airflow-compat: {files['bad.json']}: event 12 differs from the format of Prefect's API: occurred: "
    )
