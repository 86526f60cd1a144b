"""The kinds of problems that an assessment finds, with their codes. The codes of the rewrite rules are in `_rules`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal, TypeAlias

from ..dags._problem import Problem
from ._idle_names import IDLE

Verdict: TypeAlias = Literal["unedited", "hosted", "rewrite", "unknown", "person"]
"""How a DAG file can move to Prefect.

`unedited`: the file runs without changes. `hosted`: the file runs if its provider operators run in an Airflow
environment. `rewrite`: the file runs, or runs hosted, after `airflow-compat rewrite`. `unknown`: the file can't be
loaded here, because a module is missing. `person`: a person must edit the file.
"""


@dataclass(frozen=True)
class Cause:
    """A kind of problem.

    Attributes:
        code: The code. A code never gets another meaning.
        title: A short name of the problem.
        verdict: The best verdict for a file that has such a problem with the level `error`.
        about: An explanation and the next step, as Markdown.
    """

    code: str
    title: str
    verdict: Verdict
    about: str

    @property
    def minutes(self) -> tuple[int, int]:
        """The usual minimum and maximum effort for each occurrence in minutes: a rule of thumb."""
        return usual_efforts()[self.code]


@cache
def usual_efforts() -> Mapping[str, tuple[int, int]]:
    """Return the usual minimum and maximum minutes for each code."""
    data = json.loads((resources.files(__package__) / "effort.json").read_text(encoding="utf-8"))
    return {code: (low, high) for code, (low, high) in data.items()}


def cause_of(problem: Problem) -> Cause:
    """Return the kind of a problem that the check of DAG files found."""
    if problem.kind in ("missing operator", "missing name") and problem.reason in _REASONS:
        return CAUSES[_REASONS[problem.reason]]
    if problem.kind == "import":
        return CAUSES[next((code for text, code in _IMPORT_ERRORS if text in problem.message), "AC401")]
    if problem.kind == "host":
        return CAUSES["AC416" if problem.level == "note" else "AC417"]
    if problem.reason == "provider":
        return CAUSES["AC403"]
    if problem.kind == "missing operator":
        return CAUSES["AC404"]
    return CAUSES[_CODES[problem.kind]]


_REASONS = {"database": "AC406", IDLE: "AC421", "provider": "AC403"}
# Errors that can occur while a file is loaded, but that the file itself does not cause.
_IMPORT_ERRORS = (
    ("but the file was loaded for Airflow", "AC420"),
    ("No module named", "AC415"),
    # A package without `__init__.py`, of which only some parts are installed.
    ("(unknown location)", "AC415"),
    ("Prefect server is configured", "AC419"),
)
_CODES = {
    "schedule": "AC402",
    "missing name": "AC405",
    "unsupported argument": "AC407",
    "template": "AC408",
    "threads": "AC409",
    "pool": "AC410",
    "tag limit": "AC410",
    "connection": "AC411",
    "variable": "AC412",
    "result storage": "AC413",
    "server": "AC414",
}
_ALL = (
    Cause(
        "AC401",
        "file can't be loaded",
        "person",
        "The file raises an error when it is loaded, or takes too long to load. The message names the line.",
    ),
    Cause(
        "AC402",
        "schedule without a counterpart",
        "person",
        "The DAG's schedule has no counterpart in Prefect. [Schedules](../../how-to/schedules.md) lists the supported "
        "ones.",
    ),
    Cause(
        "AC403",
        "operator or hook of a provider",
        "hosted",
        "The name belongs to an Airflow provider, and airflow_compat has no stand-in for it. Run the tasks that use "
        "the name in an Airflow host, or replace them with tasks that call the same client.",
    ),
    Cause(
        "AC404",
        "operator without a counterpart",
        "person",
        "Prefect and airflow_compat have no counterpart of the operator. The message gives the reason. Replace the "
        "operator.",
    ),
    Cause(
        "AC405",
        "name without a counterpart",
        "person",
        "The code uses a name of Airflow for which airflow_compat has no stand-in. A task fails if its "
        "code uses the name at run time. Other uses, such as annotations, do no harm.",
    ),
    Cause(
        "AC406",
        "metadata database",
        "person",
        "The code reads or writes Airflow's metadata database: `provide_session`, `DagRun.find`, `DagBag`. "
        "airflow_compat has no such database, and Airflow 3 also forbids its use in tasks. Use Prefect's API instead.",
    ),
    Cause(
        "AC407",
        "argument without effect",
        "unedited",
        "The argument is accepted and has no effect. The message names what to use instead.",
    ),
    Cause(
        "AC408",
        "invalid template",
        "person",
        "Jinja can't parse a template of the task, so the task fails.",
    ),
    Cause(
        "AC409",
        "code that changes the process",
        "person",
        "Tasks of a run [share a process](../../explanation/dag-files.md#tasks-share-a-process). The code changes the "
        'whole process, or needs the main thread. `isolation="process"` gives each task a process of its own.',
    ),
    Cause(
        "AC410",
        "pool or limit not on the server",
        "unedited",
        "The server lacks the pool, or the pool has fewer slots than a task requests. "
        "[Import](../../how-to/import.md) it. Or the server lacks the tag limit for `max_active_tis_per_dag`, which "
        "`airflow-compat dags deploy-config --create-limits` creates.",
    ),
    Cause(
        "AC411",
        "connection not on the server",
        "unedited",
        "The server lacks the connection. [Import](../../how-to/import.md) it.",
    ),
    Cause(
        "AC412",
        "variable not on the server",
        "unedited",
        "The server lacks the variable. [Import](../../how-to/import.md) it.",
    ),
    Cause(
        "AC413",
        "result storage",
        "unedited",
        "Other machines can't read the results of runs, which a retry needs. Configure a result storage.",
    ),
    Cause(
        "AC414",
        "server not asked",
        "unedited",
        "No server is configured, or it does not answer, so pools, connections and variables were not checked.",
    ),
    Cause(
        "AC415",
        "module not found",
        "unknown",
        "A package that the file imports is not installed here, or a module is in a folder outside the search path. "
        "Install the missing package or pass the folder in `--search-path`, and assess again.",
    ),
    Cause(
        "AC416",
        "tasks in the Airflow host",
        "hosted",
        "The configured [Airflow host](../../how-to/hosts.md) has all names that these tasks need. No work is needed.",
    ),
    Cause(
        "AC417",
        "package not in the Airflow host",
        "hosted",
        "The configured [Airflow host](../../how-to/hosts.md) does not start, or lacks a name that a task needs. The "
        "message has the reason.",
    ),
    Cause(
        "AC418",
        "file that a rewrite repairs",
        "rewrite",
        "The file can't be loaded as it is, for the reason in the message. After "
        "[`airflow-compat rewrite`](../../how-to/rewrite.md), the file can be loaded.",
    ),
    Cause(
        "AC419",
        "server needed at load",
        "unknown",
        "The file reads a connection or variable when it is loaded, and no Prefect server is configured here. "
        "Configure a server, [import](../../how-to/import.md) the objects, and assess again. "
        "[`rewrite --unsafe`](ac301.md) moves variables into tasks.",
    ),
    Cause(
        "AC420",
        "file for another Airflow release",
        "unknown",
        "The file imports a module that the chosen release of Airflow does not have. Assess the file with the other "
        "`--airflow-version`.",
    ),
    Cause(
        "AC421",
        "name that no task uses",
        "unedited",
        "The file imports a name of Airflow for which airflow_compat has no stand-in. The code uses the name only in "
        "annotations or for Airflow's UI, or not at all, so the file runs. Remove the import.",
    ),
)
CAUSES: Mapping[str, Cause] = MappingProxyType({cause.code: cause for cause in _ALL})
"""All kinds of problems by their codes."""
