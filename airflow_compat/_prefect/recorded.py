"""Waits until the server has recorded the task runs of a flow run."""

from __future__ import annotations

from uuid import UUID

from prefect.exceptions import ObjectNotFound

from .client import kept_client
from .failures import server_call
from .internals.logs import has_unsent_events, last_sent_task_state
from .polling import poll_until

_WITHIN = 10.0
_POLL = 0.1

# The flow runs that were waited for in vain. If events can't be sent, only the first call for a flow run waits.
_late: set[UUID] = set()


@server_call
def wait_until_recorded(flow_run_id: UUID) -> None:
    """Wait until the server has recorded all task states that this process sent; for at most ten seconds.

    Task states reach the server as events, which it records one after the other: on a busy machine, seconds later.
    """
    within = 0.0 if flow_run_id in _late else _WITHIN
    if not poll_until(lambda: _is_recorded(flow_run_id), bool, within=within, every=_POLL):
        _late.add(flow_run_id)


def _is_recorded(flow_run_id: UUID) -> bool:
    if has_unsent_events():
        return False
    sent = last_sent_task_state(flow_run_id)
    if sent is None:
        return True
    try:
        task_run = kept_client().read_task_run(sent.resource.prefect_object_id("prefect.task-run"))
    except ObjectNotFound:
        return False
    return task_run.state is not None and task_run.state.timestamp >= sent.occurred
