"""Finds the operator of a task: in a DAG file, or, for a task of an ordinary flow, by creating it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .dag_files import DagFileError, task_of

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG
try:
    from airflow.sdk.definitions._internal.mixins import ResolveMixin
except ImportError:
    from airflow.utils.mixins import ResolveMixin
try:
    from airflow.sdk.serde import deserialize
except ImportError:  # before 3.2
    from airflow.serialization.serde import deserialize


def task_for(request: Any) -> Any:
    """Return the operator that a `RunTask` message asks to run.

    Raises:
        DagFileError: The operator can't be created.
    """
    if request.operator is not None:
        return _made(request, request.operator)
    return task_of(request.file, request.search_path, request.dag_id, request.task_id)


def _made(request: Any, given: dict[str, Any]) -> Any:
    cls = _imported(given["path"])
    of_call = {name: deserialize(value) for name, value in given["of_call"].items()}
    arguments = {name: deserialize(value) for name, value in given["arguments"].items()}
    dag = DAG("flow", schedule=None, params=given["params"])
    # Set the id directly: Airflow's check would refuse some characters that names of flows may have.
    object.__setattr__(dag, "dag_id", request.dag_id)
    dag.fileloc = given["file"]
    task = cls(task_id=request.task_id, dag=dag, **{**arguments, **of_call})
    task.resolve_template_files()
    for name in task.template_fields:
        held, passed = getattr(task, name, None), of_call.get(name)
        if passed is not None and (held is passed or (isinstance(held, str) and held == str(passed))):
            task.__dict__[name] = _AsItIs(held)
    # A branch operator skips no tasks here, because the flow's code decides which task to call next.
    for name in ("skip", "skip_all_except"):
        if hasattr(task, name):
            task.__dict__[name] = _skip_nothing
    return task


def _imported(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise DagFileError(
            f"The host can't import {path} ({error}). Install its provider in the host, or set dags_folder of "
            "AirflowHost to the folder of its module."
        ) from None


def _skip_nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


class _AsItIs(ResolveMixin):  # type: ignore[misc]
    """Wraps an argument that the flow passed in the call, so that Airflow does not render it as a template."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def iter_references(self) -> tuple[()]:
        """Return nothing."""
        return ()

    def resolve(self, *_: Any, **__: Any) -> Any:
        """Return the argument."""
        return self._value
