"""Flows keep their parameters' types when Prefect pickles them by value, as `serve` does, and with our decorators."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import cloudpickle
import pytest
from prefect import Flow, Task, flow

import airflow_compat
from airflow_compat import logs, metrics, on_failure, pool, task

ID = "8d1a9ef6-2a9b-4f39-a1b8-3d2ff3dc4e0c"


def etl(day: date, run: UUID | None = None) -> None: ...


async def etl_async(day: date, run: UUID | None = None) -> None: ...


@contextmanager
def by_value(module: str) -> Iterator[None]:
    cloudpickle.register_pickle_by_value(sys.modules[module])
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[module])


def pickled(made: Any, module: str) -> Any:
    with by_value(module):
        return cloudpickle.loads(cloudpickle.dumps(made))


DECORATORS = {
    "logs.forward": logs.forward("urllib3"),
    "pool": pool("warehouse"),
    "metrics timer": metrics.Stats.timer("etl"),
    "two of them": lambda fn: logs.forward("urllib3")(pool("warehouse")(fn)),
}


@pytest.mark.parametrize("function", [etl, etl_async])
@pytest.mark.parametrize("name", DECORATORS)
def test_a_decorator_below_flow_keeps_the_types(name: str, function: Callable[..., Any]) -> None:
    made = flow(DECORATORS[name](function))
    for each in (made, pickled(made, __name__)):
        assert each.validate_parameters({"day": "2026-11-22", "run": ID}) == {
            "day": date(2026, 11, 22),
            "run": UUID(ID),
        }


def test_function_with_unresolvable_annotations_is_decorated() -> None:
    def odd(day: NoSuchType) -> str:  # type: ignore[name-defined] # noqa: F821
        return day  # type: ignore[no-any-return]

    assert pool("warehouse")(odd).__annotations__["day"] == "NoSuchType"


def defined() -> list[tuple[str, str]]:
    """Module and name of each flow and task in the package."""
    found = []
    for each in pkgutil.walk_packages(airflow_compat.__path__, "airflow_compat."):
        # A host alone has Airflow.
        if each.name.endswith("__main__") or each.name.startswith("airflow_compat.hosting._child."):
            continue
        module = importlib.import_module(each.name)
        for name, value in vars(module).items():
            if isinstance(value, (Flow, Task)) and value.fn.__module__ == module.__name__:
                found.append((module.__name__, name))
    return found


def test_every_flow_and_task_of_the_package_is_pickled_by_value_and_by_reference() -> None:
    arguments = {
        "run_callback": {"callback": "alerts:page", "run": ID, "event": ID},
        "handle_lost_runs": {"older_than": 30, "action": "fail"},
        "change_run": {"run": "etl/daily", "action": "mark success", "task_ids": ["load"]},
    }
    found = defined()
    assert {name for _, name in found} >= arguments.keys()
    for module, name in found:
        made: Any = getattr(sys.modules[module], name)
        for each in (pickled(made, module), cloudpickle.loads(cloudpickle.dumps(made))):
            assert each.name == made.name
            if isinstance(each, Flow):
                assert not [text for text in each.fn.__annotations__.values() if isinstance(text, str)]
                each.validate_parameters(arguments[name])


def test_task_and_flow_with_callbacks_are_pickled() -> None:
    made_task = pickled(on_failure(note)(task(retries=2, pool="warehouse", pre_execute=note)(etl)), __name__)
    assert (made_task.name, made_task.retries) == ("etl", 2)
    made = pickled(on_failure(note, note)(flow(name="etl")(pool("warehouse")(etl))), __name__)
    assert [hook.__name__ for hook in made.on_failure_hooks] == ["note", "note"]
    assert made.validate_parameters({"day": "2026-11-22"})["day"] == date(2026, 11, 22)


def note(context: Any) -> None: ...
