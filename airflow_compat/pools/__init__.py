"""Airflow pools on Prefect's global concurrency limits: wait for slots, hold them, and give them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from .._airflow.pool import DEFAULT_POOL
from .._prefect.plan import Item, Outcome
from ..errors import PoolNotReadyError
from ._override import POOLS
from ._slot_context import Hold, PoolContext
from ._state import PoolHolder, PoolState

__all__ = ["Hold", "Item", "Outcome", "PoolHolder", "PoolState", "apply", "plan", "pool", "read"]


def pool(name: str | None, slots: int = 1, *, priority_weight: int = 1, timeout: float | None = None) -> PoolContext:
    """Hold slots of an Airflow pool, with `with`, with `async with`, or as a decorator.

    Waits until all requested slots are free. The pool is the server's global concurrency limit of the same name, so all
    machines share the slots, and so does code that uses Prefect's own `concurrency(name, occupy=slots, strict=True)`.

    Within one process, the waiter with the highest `priority_weight` gets slots first; among equal weights, the waiter
    that came first. Small requests never overtake large ones. Between processes, the first request after a release gets
    the slots, so a request for many slots may wait long. A process that always has waiters lets other processes request
    slots within two seconds.

    Slots are released when the code ends, raises, is cancelled, or gets SIGINT or SIGTERM (outside a flow, SIGTERM
    releases only slots of the main thread). The slots of a killed process stay taken until the server finds that their
    lease has ended. A lease ends 60 seconds after its last renewal, and the server searches for ended leases every 15
    seconds. A temporary server, which Prefect starts if no server is configured, never searches for ended leases.

    Args:
        name: The pool's name; None means `default_pool`.
        slots: The number of slots, as Airflow's `pool_slots`.
        priority_weight: Higher values are served first within the process.
        timeout: The longest wait in seconds; 0 means one try, None means no limit, as in Airflow. The first answer of a
            busy server may take up to 10 seconds longer.

    Raises:
        PoolNotReadyError: On entering: the limit is missing, inactive, a tag limit, or smaller than `slots`; or the
            same thread or asyncio task already holds so many slots of this pool that it would wait for itself.
        PoolTimeoutError: On entering: the slots were not free in time, or the server did not answer in time. The error
            is also a `TimeoutError`.
        ServerError: On entering: the server refuses the request, or can't be reached for too long. Waiters tolerate an
            unreachable server for at least a minute, and a busy server without limit.
        PoolLeaseLostError: On leaving, or from `hold.check()`: the server dropped the slots before the code finished.

    Example:
        ```python
        from airflow_compat import pool

        def load(rows):
            with pool("warehouse", slots=2) as hold:
                print(f"waited {hold.waited:.1f} s")
        ```
    """
    if isinstance(slots, bool) or not isinstance(slots, int) or slots < 1:
        raise PoolNotReadyError(f"Pool {name!r}: slots is {slots!r}. Pass a whole number of at least 1, as in Airflow")
    if isinstance(priority_weight, bool) or not isinstance(priority_weight, int):
        raise PoolNotReadyError(f"Pool {name!r}: priority_weight is {priority_weight!r}. Pass a whole number")
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if timeout is not None and not (is_number and timeout >= 0):
        raise PoolNotReadyError(f"Pool {name!r}: timeout is {timeout!r}. Pass seconds, 0 or more, or None")
    return PoolContext(DEFAULT_POOL if name is None else name, slots, priority_weight, timeout)


def plan(source: str | PathLike[str] | Mapping[str, Any], *, replace: bool = True) -> tuple[Item, ...]:
    """Compare pools with the server's limits. Writes nothing.

    Args:
        source: The path of a file from `airflow pools export`, or a mapping of pool names to slots or to entries of
            such a file: `{"warehouse": 5}`, `{"warehouse": {"slots": 5, "include_deferred": False}}`.
        replace: Whether to change an existing limit that differs from its pool.

    Raises:
        InvalidExportError: The file is unreadable or has no pools, or the mapping is invalid.
        ServerError: A request to the server failed.

    Example:
        ```python
        from airflow_compat import pools

        for item in pools.plan({"warehouse": 5, "reports": 2}):
            print(item.id, item.action)
        ```
    """
    from ._apply import plan_pools

    return plan_pools(source, replace=replace)


def apply(
    items: Iterable[Item] | str | PathLike[str] | Mapping[str, Any], *, replace: bool | None = None
) -> tuple[Outcome, ...]:
    """Write the planned limits. Continue after a failure and report it in the outcomes.

    Slots that are held now are not released. If more slots are held than the new limit has, new requests wait until
    enough are released.

    Args:
        items: The result of `plan`, or a source that `plan` accepts.
        replace: As in `plan`. Allowed only if `items` is a source, not the result of `plan`.

    Raises:
        InvalidExportError: As for `plan`; also raised if `items` has an unsupported type.
        ServerError: As for `plan`.
    """
    from ._apply import apply_pools

    return apply_pools(items, replace=replace)


def read(*names: str) -> tuple[PoolState, ...]:
    """Read the pools: their slots, holders and number of waiters.

    Returns all global concurrency limits except rate limits and the limits for tags and deployments. Frequent calls are
    safe: they renew no lease.

    Args:
        names: The pools to read. Defaults to all pools.

    Raises:
        PoolNotReadyError: A named pool doesn't exist.
        ServerError: A request to the server failed.
    """
    if stand_in := POOLS.current():
        return stand_in.read(names)
    from ._overview import read_states

    return read_states(names)
