"""Finds problems of tasks that need real Airflow, and notes where tasks run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import HostError
from ...hosting._processes import processes_of
from .._problem import Problem
from .files import file_in
from .needs import names_needed

if TYPE_CHECKING:
    from ...authoring import DAG
    from .._loading import LoadedFile

_MOST_NAMED = 20


@dataclass(frozen=True)
class HostSurvey:
    """What is known about the tasks of a file that run in the host.

    Attributes:
        names: The Airflow names that the host has, and those that the problems mention.
    """

    problems: tuple[Problem, ...] = ()
    names: frozenset[str] = frozenset()


def survey_host(loaded: LoadedFile, lines: Mapping[str, int]) -> HostSurvey:
    """Ask the host whether it has the Airflow names that a file's tasks need.

    Args:
        loaded: The file.
        lines: The line that creates each task. The key is the task's label.
    """
    host, file = loaded.source.host, str(loaded.path)
    if host is not None and loaded.why_hosted:
        why = loaded.why_hosted.removeprefix(f"{file}, ").removeprefix(f"{file}: ").rpartition(". ")[0]
        message = f"the Airflow host {host.python} loads the file, which can't be loaded here ({why})"
        notes = [Problem(file, 0, "host", message, level="note")]
        return HostSurvey((*notes, *(_where(dag, file, None, ()) for dag in loaded.dags.values())))
    tasks = {
        task: names for dag in loaded.dags.values() for task in dag.task_dict.values() if (names := names_needed(task))
    }
    if host is None:
        return HostSurvey()
    if not tasks:
        return HostSurvey(tuple(_where(dag, file, {}, ()) for dag in loaded.dags.values()))
    needed = {*(name for names in tasks.values() for name in names), *(each.name for each in loaded.missing)}
    try:
        missing = processes_of(host).unresolved(sorted(needed), file_in(host, loaded.source).search_path)
    except HostError as error:
        cause, _, step = str(error).rstrip(".").rpartition(". ")
        return HostSurvey((Problem(file, 0, "host", cause, step),))
    problems = []
    for task, names in tasks.items():
        absent = [name for name in names if name in missing]
        if absent:
            line = lines.get(str(task.label), 0)
            message = f"task {task.task_id} needs {absent[0]}, which the Airflow host lacks ({missing[absent[0]]})"
            problems.append(Problem(file, line, "host", message, "Install its provider in the host"))
    problems += (_where(dag, file, tasks, missing.keys()) for dag in loaded.dags.values())
    of_tasks = {name for names in tasks.values() for name in names}
    return HostSurvey(tuple(problems), frozenset(needed - missing.keys() | of_tasks))


def _where(dag: DAG, file: str, needed: Mapping[Any, tuple[str, ...]] | None, missing: Collection[str]) -> Problem:
    """Return a note that says where each task of a DAG runs.

    Args:
        dag: The DAG.
        file: The file.
        needed: For each task that runs in the host, the names without a stand-in that it needs; None if all tasks run
            in the host.
        missing: Those of the needed names that the host lacks.
    """
    places: dict[str, list[str]] = {"native": [], "hosted": [], "missing": []}
    for task in dag.task_dict.values():
        names = () if needed is None else needed.get(task, ())
        is_missing = any(name in missing for name in names)
        place = "missing" if is_missing else "hosted" if names or needed is None else "native"
        places[place].append(str(task.task_id))
    said = [f"{place}: {_named(task_ids)}" for place, task_ids in places.items() if task_ids]
    return Problem(file, 0, "host", f"tasks of DAG {dag.dag_id!r}: {'; '.join(said) or 'none'}", level="note")


def _named(task_ids: list[str]) -> str:
    more = f" and {len(task_ids) - _MOST_NAMED} more" if len(task_ids) > _MOST_NAMED else ""
    return f"{', '.join(task_ids[:_MOST_NAMED])}{more}"
