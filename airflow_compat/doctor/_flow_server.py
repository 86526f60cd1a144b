"""Asks the server for the objects to which a flow's code refers, and checks the flow's result storage."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any

from prefect.filesystems import LocalFileSystem

from .._airflow.names import limit_name
from .._airflow.pool import DEFAULT_POOL
from .._prefect.internals.results import flow_persists_results, storage_of_flow
from .._prefect.limits import read_limit, tag_limit_exists
from ..automations._server import read_needs
from ..automations._specs import AutomationSpec
from ..connections import where_kept as where_connection_is
from ..errors import InvalidNameError, ServerError
from ..pools._state import count_slots
from ..variables import where_kept as where_variable_is
from ._checks import Check
from ._needs import Answer, Need
from ._server import lacking_extras, read_work_pools_of

if TYPE_CHECKING:
    from prefect import Flow

SHARED_VARIABLE = "AIRFLOW_COMPAT_SHARED_STORAGE"
_SHARE = (
    "set result_storage= of the flow, or PREFECT_DEFAULT_RESULT_STORAGE_BLOCK, to a block that all machines can read; "
    f"if all mount this folder, set {SHARED_VARIABLE}=1"
)


def answers_for(needs: Iterable[Need]) -> Mapping[Need, Answer]:
    """Ask the server for the object of each need.

    Raises:
        ServerError: A request to the server failed.
    """
    return {need: _ANSWERS[need.kind](need) for need in needs if need.kind in _ANSWERS}


def alert_checks(alerts: Sequence[AutomationSpec]) -> Iterator[Check]:
    """Check that the server has the blocks, connections and deployments to which alerts refer.

    Raises:
        ServerError: A request to the server failed.
    """
    found = read_needs(need for alert in alerts for need in alert.needs)
    for alert in alerts:
        problems = [found[need].problem for need in alert.needs if found[need].problem]
        named = ", ".join(f"{need.kind} {need.name}" for need in alert.needs)
        if problems:
            yield Check(f"alert {alert.key}", "problem", "; ".join(problems), f"create what the server lacks: {named}")
        else:
            yield Check(f"alert {alert.key}", "ok", f"the server has {named or 'everything that the alert needs'}")


def storage_check(flow: Flow[..., Any], *, flow_names: Collection[str] | None = None) -> Check:
    """Check that other machines can read the flow's results.

    Args:
        flow: The flow.
        flow_names: The names of all flows that use the storage. By default, the name of the flow.

    Raises:
        ServerError: A request to the server failed.
    """
    try:
        storage = storage_of_flow(flow)
    except ServerError:
        raise
    except Exception as exc:  # noqa: BLE001 - each storage has errors of its own
        return Check(
            "result storage",
            "problem",
            f"the flow's result storage can't be loaded ({type(exc).__name__})",
            "create the block, or correct result_storage of the flow",
        )
    if not isinstance(storage, LocalFileSystem):
        return Check("result storage", "ok", f"results are stored in a block of type {type(storage).__name__}")
    if os.environ.get(SHARED_VARIABLE, "").lower() in ("1", "true", "yes"):
        return Check(
            "result storage",
            "ok",
            f"results are stored in a folder, {storage.basepath}, which {SHARED_VARIABLE} declares to be shared",
        )
    found = f"results are stored in a folder of this machine, {storage.basepath}, which other machines can't read"
    needing = _needing_shared_storage(flow_names or [flow.name]) if flow_persists_results(flow) else ""
    if needing:
        found = f"{found}, but {needing}"
    return Check("result storage", "problem" if needing else "note", found, _SHARE)


def _needing_shared_storage(flow_names: Collection[str]) -> str:
    """Return why a work pool may run the flows on several disks; empty if no work pool of their deployments does."""
    for pool in read_work_pools_of(flow_names):
        if pool.type != "process":
            return f"work pool {pool.name!r} has type {pool.type}, so each process has a disk of its own"
        if pool.online_workers > 1:
            return f"work pool {pool.name!r} has {pool.online_workers} workers online"
    return ""


def _pool(need: Need) -> Answer:
    try:
        name = limit_name(need.name)
    except InvalidNameError as exc:
        return Answer("problem", str(exc))
    limit = read_limit(name)
    if limit is None and need.name == DEFAULT_POOL:
        return Answer("ok", "the server has no limit for the pool, so the pool is unlimited")
    if limit is None:
        return Answer(
            "problem", "the server has no pool of this name", f"prefect gcl create {quote(name)} --limit {need.slots}"
        )
    if not limit.active:
        return Answer("problem", "the pool is inactive and limits nothing", f"prefect gcl enable {quote(name)}")
    if limit.limit < need.slots:
        return Answer(
            "problem",
            f"the pool has {count_slots(limit.limit)}, but {need.slots} are requested",
            f"request fewer slots, or run: prefect gcl update {quote(name)} --limit {need.slots}",
        )
    return Answer("ok", f"the server has the pool with {count_slots(limit.limit)}")


def _tag_limit(need: Need) -> Answer:
    if tag_limit_exists(need.name):
        return Answer("ok", "the server has a limit for this tag")
    return Answer(
        "problem", "the server has no limit for this tag", f"prefect concurrency-limit create {quote(need.name)} LIMIT"
    )


def _connection(need: Need) -> Answer:
    if place := where_connection_is(need.name):
        return _kept(place.shown, is_here_only=place.document is None)
    return Answer(
        "problem",
        "the server has no connection of this id",
        "airflow-compat import connections.json, or create the block",
    )


def _block(need: Need) -> Answer:
    place = where_connection_is(need.name)
    lacking = lacking_extras([place.document]) if place and place.document else {}
    for extra in lacking.values():
        return Answer(
            "problem",
            f"{place.shown if place else ''} needs a package that isn't installed here",
            f"pip install 'airflow-compat[{extra}]'",
        )
    return _connection(need)


def _variable(need: Need) -> Answer:
    if place := where_variable_is(need.name):
        return _kept(place, is_here_only=place.startswith("environment"))
    return Answer(
        "problem", "the server has no variable of this key", "airflow-compat import variables.json, or set the variable"
    )


def _kept(place: str, *, is_here_only: bool) -> Answer:
    if is_here_only:
        return Answer(
            "note",
            f"found only on this machine, in {place}",
            "set the value where the flow runs, or import it into the server",
        )
    return Answer("ok", f"found on the server, in {place}")


_ANSWERS = {
    "pool": _pool,
    "tag limit": _tag_limit,
    "connection": _connection,
    "variable": _variable,
    "block": _block,
}
