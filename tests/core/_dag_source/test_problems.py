"""Reports have one line per cause with its places, and hide internal names."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from airflow_compat._dag_source.dags import ARGUMENTS, read_dag_source
from airflow_compat._dag_source.problems import Problem, group_problems
from airflow_compat.deployments._specs import GenerateOptions, deployment_specs

HEAD = """
import os, pendulum
from datetime import datetime, timedelta
from airflow.sdk import DAG, Asset, CronTriggerTimetable, DeltaTriggerTimetable, EventsTimetable, Param, Variable, dag
from airflow.utils.dates import days_ago
from common import shared
"""


def test_one_line_per_cause_with_the_places_under_it() -> None:
    problems = [
        Problem("b.py", "it differs", level="warning"),
        Problem("a.py", "no schedule", 3, "a"),
        Problem("b.py", "it differs", 7, "b", "warning", "image 'x'"),
        Problem("c.py", "no schedule", 5, "c"),
        Problem("c.py", "it differs", level="note"),
    ]
    groups = group_problems(problems)
    assert [line for group in groups for line in group.lines()] == [
        "error: no schedule",
        "    a.py:3: a",
        "    c.py:5: c",
        "warning: it differs",
        "    b.py",
        "    b.py:7: b: image 'x'",
        "note: it differs",
        "    c.py",
    ]
    assert [each for group in groups for each in group.problems] == [
        problems[1],
        problems[3],
        *problems[0:3:2],
        problems[4],
    ]
    assert str(problems[2]) == "b.py:7: b: it differs (image 'x')"
    assert problems[2].as_dict()["detail"] == "image 'x'"


def test_a_cause_that_many_dags_share_is_one_group() -> None:
    files = [
        read_dag_source(f"{HEAD}\n{chr(10) * n}DAG('d{n}', schedule=shared.S, tags=shared.T)".encode(), f"f{n}.py")
        for n in range(20)
    ]
    _, problems = deployment_specs(files, GenerateOptions(datetime(2026, 1, 1, tzinfo=timezone.utc)))
    groups = group_problems(problems)
    assert [len(group.problems) for group in groups] == [20, 20]
    assert groups[1].lines()[20] == f"    f19.py:{HEAD.count(chr(10)) + 21}: d19"


VALUES = (
    "Variable.get('x')",
    "shared",
    "shared.a.b",
    "shared()",
    "[shared]",
    "(shared, 1)",
    "{'a': shared}",
    "{'start_date': shared, 'end_date': shared}",
    "{'start_date': CronTriggerTimetable('0 1 * * *')}",
    "days_ago(2)",
    "[days_ago(2)]",
    "datetime.now()",
    "Param(shared)",
    "Param(days_ago(1))",
    "Asset(shared)",
    "CronTriggerTimetable(shared, timezone=shared)",
    "CronTriggerTimetable(days_ago(1), timezone=Asset('x'))",
    "DeltaTriggerTimetable(days_ago(1))",
    "EventsTimetable([days_ago(1), Asset('x')])",
    "[Asset('a'), days_ago(1)]",
    "pendulum.duration(months=1)",
    "DAG",
    "os",
    "lambda: 1",
    "'a' if shared else days_ago(1)",
    "len",
    "object()",
    "b'x'",
    "...",
)
INSIDE = (
    "Computed(",
    "Called(",
    "PastMoment(",
    "Dotted(",
    "Definition(",
    "Place(",
    "why=",
    "<airflow_compat",
    " object at ",
)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", ["dag_id", *ARGUMENTS])
def test_messages_hide_internal_names(name: str, value: str) -> None:
    texts = []
    for arguments in (f"schedule='@daily', {name}={value}", f"schedule=None, {name}={value}", f"{name}={value}"):
        if name == "schedule" and arguments.startswith("schedule"):
            continue
        first = "" if name == "dag_id" else "'d', "
        for made in (f"DAG({first}{arguments})", f"@dag({arguments})\ndef d(p={value}): ...\nd()"):
            file = read_dag_source(f"{HEAD}\n{made}".encode(), "sales.py")
            specs, problems = deployment_specs([file], GenerateOptions(datetime(2026, 1, 1, tzinfo=timezone.utc)))
            texts += [*map(str, problems), *(repr(spec.values) for spec in specs)]
    assert [text for text in texts for part in INSIDE if part in text] == []


def test_without_a_schedule_no_date_is_missed() -> None:
    file = read_dag_source(f"{HEAD}\nDAG('d', schedule=None, start_date=shared, end_date=shared)".encode(), "sales.py")
    [spec], problems = deployment_specs([file], GenerateOptions(datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert problems == ()
    assert spec.values["schedules"] == []
