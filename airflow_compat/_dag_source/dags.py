"""Read the DAGs of a file without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import DagFileError
from .bindings import read_scopes
from .dag_call import DagCall
from .evaluate import Evaluator
from .find_dags import find_dag_calls
from .modules import Neighbours
from .problems import Problem
from .syntax import may_hold_dags, parse_source
from .values import RuntimeValue

ARGUMENTS = (
    *("schedule", "schedule_interval", "timetable", "start_date", "end_date", "catchup", "default_args", "params"),
    *("tags", "description", "doc_md", "max_active_runs", "is_paused_upon_creation", "uri", "name"),
)
"""The names of the arguments of a DAG whose values are read from the file."""

# The positional arguments of `DAG` in 2.11; in 3.x, only dag_id may be positional.
_POSITIONAL = ("dag_id", "description", "schedule")
_LEGAL_ID = re.compile(r"[\w.-]{1,250}")


@dataclass(frozen=True)
class Image:
    """A container image that a task of the file runs in.

    Attributes:
        image: The image's name, or the reason why it is unknown.
    """

    operator: str
    image: str | RuntimeValue
    line: int


@dataclass(frozen=True)
class DagSource:
    """A DAG as written in its file.

    Attributes:
        dag_id: The DAG's id.
        path: The file.
        line: The line that creates the DAG.
        arguments: The values of those arguments that are in `ARGUMENTS`; unknown parts are `RuntimeValue`.
        others: The names of the call's arguments that are not in `ARGUMENTS`.
        unpacked: The reason why arguments unpacked with `**` are unknown; None if they are known.
        images: The images of the file's tasks.
    """

    dag_id: str
    path: str
    line: int
    arguments: Mapping[str, Any] = field(repr=False)
    others: tuple[str, ...] = ()
    unpacked: RuntimeValue | None = None
    images: tuple[Image, ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        """Return an argument; `RuntimeValue` if unknown `**` arguments may include it."""
        if name in self.arguments:
            return self.arguments[name]
        return default if self.unpacked is None else self.unpacked


@dataclass(frozen=True)
class DagFile:
    """A DAG file's content.

    Attributes:
        path: The file.
        dags: The file's DAGs.
        problems: The parts of the file that cannot be read, each with the reason.
        place: The file's path relative to the DAG folder, for entrypoints.
    """

    path: str
    dags: tuple[DagSource, ...] = ()
    problems: tuple[Problem, ...] = ()
    place: str = ""


def read_dag_source(
    data: bytes, path: str, *, place: str = "", full_path: str = "", neighbours: Neighbours | None = None
) -> DagFile:
    """Read the DAGs of a file from its bytes. Never raises.

    The result contains a DAG or a problem for every file that Airflow's scheduler would load.
    """
    place = place or path
    if not may_hold_dags(data):
        return DagFile(path, place=place)
    try:
        tree = parse_source(data)
    except DagFileError as exc:
        return DagFile(path, problems=(Problem(path, str(exc)),), place=place)
    module = read_scopes(tree, full_path or path)
    evaluator = Evaluator(module, neighbours or Neighbours())
    found = find_dag_calls(module, evaluator)
    problems: list[Problem] = []
    images = tuple(
        Image(name, _text(evaluator.value(image)) if image else RuntimeValue("isn't given"), line)
        for name, image, line in found.images
    )
    dags: dict[str, DagSource] = {}
    for call in found.calls:
        dag = _read_call(call, evaluator, path, images)
        if isinstance(dag, Problem):
            problems.append(dag)
        elif dag.dag_id in dags:
            problems.append(same_id(dag, dags[dag.dag_id]))
        else:
            dags[dag.dag_id] = dag
            remark, detail = call.remark
            if remark:
                problems.append(Problem(path, remark, dag.line, dag.dag_id, "warning", detail))
    if not dags and not problems:
        problems = list(_without_dags(path, found.guesses))
    return DagFile(path, tuple(dags.values()), tuple(problems), place)


def same_id(dag: DagSource, first: DagSource) -> Problem:
    return Problem(
        dag.path,
        "another DAG has the same dag_id, so only the first DAG is written; rename one of the DAGs",
        dag.line,
        dag.dag_id,
        detail=f"the first DAG is at {first.path}:{first.line}",
    )


def _without_dags(path: str, guesses: list[tuple[str, int]]) -> Iterator[Problem]:
    for name, line in guesses:
        yield Problem(
            path,
            f"{name}() may create a DAG, but the source of {name}() was not found; add the DAG's deployment to "
            "prefect.yaml yourself",
            line,
        )
    if not guesses:
        yield Problem(
            path,
            "Airflow loads this file, but its text shows no DAG; if Airflow lists a DAG of this file, add the DAG's "
            "deployment to prefect.yaml yourself",
            level="note",
        )


def _text(value: Any, line: int = 0) -> str | RuntimeValue:
    return value if isinstance(value, (str, RuntimeValue)) else RuntimeValue("is not text", line)


def _read_call(call: DagCall, evaluator: Evaluator, path: str, images: tuple[Image, ...]) -> DagSource | Problem:
    if call.refusal:
        return Problem(path, call.refusal, call.line, detail=call.detail)
    places = {**dict(zip(_POSITIONAL, call.positional, strict=False)), **call.keywords}
    arguments: dict[str, Any] = {}
    unpacked: RuntimeValue | None = None
    for place in call.unpacked:
        value = evaluator.value(place)
        if isinstance(value, dict) and all(isinstance(name, str) for name in value):
            arguments |= value
        else:
            why = value if isinstance(value, RuntimeValue) else RuntimeValue("is not a dictionary of names", call.line)
            unpacked = RuntimeValue(f"may be among unpacked arguments, which are unknown: {why}", call.line)
    others = [name for name in (*arguments, *places) if name not in (*ARGUMENTS, "dag_id")]
    arguments |= {name: evaluator.value(place) for name, place in places.items() if name in (*ARGUMENTS, "dag_id")}
    if call.parameters is not None:
        given = {name: evaluator.value(place) if place else None for name, place in call.parameters.items()}
        # The parameters of a function under `@dag` are the DAG's params, and their defaults override `params`.
        declared = arguments.get("params") or {}
        arguments["params"] = {**declared, **given} if isinstance(declared, dict) else declared
    if call.doc and not arguments.get("doc_md"):
        arguments["doc_md"] = call.doc
    dag_id = _dag_id(call, arguments, unpacked)
    if isinstance(dag_id, RuntimeValue):
        return Problem(
            path,
            "a DAG's dag_id is unknown; add the DAG's deployment to prefect.yaml yourself",
            call.line,
            detail=f"it {dag_id}",
        )
    if not _LEGAL_ID.fullmatch(dag_id):
        return Problem(path, f"Airflow refuses the dag_id {dag_id[:60]!r}; rename the DAG", call.line)
    return DagSource(
        dag_id,
        path,
        call.line,
        {name: value for name, value in arguments.items() if name in ARGUMENTS},
        tuple(dict.fromkeys(others)),
        unpacked,
        images,
    )


def _dag_id(call: DagCall, arguments: Mapping[str, Any], unpacked: RuntimeValue | None) -> str | RuntimeValue:
    value = arguments.get("dag_id")
    if value is None and unpacked is not None:
        return unpacked
    if value is None and call.is_asset:
        value = arguments.get("name")
    if value is None:
        value = call.default_id or RuntimeValue("isn't given", call.line)
    return _text(value, call.line)
