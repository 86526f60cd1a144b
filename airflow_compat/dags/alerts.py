"""Alerts on the server for the deadlines and SLAs of DAG files.

```python
from airflow_compat.dags import alerts

ALERTS = alerts.read("dags")
```
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from os import PathLike, fspath
from shlex import quote
from typing import Any
from uuid import UUID

from .._airflow.callback import CallbackPath
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._prefect.claims import claimed
from .._prefect.run_logger import run_logger
from ..automations import AutomationSpec
from ..automations import _triggers as triggers
from ..automations._actions import DEFAULT_DEPLOYMENT
from ..automations._request import AlertRequest, one_or_more
from ..callbacks._invoke import SlaMiss, invoke
from ..callbacks._results import finish
from ..errors import DagFileError, UnsupportedFeatureWarning
from ._entrypoint import load_dag
from ._timed_alerts import TimedAlert, callbacks_of, sla_tasks

__all__ = ["BlockingTask", "call_deadline_callback", "call_sla_miss_callback", "read"]

_MODULE = "airflow_compat.dags.alerts"
_DONE = ("success", "skipped")
# The time to wait for another process that may be calling the same callback, as in `run_callback`.
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class BlockingTask(SlaMiss):
    """A task instance that has begun and has not succeeded, as passed to `sla_miss_callback` in `blocking_tis`."""

    state: str
    map_index: int


def read(
    path: str | PathLike[str],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    callback_deployment: str = DEFAULT_DEPLOYMENT,
) -> tuple[AutomationSpec, ...]:
    """Return the alerts for the deadlines and SLAs of the DAGs of a folder, for `airflow-compat automations apply`.

    A deployment of `airflow_compat.callbacks.run_callback` loads the DAG file, and calls the callback once for each run
    that is late. `airflow-compat dags check` reports deadlines and SLAs that have no alert.

    If files can't be loaded, a warning names them, and `automations.prune` deletes no alert.

    Args:
        path: The DAG folder, or a DAG file, relative to the folder in which `run_callback` runs.
        airflow_version: The Airflow release for which the files are written.
        search_path: See `load_file`.
        callback_deployment: The deployment of `run_callback`.

    Raises:
        DagFileError: The path does not exist, or there are no alerts and files can't be loaded.
    """
    from ._surveys import survey

    folders = [fspath(folder) for folder in search_path]
    found = survey(path, airflow_version=airflow_version, search_path=folders)
    unread = tuple(dict.fromkeys(each.file for each in found.import_errors))
    options = {"airflow_version": airflow_version, "search_path": folders}
    specs = tuple(_spec(each, options, callback_deployment) for file in found.files for each in file.alerts)
    if unread:
        files = ", ".join(unread)
        check = f"airflow-compat dags check {quote(fspath(path))}"
        message = f"The alerts of files that can't be loaded are unknown: {files}. Run {check}"
        if not specs:
            # Without a spec, nothing would tell `prune` that these files may need their alerts.
            raise DagFileError(message)
        warnings.warn(f"{message}.", UnsupportedFeatureWarning, stacklevel=2)
    return tuple(replace(spec, unread_files=unread) for spec in specs)


def _spec(alert: TimedAlert, options: Mapping[str, Any], deployment: str) -> AutomationSpec:
    within = timedelta(seconds=alert.seconds)
    where = {"entrypoint": f"{alert.file}:{alert.dag_id}", **options}
    if alert.kind == "deadline":
        name, key = "on_deadline", f"on_deadline:{alert.dag_id} {alert.number + 1}"
        calls = [CallbackPath(f"{_MODULE}:call_deadline_callback", {**where, "number": alert.number})]
    else:
        name, key = "on_sla_miss", f"on_sla_miss:{alert.dag_id} {within}"
        numbers: list[int | None] = [*range(alert.callbacks), *([None] if alert.has_email else [])]
        path, given = f"{_MODULE}:call_sla_miss_callback", {**where, "seconds": alert.seconds}
        calls = [CallbackPath(path, {**given, "number": number}) for number in numbers]
    wanted = AlertRequest.of(
        name,
        alert.dag_id,
        {
            "callback": calls,
            "callback_deployment": deployment,
            "airflow_version": options["airflow_version"],
            "key": key,
            "name": f"{alert.dag_id}: {name} after {within}",
        },
    )
    # A run that no worker takes is Late, and never Pending.
    fired_by = (
        *triggers.on_duration(wanted.target, "interval", within),
        *triggers.on_late_start(wanted.target, within),
    )
    return wanted.spec(fired_by)


def call_deadline_callback(
    context: Mapping[str, Any],
    *,
    entrypoint: str,
    number: int,
    airflow_version: AirflowVersion,
    search_path: Iterable[str],
) -> None:
    """Call the callback of a DAG's deadline, once for each run. `run_callback` calls this function."""
    loaded, dag = load_dag(entrypoint, airflow_version=airflow_version, search_path=search_path)
    deadlines = one_or_more(dag.deadline)
    if number >= len(deadlines):
        raise DagFileError(f"{entrypoint} has no deadline number {number + 1}. Apply the alerts of the DAG files again")
    with loaded.active(), _claimed(context, "on_deadline", number, f"deadline {number + 1}") as is_to_call:
        if is_to_call:
            callback = deadlines[number].callback
            found = callback.callback_callable
            if isinstance(found, str):
                module, _, name = found.rpartition(".")
                found = getattr(importlib.import_module(module), name)
            invoke(found, context, dict(callback.kwargs or {}), alert="on_deadline")


