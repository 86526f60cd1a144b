"""AC202: older arguments for the schedule of a DAG, which Airflow 2.4 merged into one."""

from __future__ import annotations

from collections.abc import Iterator

from .._arguments import arguments_named, renamed
from .._file import PythonFile
from .._rule import Finding, Rule

_OLD = ("schedule_interval", "timetable")


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each argument."""
    for function, call, node in arguments_named(file, *_OLD):
        others = {each.arg for each in call.keywords if each is not node}
        if function.rpartition(".")[2] in ("DAG", "dag") and not others & {"schedule", *_OLD}:
            edits = (renamed(file.text, node, "schedule"),)
            yield Finding(RULE.code, file.path, node.lineno, f"{node.arg} is schedule", edits=edits)


RULE = Rule(
    code="AC202",
    name="schedule-argument",
    tier="safe",
    about="""\
Airflow 2.4 merged `schedule_interval` and `timetable` into `schedule`, and 3.0 removed the old arguments.""",
    before="""\
from airflow_compat.sdk import DAG

with DAG("etl", schedule_interval="@daily"):
    pass
""",
    after="""\
from airflow_compat.sdk import DAG

with DAG("etl", schedule="@daily"):
    pass
""",
    unchanged="""\
from shop import DAG

with DAG("etl", schedule_interval="@daily"):
    pass
""",
    find=find,
)
