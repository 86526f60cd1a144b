"""Surveys a loaded DAG file: its DAGs, the objects that it needs, and the problems that need no server to be found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError

from .._airflow.import_names import REASONS
from .._dag_source.module_files import read_source
from ..errors import DagFileError, InvalidScheduleError, UnsupportedFeatureError
from ._code_of_file import FileCode
from ._hosted.survey import survey_host
from ._links import Link, links_of
from ._loading import LoadedFile
from ._problem import Problem
from ._schedule import schedule_of
from ._thread_hazards import thread_hazards
from ._timed_alerts import TimedAlert, timed_alerts
from ._uses import Use, arguments_of, uses_of_code, uses_of_task, uses_of_template

if TYPE_CHECKING:
    from ..authoring import DAG

_PLACE = re.compile(r"(?P<file>.+?)(?:, line (?P<line>\d+))?: (?P<text>.+)", re.DOTALL)
_MOST_NAMED = 5
# Arguments of tasks that have no effect here, and what the user should do instead.
_WITHOUT_EFFECT = {
    "wait_for_past_depends_before_skipping": "Remove the argument. A skipped task does not wait for the previous run",
    "retry_policy": "Use retries, retry_delay and AirflowFailException",
    "run_as_user": "Run a worker as that user",
    "executor": "Choose the work pool of the deployment",
    "executor_config": "Set the job variables of the deployment",
    "resources": "Set the job variables of the deployment",
}


@dataclass(frozen=True)
class DagFacts:
    """A DAG in the output of `dags list`.

    Attributes:
        tasks: The number of tasks.
        schedule: The schedule in words; empty if the DAG has no schedule.
    """

    dag_id: str
    file: str
    tasks: int
    schedule: str


@dataclass(frozen=True)
class FileSurvey:
    """A DAG file. The survey contains only strings and numbers, so it can be sent as JSON.

    Attributes:
        problems: The problems of the file that would occur in a run.
        uses: The pools, connections and variables whose names are in the file.
        links: The dependencies of the file's DAGs on other DAGs.
        alerts: The alerts on the server that the deadlines and SLAs of the DAGs need.
        entries: The entries for the DAGs in `prefect.yaml`, if the caller asked for them.
    """

    file: str
    dags: tuple[DagFacts, ...] = ()
    problems: tuple[Problem, ...] = ()
    uses: tuple[Use, ...] = ()
    links: tuple[Link, ...] = ()
    alerts: tuple[TimedAlert, ...] = ()
    entries: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FileSurvey:
        return cls(
            data["file"],
            tuple(DagFacts(**each) for each in data["dags"]),
            tuple(Problem(**each) for each in data["problems"]),
            tuple(Use(**each) for each in data["uses"]),
            tuple(Link(**each) for each in data["links"]),
            tuple(TimedAlert(**each) for each in data["alerts"]),
            tuple(data["entries"]),
        )


def survey_of(loaded: LoadedFile) -> FileSurvey:
    """Return the survey of a loaded file."""
    file = str(loaded.path)
    problems = [_shown(import_problem(*each), loaded.path) for each in loaded.import_errors.items()]
    with loaded.active():
        loaded.plugins.load()
    # Airflow skips a broken plugin, too.
    problems += (replace(import_problem(*each), level="warning") for each in loaded.plugins.errors.items())
    uses: list[Use] = []
    alerts: list[TimedAlert] = []
    lines: Mapping[str, int] = {}
    try:
        code = FileCode(read_source(file), file)
    except (DagFileError, OSError):
        # The file is a zip file, or it has an import error, which the survey already contains.
        pass
    else:
        lines = code.lines_of_tasks
        problems += thread_hazards(code, file)
        uses += uses_of_code(code, file)
    in_host = survey_host(loaded, lines)
    problems += in_host.problems
    problems += (_shown(problem, loaded.path) for problem in _missing(loaded, in_host.names))
    for dag in loaded.dags.values():
        problems += _problems_of_dag(dag, file)
        problems += _ignored_arguments(dag, file, lines)
        for each in timed_alerts(dag, file):
            if isinstance(each, TimedAlert):
                alerts.append(each)
            else:
                problems.append(each)
        for task in dag.task_dict.values():
            line = lines.get(str(task.label), 0)
            uses += uses_of_task(task, file, line)
            for text in _templates(task):
                try:
                    uses += uses_of_template(text, file, line)
                except TemplateSyntaxError as exc:
                    message = (
                        f"Jinja can't parse a template of task {task.task_id!r}: {(exc.message or '').rstrip('.')}"
                    )
                    problems.append(Problem(file, line, "template", message, "Correct the template"))
    facts = tuple(
        DagFacts(dag.dag_id, _relative(dag.fileloc, loaded.path), len(dag.task_dict), schedule_text(dag.schedule))
        for dag in loaded.dags.values()
    )
    links = dict.fromkeys(link for dag in loaded.dags.values() for link in links_of(dag))
    return FileSurvey(
        file, facts, tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(uses)), tuple(links), tuple(alerts)
    )


def import_problem(path: str, text: str) -> Problem:
    """Return the problem that describes why a file can't be loaded.

    Args:
        path: The file.
        text: The message of the loader: where the problem is, its cause, and what the user should do next.
    """
    found = _PLACE.fullmatch(text)
    file, line, rest = (found["file"], found["line"], found["text"]) if found else (path, None, text)
    return Problem(file, int(line or 0), "import", *_cause_and_step(rest))


def schedule_text(schedule: Any) -> str:
    """Return a schedule in words."""
    if schedule is None:
        return ""
    if isinstance(schedule, (str, timedelta)):
        return str(schedule)
    if isinstance(schedule, (list, tuple)):
        return " and ".join(schedule_text(each) for each in schedule)
    named = getattr(schedule, "name", None) or getattr(schedule, "summary", None)
    return str(named) if isinstance(named, str) else type(schedule).__name__


def _missing(loaded: LoadedFile, in_host: frozenset[str]) -> Iterator[Problem]:
    tasks: dict[str, list[str]] = {}
    for dag in loaded.dags.values():
        for task in dag.task_dict.values():
            made: Any = task.operator_class if task.is_mapped else type(task)
            for each in made.__mro__:
                tasks.setdefault(str(vars(each).get("_full_name", "")), []).append(str(task.task_id))
    others: dict[tuple[str, int, str], list[str]] = {}
    for each in loaded.missing:
        if each.name in in_host:
            continue
        if each.is_operator and each.name in tasks:
            names = _named(tasks[each.name])
            fail = "fails" if names.startswith("task ") else "fail"
            message = f"airflow_compat has no stand-in for {each.name}, so {names} {fail}"
            step = f"Replace the operator ({_why(each.reason)})"
            yield Problem(each.file, each.line, "missing operator", message, step, reason=each.reason)
        elif not each.is_operator and each.reason != "types":
            others.setdefault((each.file, each.line, each.reason), []).append(each.name)
    for (file, line, reason), missing in others.items():
        start = f"airflow_compat has no stand-in for {_shortened(missing)}"
        message = f"{start}, which fails in a task and has no effect elsewhere"
        yield Problem(file, line, "missing name", message, f"Replace it ({_why(reason)})", "warning", reason)


def _why(reason: str) -> str:
    text = REASONS[reason].rstrip(".")
    return text if text.startswith("Airflow") else text[0].lower() + text[1:]


def _shortened(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"{', '.join(found[:_MOST_NAMED])}{more}"


def _named(task_ids: Iterable[str]) -> str:
    ids = list(dict.fromkeys(task_ids))
    return f"{'task' if len(ids) == 1 else 'tasks'} {_shortened(ids)}"


def _problems_of_dag(dag: DAG, file: str) -> Iterator[Problem]:
    try:
        schedule_of(dag)
    except (InvalidScheduleError, UnsupportedFeatureError) as exc:
        cause, step = _cause_and_step(str(exc))
        yield Problem(file, 0, "schedule", f"DAG {dag.dag_id!r}: {cause}", step)


def _cause_and_step(text: str) -> tuple[str, str]:
    cause, _, step = text.rstrip(".").rpartition(". ")
    return (cause, step) if cause else (step, "")


def _ignored_arguments(dag: DAG, file: str, lines: Mapping[str, int]) -> Iterator[Problem]:
    for name, step in _WITHOUT_EFFECT.items():
        tasks = [task for task in dag.task_dict.values() if getattr(task, name, None)]
        if tasks:
            message = f"{name} of {_named(task.task_id for task in tasks)} has no effect"
            line = next((lines[str(task.label)] for task in tasks if str(task.label) in lines), 0)
            yield Problem(file, line, "unsupported argument", message, step, "warning")


def _shown(problem: Problem, given: Path) -> Problem:
    return replace(problem, file=_relative(problem.file, given))


def _relative(file: str, given: Path) -> str:
    """Return a file's path relative to the working directory, unless `given` is absolute."""
    folder = f"{Path.cwd()}/"
    return file if given.is_absolute() else file.removeprefix(folder)


def _templates(task: Any) -> Iterator[str]:
    """Yield the texts in a task's template fields, and the texts of the files to which these fields refer."""
    arguments, endings = arguments_of(task), tuple(task.template_ext)
    for name in task.template_fields:
        for text in _texts(arguments.get(name)):
            if endings and text.endswith(endings):
                yield from _file_text(task, text)
            elif "{{" in text or "{%" in text:
                yield text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, (list, tuple, set)):
        for each in value:
            yield from _texts(each)


def _file_text(task: Any, name: str) -> Iterator[str]:
    dag = task.get_dag()
    for folder in (dag.folder, *(dag.template_searchpath or ())):
        path = Path(folder) / name
        if path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")
            return
