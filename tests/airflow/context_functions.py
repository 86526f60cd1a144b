"""Functions that want to be given the context, as the author of a DAG writes them, and how they are called.

They run under Airflow and under the shims alike; what each is given, it notes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Note = Callable[..., None]


@dataclass(frozen=True)
class Case:
    """A function under `@task`, and one call of it.

    Attributes:
        name: Of the case, and of the task.
        make: Makes the function; what it is given goes to the note.
        arguments: The task's.
        args: The call's.
        kwargs: The call's.
        elements: What the parameter `rows` is mapped over.
    """

    name: str
    make: Callable[[Note], Callable[..., object]]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    elements: tuple[int, ...] = ()


def _names(note: Note) -> Callable[..., object]:
    def named(ds: Any, ti: Any = None, params: Any = None, table: str = "planes") -> None:
        note(type(ds).__name__, len(ds or ""), ti.task_id, dict(params), table)

    return named


def _keywords(note: Note) -> Callable[..., object]:
    def keywords(rows: int = 0, *, run_id: str, dag: Any = None) -> None:
        note(rows, type(run_id).__name__, type(dag.dag_id).__name__)

    return keywords


def _rest(note: Note) -> Callable[..., object]:
    def rest(rows: int, table: str = "planes", **context: Any) -> None:
        same = context["ti"] is context["task_instance"]
        note(rows, table, sorted(context), context["ti"].map_index, len(context["ds"]), same)

    return rest


def _rest_and_names(note: Note) -> Callable[..., object]:
    def rest_and_names(ds: Any = None, **kwargs: Any) -> None:
        note(len(ds), "ds" in kwargs, kwargs.get("more"), len(kwargs["ds_nodash"]), kwargs["run_id"])

    return rest_and_names


def _tries(note: Note) -> Callable[..., object]:
    def tries(ti: Any = None, **context: Any) -> None:
        note(ti.try_number, context["task_instance"].try_number)
        if ti.try_number == 1:
            raise ConnectionError("once")

    return tries


def _before(note: Note) -> Callable[..., object]:
    def after_another(**context: Any) -> None:
        note(context["told"])

    return after_another


def _tell(context: Any) -> None:
    context["told"] = "by pre_execute"


def _default(note: Note) -> Callable[..., object]:
    def default(ds: str = "2026-01-01") -> None:
        note(ds)

    return default


def _order(note: Note) -> Callable[..., object]:
    def order(ds: Any, table: str) -> None:
        note(len(ds), table)

    return order


CASES = (
    Case("names", _names),
    Case("names_given", _names, kwargs={"ds": "mine", "table": "ships"}),
    Case("names_given_none", _names, kwargs={"ds": None}),
    Case("names_by_position", _names, args=("mine",)),
    Case("keywords", _keywords),
    Case("keywords_given", _keywords, args=(3,), kwargs={"run_id": "mine"}),
    Case("rest", _rest, args=(3,)),
    Case("rest_by_keyword", _rest, kwargs={"rows": 3, "table": "ships"}),
    Case("rest_mapped", _rest, elements=(1, 2)),
    Case("rest_given", _rest_and_names, kwargs={"run_id": "mine", "more": "4"}),
    Case("tries", _tries, arguments={"retries": 1}),
    Case("told", _before, arguments={"pre_execute": _tell}),
    Case("default", _default),
    Case("order", _order, kwargs={"table": "ships"}),
    Case("order_without", _order),
)
