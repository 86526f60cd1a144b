"""Prefect's names of states, runs, events, limits and loggers. Has no side effects, so pure modules may import it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple
from uuid import UUID


class StateNames(NamedTuple):
    """The names of those states that have the same type as other states.

    Prefect: the engines and the server set these names. When a worker starts a run, it sets the state `Submitting`, and
        then `InfrastructurePending`.
    Since: before 3.7.0.
    If this behaviour changes: take the new names from `prefect.states`, and keep the old ones for older servers.
    """

    awaiting_retry: str = "AwaitingRetry"
    retrying: str = "Retrying"
    not_ready: str = "NotReady"
    timed_out: str = "TimedOut"
    late: str = "Late"
    awaiting_slot: str = "AwaitingConcurrencySlot"
    cached: str = "Cached"
    submitting: str = "Submitting"
    infrastructure_pending: str = "InfrastructurePending"


STATES = StateNames()


def is_generated_run_name(run_name: str) -> bool:
    """Return True if a flow run's name looks like one that Prefect made up.

    Prefect: such a name has two random words of lower-case letters and a dash: `quiet-otter`. In names that the UI
        suggests for a run, the first word may end with a number: `kappa2-browder`.
    Since: before 3.7.0.
    If this behaviour changes: DAG runs keep the generated names, or lose names that users chose. Check for the new form
        of names.
    """
    return re.fullmatch("[a-z]+[0-9]*-[a-z]+", run_name) is not None


def task_in_run_name(run_name: str) -> str:
    """Return the task's name, which is a part of the run's name.

    Prefect: in a flow, the name of a task run is the task's name, a dash, and the first three characters of the run's
        dynamic key. The server stores the task's name nowhere else. Outside a flow, the task run's name is the task's
        name. `task_run_name` overrides both.
    Since: before 3.7.0.
    If this behaviour changes: find another source of the task's name on the server, and adapt `ending_of_run_name` and
        `RUN_NAME_ENDINGS`.
    """
    return run_name.rpartition("-")[0] or run_name


def ending_of_run_name(dynamic_key: str) -> str:
    """Return what follows the task's name in the name of a run with this dynamic key.

    Prefect: see `task_in_run_name`.
    Since: before 3.7.0.
    If this behaviour changes: see `task_in_run_name`.
    """
    return f"-{dynamic_key[:3]}"


RUN_NAME_ENDINGS = ("", "-[0-9]", "-[0-9][0-9]", "-[0-9a-f][0-9a-f][0-9a-f]")
"""Patterns for the end of a run's name, after the task's name, for triggers that match labels.

Prefect: the dynamic key is a counter for tasks that a flow calls, and a UUID in threads or outside a flow.
Since: before 3.7.0.
If this behaviour changes: see `task_in_run_name`.
"""


def function_in_task_key(task_key: str) -> str:
    """Return the function's name in a task's key; empty if the key has none.

    Prefect: a task's key is the function's name, a dash, and a hash of its code.
    Since: before 3.7.0.
    If this behaviour changes: find another source of the task's name for metrics of tasks with a `task_run_name`.
    """
    return task_key.rpartition("-")[0]


_SCHEDULED = "scheduled "
_SCHEDULER_KEY = re.compile(_SCHEDULED + r"([0-9a-f-]{36}) ([0-9a-f-]{36}) ")


def is_scheduler_key(idempotency_key: str | None) -> bool:
    """Return True if this is the idempotency key of a run that the server's scheduler created.

    Prefect: the scheduler's key is `scheduled <deployment id> <schedule id> <date>`.
    Since: before 3.7.0.
    If this behaviour changes: use only `auto_scheduled` and `created_by`, although a rescheduled run loses these
        fields.
    """
    return (idempotency_key or "").startswith(_SCHEDULED)


def schedule_in_key(idempotency_key: str | None) -> UUID | None:
    """Return the schedule's id in a run's idempotency key; None if the scheduler did not create the run.

    Prefect: see `is_scheduler_key`.
    Since: before 3.7.0.
    If this behaviour changes: see `is_scheduler_key`.
    """
    key = _SCHEDULER_KEY.match(idempotency_key or "")
    return UUID(key[2]) if key else None


def is_limit_for_runs(limit_name: str) -> bool:
    """Return True if a global concurrency limit counts task runs with a tag, or runs of a deployment.

    Prefect: the server stores these limits as `tag:<tag>` and `deployment:<id>`.
    Since: before 3.7.0.
    If this behaviour changes: add the new prefix; otherwise limits for runs appear as pools.
    """
    return limit_name.startswith(("tag:", "deployment:"))


def slot_event(what: Literal["acquired", "released"]) -> str:
    """Return the name of the event that reports acquired or released slots of a limit.

    Prefect: `concurrency()` emits this event with the limit as the resource, `prefect.concurrency-limit.<id>`, and the
        labels `slots-acquired` and `limit`. In the event for released slots, `follows` is the id of the event for the
        acquisition of these slots.
    Since: before 3.7.0.
    If this behaviour changes: emit and read events with the old and the new name, so that all holders of slots are
        found.
    """
    return f"prefect.concurrency-limit.{what}"


class RunLabels(NamedTuple):
    """The labels that name the run in the event of each new state.

    Prefect: the server and the task engine put these labels into the resource of the events `prefect.flow-run.<State>`
        and `prefect.task-run.<State>`, but not into that of heartbeats.
    Since: before 3.7.0.
    If this behaviour changes: alerts, which match and show these labels, no longer work. Match the old and the new
        names while old servers exist.
    """

    state_type: str = "prefect.state-type"
    state_name: str = "prefect.state-name"
    state_message: str = "prefect.state-message"
    run_count: str = "prefect.run-count"


RUN_LABELS = RunLabels()

RUN_LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.extra", "prefect")
"""The loggers whose handlers send the logs of runs, and their parent logger.

Prefect: its logging configuration adds handlers to the first three loggers; each run's logger is an adapter of one of
    these three. A user's logging configuration may add handlers to the parent logger.
Since: before 3.7.0.
If this behaviour changes: take the loggers' names from `prefect/logging/logging.yml`; otherwise secrets in a record's
    `extra` are shown.
"""
