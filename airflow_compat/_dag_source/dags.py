"""The DAGs of a file, read from its text: nothing is imported and nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import DagFileError
from .dag_call import DagCall
from .dag_calls import find_dag_calls
from .dag_problems import Problem
from .source_bindings import read_scopes
from .source_eval import Evaluator
from .source_modules import Neighbours
from .source_names import Names, Place
from .source_text import may_hold_dags, parse_source
from .source_values import Computed

ARGUMENTS = (
    *("schedule", "schedule_interval", "timetable", "start_date", "end_date", "catchup", "default_args", "params"),
    *("tags", "description", "doc_md", "max_active_runs", "is_paused_upon_creation", "uri", "name"),
)
"""The arguments of a DAG that are read."""

# By position, as 2.11 takes them; 3.x takes dag_id alone.
_POSITIONAL = ("dag_id", "description", "schedule")
_LEGAL_ID = re.compile(r"[\w.-]{1,250}")


@dataclass(frozen=True)
class Image:
    """A container image that a task of the file runs in.

    Attributes:
        operator: The task's class, such as `KubernetesPodOperator`.
        image: The image's name, or why that isn't known.
        line: Where.
    """

    operator: str
    image: str | Computed
    line: int


@dataclass(frozen=True)
class DagSource:
    """A DAG as its file has it.

    Attributes:
        dag_id: Its id.
        path: The file.
        line: Where it is made.
        arguments: Those of `ARGUMENTS` that it is given; what isn't known in them is `Computed`.
        others: The names of the other arguments that it is given.
        unpacked: What isn't known of arguments that are unpacked into it; None where nothing is.
        images: The images that tasks of its file run in.
    """

    dag_id: str
    path: str
    line: int
    arguments: Mapping[str, Any] = field(repr=False)
    others: tuple[str, ...] = ()
    unpacked: Computed | None = None
    images: tuple[Image, ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        """An argument; `Computed` where it may be among those that are unpacked."""
        if name in self.arguments:
            return self.arguments[name]
        return default if self.unpacked is None else self.unpacked


@dataclass(frozen=True)
class DagFile:
    """What a file has.

    Attributes:
        path: The file.
        dags: Its DAGs.
        problems: What couldn't be read, and why.
        place: Its path from the folder of DAG files on, which the entrypoints of its flows are made of.
    """

    path: str
    dags: tuple[DagSource, ...] = ()
    problems: tuple[Problem, ...] = ()
    place: str = ""


def read_dag_source(
    data: bytes, path: str, *, place: str = "", full_path: str = "", neighbours: Neighbours | None = None
) -> DagFile:
    """Read the DAGs of a file from its bytes. Whatever they are, nothing is raised.

    A file that Airflow's scheduler would load has a DAG or a problem.

    Args:
        data: The file's bytes.
        path: How the file is called in what is reported.
        place: Its path from the folder of DAG files on; its own path where none is given.
        full_path: What `__file__` is in it.
        neighbours: The modules beside it that it may import; none are read by default.
    """
    place = place or path
    if not may_hold_dags(data):
        return DagFile(path, place=place)
    try:
        tree = parse_source(data)
    except DagFileError as exc:
        return DagFile(path, problems=(Problem(path, str(exc)),), place=place)
    module = read_scopes(tree, full_path or path)
    names = Names(module, neighbours or Neighbours())
    evaluator = Evaluator(names)
    found = find_dag_calls(module, names)
    problems: list[Problem] = []
    images = tuple(
        Image(name, _image(evaluator.value(image)) if image else Computed("isn't given"), line)
        for name, image, line in found.images
    )
    dags: dict[str, DagSource] = {}
    for call in found.calls:
        dag = _read_call(call, evaluator, path, images)
        if isinstance(dag, Problem):
            problems.append(dag)
        elif dag.dag_id in dags:
            first = dags[dag.dag_id]
            problems.append(same_id(dag, first))
        else:
            dags[dag.dag_id] = dag
            remark, detail = call.remark
            if remark:
                problems.append(Problem(path, remark, dag.line, dag.dag_id, "warning", detail))
    if not dags and not problems:
        problems = list(_without_dags(path, found.guesses))
    return DagFile(path, tuple(dags.values()), tuple(problems), place)


def same_id(dag: DagSource, first: DagSource) -> Problem:
    """The problem of a DAG whose id another one has."""
    why = "another DAG has the same dag_id, and only the first one is written; rename one"
    return Problem(dag.path, why, dag.line, dag.dag_id, detail=f"the first one is at {first.path}:{first.line}")


def _without_dags(path: str, guesses: list[tuple[str, int]]) -> Iterator[Problem]:
    for name, line in guesses:
        yield Problem(
            path, f"{name}() may make a DAG, and its source wasn't found; write its deployment yourself", line
        )
    if not guesses:
        why = "Airflow loads this file, but its text shows no DAG; if Airflow lists one, write its deployment yourself"
        yield Problem(path, why, level="note")


def _image(value: Any) -> str | Computed:
    if isinstance(value, (str, Computed)):
        return value
    return Computed("is no text")


def _read_call(call: DagCall, evaluator: Evaluator, path: str, images: tuple[Image, ...]) -> DagSource | Problem:
    if call.refusal:
        return Problem(path, call.refusal, call.line, detail=call.detail)
    places = dict(_places(call))
    arguments: dict[str, Any] = {}
    unpacked: Computed | None = None
    for place in call.unpacked:
        value = evaluator.value(place)
        if isinstance(value, dict) and all(isinstance(name, str) for name in value):
            arguments |= value
        else:
            why = value if isinstance(value, Computed) else Computed("is no dictionary of names", call.line)
            unpacked = Computed(
                f"may be among the arguments that are unpacked, and those are not known: {why}", call.line
            )
    others = [name for name in (*arguments, *places) if name not in ARGUMENTS and name != "dag_id"]
    wanted = [name for name in places if name in ARGUMENTS or name == "dag_id"]
    arguments |= {name: evaluator.value(places[name]) for name in wanted}
    if call.parameters is not None:
        given = {name: evaluator.value(place) if place else None for name, place in call.parameters.items()}
        # A function's parameters are the DAG's, and its defaults win over `params`.
        declared = arguments.get("params") or {}
        arguments["params"] = {**declared, **given} if isinstance(declared, dict) else declared
    if call.doc and not arguments.get("doc_md"):
        arguments["doc_md"] = call.doc
    dag_id = _dag_id(call, arguments, unpacked)
    if isinstance(dag_id, Computed):
        unknown = "a DAG's dag_id isn't known; write its deployment yourself"
        return Problem(path, unknown, call.line, detail=f"it {dag_id}")
    if not _LEGAL_ID.fullmatch(dag_id):
        return Problem(path, f"dag_id {dag_id[:60]!r} is one that Airflow refuses; rename it", call.line)
    known = {name: value for name, value in arguments.items() if name in ARGUMENTS}
    return DagSource(dag_id, path, call.line, known, tuple(dict.fromkeys(others)), unpacked, images)


def _places(call: DagCall) -> Iterator[tuple[str, Place]]:
    yield from zip(_POSITIONAL, call.positional, strict=False)
    yield from call.keywords.items()


def _dag_id(call: DagCall, arguments: Mapping[str, Any], unpacked: Computed | None) -> str | Computed:
    value = arguments.get("dag_id")
    if value is None and unpacked is not None:
        return unpacked
    if value is None and call.is_asset:
        value = arguments.get("name")
    if value is None and call.default_id:
        return call.default_id
    if value is None:
        return Computed("isn't given", call.line)
    if isinstance(value, str):
        return value
    return value if isinstance(value, Computed) else Computed("is no text", call.line)