def call_sla_miss_callback(
    context: Mapping[str, Any],
    *,
    entrypoint: str,
    seconds: float,
    number: int | None,
    airflow_version: AirflowVersion,
    search_path: Iterable[str],
) -> None:
    """Call a DAG's `sla_miss_callback`, once for each run, if tasks with this SLA are not done.

    `run_callback` calls this function. As in Airflow, only scheduled runs can miss an SLA.

    Args:
        context: The context of the run.
        entrypoint: The DAG file, a colon and the dag_id.
        seconds: The SLA.
        number: The position of the callback in `sla_miss_callback`; None to send mails to the addresses of the tasks.
        airflow_version: The Airflow release for which the file is written.
        search_path: See `load_file`.
    """
    if context["dag_run"].run_type != "scheduled":
        return
    loaded, dag = load_dag(entrypoint, airflow_version=airflow_version, search_path=search_path)
    date: datetime = context["logical_date"]
    states = _states(context)
    missed = [
        task
        for task in sla_tasks(dag, seconds)
        if not (found := states.get(task.task_id)) or any(state not in _DONE for _, state in found)
    ]
    if not missed:
        return
    slas = [SlaMiss(task.task_id, dag.dag_id, date) for task in missed]
    blocking = [
        BlockingTask(task_id, dag.dag_id, date, state, map_index)
        for task_id, found in states.items()
        for map_index, state in found
        if state not in ("", "success")
    ]
    told = (dag, _lines(slas), _lines(blocking), slas, blocking)
    with loaded.active(), _claimed(context, "on_sla_miss", number or 0, f"sla {seconds} {number}") as is_to_call:
        if is_to_call and number is None:
            _mail(told, context, missed)
        elif is_to_call:
            finish(callbacks_of(dag.sla_miss_callback)[number or 0](*told))


def _states(context: Mapping[str, Any]) -> dict[str, list[tuple[int, str]]]:
    """Return the map indexes and states of a run's task instances by task_id; an empty state if one hasn't begun."""
    from . import runs

    found: dict[str, list[tuple[int, str]]] = {}
    for each in runs.task_instances(_flow_run_id(context)):
        found.setdefault(each.task_id, []).append((each.map_index, each.state or ""))
    return found


def _mail(told: tuple[Any, ...], context: Mapping[str, Any], missed: Iterable[Any]) -> None:
    from ..notifiers import SmtpNotifier

    dag, task_list, blocking_task_list, *_ = told
    addresses = {address for task in missed for address in one_or_more(task.email or ())}
    # Airflow's text, without the address of its web server.
    content = (
        f"Here's a list of tasks that missed their SLAs:\n<pre><code>{task_list}\n<code></pre>\n"
        f"Blocking tasks:\n<pre><code>{blocking_task_list}<code></pre>"
    )
    subject = f"[airflow] SLA miss on DAG={dag.dag_id}"
    SmtpNotifier(to=sorted(addresses), subject=subject, html_content=content)(context)


def _lines(tasks: Iterable[SlaMiss]) -> str:
    return "\n".join(f"{each.task_id} on {each.execution_date.isoformat()}" for each in tasks)


def _claimed(context: Mapping[str, Any], kind: str, position: int, name: str) -> Any:
    """Claim the call for the run, because a run that starts late and takes long fires the alert twice."""
    return claimed(
        _flow_run_id(context),
        kind,
        position,
        name,
        run_logger(),
        event=name,
        patience=_PATIENCE_SECONDS,
    )


def _flow_run_id(context: Mapping[str, Any]) -> UUID:
    id_: UUID = context["dag_run"].services.run.id
    return id_
