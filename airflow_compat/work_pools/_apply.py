"""Writes work pools to the server."""

from __future__ import annotations

from ..errors import AirflowCompatError, InvalidWorkPoolError, NameTakenError, ServerUnreachableError
from ._plan import WorkPoolItem, WorkPoolOutcome
from ._server import create_work_pool, read_work_pools, update_work_pool


def apply_items(items: tuple[WorkPoolItem, ...]) -> tuple[WorkPoolOutcome, ...]:
    """Write the items of a plan. Errors are in the outcomes and don't stop the other items.

    Raises:
        InvalidWorkPoolError: The plan refuses an item. Nothing was written.
    """
    refused = [f"{item.name}: {'; '.join(item.notes)}" for item in items if item.action == "refused"]
    if refused:
        raise InvalidWorkPoolError("The plan refuses some pools, so nothing was written:\n" + "\n".join(refused))
    outcomes = []
    gone = ""
    for item in items:
        error = gone
        if not gone:
            try:
                _write(item)
            except ServerUnreachableError as exc:
                error = str(exc)
                gone = "not sent, because the server can't be reached; apply the pools again"
            except AirflowCompatError as exc:
                error = str(exc)
        outcomes.append(WorkPoolOutcome(item, error))
    return tuple(outcomes)


def _write(item: WorkPoolItem) -> None:
    if item.action == "create":
        try:
            create_work_pool(item.data)
        except NameTakenError:
            # Another process may have created the same pool.
            if not _is_there(item):
                raise
    elif item.action == "update":
        update_work_pool(item.name, item.data)


def _is_there(item: WorkPoolItem) -> bool:
    held = read_work_pools([item.name]).get(item.name)
    return (
        held is not None
        and held.type == item.type
        and held.template == item.data["base_job_template"]
        and held.concurrency_limit == item.data.get("concurrency_limit")
    )
