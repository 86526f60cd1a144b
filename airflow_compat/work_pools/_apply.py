"""Work pools onto the server: planned and written."""

from __future__ import annotations

from collections.abc import Iterable

from .._prefect.work_pools import (
    create_work_pool,
    problems_with,
    read_template,
    read_work_pools,
    update_work_pool,
)
from .._specs.planned import are_items, of_one_kind
from .._specs.work_pool_plan import WorkPoolItem, WorkPoolOutcome, plan_pools
from .._specs.work_pools import WorkPoolSpec
from ..errors import AirflowCompatError, InvalidWorkPoolError, NameTakenError, ServerUnreachableError


def plan_work_pools(specs: Iterable[WorkPoolSpec], *, replace: bool) -> tuple[WorkPoolItem, ...]:
    """See `airflow_compat.work_pools.plan`."""
    specs = of_one_kind(specs, WorkPoolSpec, error=InvalidWorkPoolError)
    held = read_work_pools({spec.name for spec in specs})
    templates = {str(type_): read_template(type_) for type_ in {spec.type for spec in specs}}
    return plan_pools(specs, held, templates, problems_with, replace=replace)


def apply_work_pools(
    pools: Iterable[WorkPoolSpec] | Iterable[WorkPoolItem], *, replace: bool
) -> tuple[WorkPoolOutcome, ...]:
    """See `airflow_compat.work_pools.apply`."""
    given = of_one_kind(pools, WorkPoolSpec, WorkPoolItem, error=InvalidWorkPoolError)
    if are_items(given, WorkPoolItem, {"replace": replace}, InvalidWorkPoolError):
        return apply_items(given)
    return apply_items(plan_work_pools(given, replace=replace))


def apply_items(items: Iterable[WorkPoolItem]) -> tuple[WorkPoolOutcome, ...]:
    """Write what a plan says. What fails is in the outcomes, and the rest goes on.

    Raises:
        InvalidWorkPoolError: The plan refuses an item; nothing was written.
    """
    items = tuple(items)
    refused = [f"{item.name}: {'; '.join(item.notes)}" for item in items if item.action == "refused"]
    if refused:
        raise InvalidWorkPoolError("nothing was written, since " + "\n".join(refused))
    outcomes = []
    gone = ""
    for item in items:
        error = gone
        if not gone:
            try:
                _write(item)
            except ServerUnreachableError as exc:
                error = str(exc)
                gone = "not tried, since the server can't be reached; apply the pools again"
            except AirflowCompatError as exc:
                error = str(exc)
        outcomes.append(WorkPoolOutcome(item, error))
    return tuple(outcomes)


def _write(item: WorkPoolItem) -> None:
    if item.action == "create":
        try:
            create_work_pool(item.data)
        except NameTakenError:
            # Another process may have been as quick, with the same pool in its hands.
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
