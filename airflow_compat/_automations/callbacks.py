"""Airflow callbacks as an alert's actions: runs of the deployment that calls them, in a process of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .._airflow.callback_path import callback_path
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._specs.automations import RunAction
from .actions import check_deployment
from .counterparts import jinja_text

DEFAULT_DEPLOYMENT = "run-callback/default"
"""Where `airflow_compat.callbacks.run_callback` is deployed, if nobody says."""


def callback_runs(
    callbacks: Iterable[object],
    *,
    alert: str,
    lost_task: bool = False,
    lost_tasks: tuple[str, ...] = (),
    deployment: str,
    airflow_version: AirflowVersion,
) -> Iterator[RunAction]:
    """A run for each callback, in order.

    Args:
        callbacks: Functions, notifiers or import paths.
        alert: The builder's name.
        lost_task: Whether it is about the task that a run's process died in, where the alert tells of flow runs.
        lost_tasks: The tasks that it is about then, by their ids; all of them where none are given.
        deployment: The deployment of `run_callback`.
        airflow_version: Whose context they get.

    Raises:
        InvalidAlertError: The deployment's name isn't one.
        InvalidCallbackError: A callback can't be called from another process.
    """
    named: Counter[str] = Counter()
    for callback in callbacks:
        check_deployment("callback_deployment", deployment)
        found = callback_path(callback)
        parameters: dict[str, Any] = {
            "callback": found.path,
            "alert": alert,
            "run": "{{ event.resource.id }}",
            "event": "{{ event.id | string }}",
        }
        if lost_task:
            parameters["lost_task"] = True
        if lost_tasks:
            parameters["tasks"] = list(lost_tasks)
        if found.arguments:
            parameters["arguments"] = _literal(dict(found.arguments))
        if named[found.name]:
            parameters["position"] = named[found.name]
        if airflow_version != DEFAULT_VERSION:
            parameters["airflow_version"] = airflow_version
        named[found.name] += 1
        yield RunAction(deployment, parameters)


def _literal(value: Any) -> Any:
    """Data that comes out of the server's templates as it went in: the callback renders its own."""
    if isinstance(value, str):
        return f"{{{{ {jinja_text(value)} }}}}" if "{" in value else value
    if isinstance(value, dict):
        return {key: _literal(inner) for key, inner in value.items()}
    return [_literal(inner) for inner in value] if isinstance(value, list) else value
