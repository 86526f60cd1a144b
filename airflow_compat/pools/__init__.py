"""Airflow pools on Prefect's global concurrency limits: `pool()` waits for slots, holds them, and gives them back.

`plan` and `apply` bring pools to the server, `read` tells who holds their slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from ._airflow.pool import DEFAULT_POOL
from ._pools.passage import Hold, Passage
from ._specs.import_plan import Item, Outcome
from ._specs.pool_state import PoolHolder, PoolState
from ._stand_ins.kinds import POOLS
from .errors import PoolNotReadyError

__all__ = ["Hold", "Item", "Outcome", "PoolHolder", "PoolState", "apply", "plan", "pool", "read"]


def pool(name: str | None, slots: int = 1, *, priority_weight: int = 1, timeout: float | None = None) -> Passage:
    """Hold slots of an Airflow pool: a context manager, an async one, and a decorator.

    Waits until all the slots asked for are free; nothing runs with fewer. The pool is the server's global concurrency
    limit of the same name, so it limits across processes and machines. Prefect's own `concurrency(name, occupy=slots,
    strict=True)` takes the same slots.

    The waiters of one process are served in order: higher `priority_weight` first, then first come, first served; and
    one that wants many slots isn't overtaken by one that wants few. Between processes there is no order: whoever asks
    first after a release gets the slots, whatever its weight, and one that wants many may wait for long beside others
    that want few. A process that keeps its slots busy lets others in within two seconds.

    Slots are given back when the code is left: by its end, an exception, a cancellation, SIGINT, or SIGTERM (outside a
    flow only where the main thread holds them). Those of a process that is killed are free when its lease has ended,
    60 seconds after it was last renewed, and the server has seen that, which it looks for every 15 seconds; a temporary
    server, which Prefect starts where none is configured, never looks.

    Args:
        name: The pool's name; None is `default_pool`.
        slots: How many slots to hold, as `pool_slots`.
        priority_weight: The higher it is, the earlier this is served among the waiters of its process.
        timeout: The seconds to wait at most, 0 for now or never; None waits for ever, as Airflow does. A server that is
            too busy to answer gets up to 10 seconds more for its first answer.

    Raises:
        PoolNotReadyError: On entering: the limit is missing, inactive, only a tag limit, or smaller than `slots`; or
            this very thread or task holds so many of its slots that the wait could not end.
        PoolTimeoutError: On entering: the slots were not free in time, or the server was too busy to answer in time.
            Also a `TimeoutError`.
        ServerError: On entering: the server can't be reached or refuses the request. A server that is only busy never
            ends the wait. Waiters endure a server that is gone for at least a minute.
        PoolLeaseLostError: On leaving, or from `hold.check()`: the server dropped the slots before the code was done.

    Example:
        ```python
        from airflow_compat import pool


        def load(rows):
            with pool("warehouse", slots=2) as hold:
                print(f"waited {hold.waited:.1f} s")
        ```
    """
    if isinstance(slots, bool) or not isinstance(slots, int) or slots < 1:
        raise PoolNotReadyError(f"pool {name!r}: slots is {slots!r}; ask for a whole number from 1 on, as Airflow does")
    if isinstance(priority_weight, bool) or not isinstance(priority_weight, int):
        raise PoolNotReadyError(f"pool {name!r}: priority_weight is {priority_weight!r}; write a whole number")
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if timeout is not None and not (is_number and timeout >= 0):
        raise PoolNotReadyError(f"pool {name!r}: timeout is {timeout!r}; write the seconds to wait, 0 or more, or None")
    return Passage(DEFAULT_POOL if name is None else name, slots, priority_weight, timeout)


def plan(source: str | PathLike[str] | Mapping[str, Any], *, replace: bool = True) -> tuple[Item, ...]:
    """Compare pools with what the Prefect server holds. Nothing is written.

    Args:
        source: The path of a file that `airflow pools export` wrote; or a mapping of pools' names to their slots, or to
            what such a file has for them: `{"warehouse": 5}`, `{"warehouse": {"slots": 5, "include_deferred": False}}`.
        replace: Whether a limit that differs is to be changed; else it is left as it is.

    Raises:
        InvalidExportError: The file is missing, can't be read, or holds no pools; or the mapping is of another form.
        ServerError: The server can't be asked.

    Example:
        ```python
        from airflow_compat import pools

        for item in pools.plan({"warehouse": 5, "reports": 2}):
            print(item.id, item.action)
        ```
    """
    from ._pools.plan import plan_pools

    return plan_pools(source, replace=replace)


def apply(
    items: Iterable[Item] | str | PathLike[str] | Mapping[str, Any], *, replace: bool | None = None
) -> tuple[Outcome, ...]:
    """Write what the plan says; what fails is in the outcomes, and the rest goes on.

    Slots that are held stay held when their limit is changed. One that is lowered below them lets nobody in until
    enough were given back.

    Args:
        items: What `plan` returned, or what `plan` is given, which is planned first.
        replace: See `plan`, whose default it has. Items of a plan were planned with or without it.

    Raises:
        InvalidExportError: See `plan`; or something else was given.
        ServerError: See `plan`.
    """
    from ._pools.plan import apply_pools

    return apply_pools(items, replace=replace)


def read(*names: str) -> tuple[PoolState, ...]:
    """Read the pools: their slots, who holds them since when, and how many wait.

    All global concurrency limits are pools, but for those for tags and deployments, and rate limits. Nothing is
    changed, and no lease is asked for: this may be called as often as you like.

    Args:
        names: The pools to read; all when there are none.

    Raises:
        PoolNotReadyError: One of the pools doesn't exist.
        ServerError: The server can't be asked.
    """
    if stand_in := POOLS.current():
        return stand_in.read(names)
    from ._pools.overview import read_states

    return read_states(names)
