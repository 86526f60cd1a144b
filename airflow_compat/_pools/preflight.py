"""Whether a pool can limit at all: what would wait for ever, or never wait, is an error with its repair."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future

from .._prefect.limits import read_limit, tag_limit_exists
from .._prefect.logs import run_logger
from .._specs.limits import UNLIMITED_LIMIT
from .._specs.specs import LimitSpec
from ..errors import PoolNotReadyError, ServerBusyError
from . import aside
from .board import Board
from .wish import Wish

FRESH_SECONDS = 1.0
"""How long the server's answer holds: hundreds may take one pool in a second."""


_BUSY_PAUSE = 1.0


def find_limit_in_thread(board: Board, wish: Wish) -> LimitSpec:
    """The limit of a pool that can be waited for. Waits for a server that is busy.

    Raises:
        PoolNotReadyError: See `pool`.
        PoolTimeoutError: The time is up.
        ServerError: The server can't be asked.
    """
    begin = aside.call_here if wish.timeout is None else aside.start
    while True:
        request = begin(lambda: check(board, wish, own=wish.own))
        aside.is_done(request, wish.left(answered=False))
        if limit := _answer(request, wish):
            return limit
        time.sleep(_BUSY_PAUSE)


async def find_limit_in_task(board: Board, wish: Wish) -> LimitSpec:
    """The same in a coroutine. Does not block the event loop."""
    while True:
        request = aside.start(lambda: check(board, wish, own=wish.own))
        await aside.is_done_async(request, wish.left(answered=False))
        if limit := _answer(request, wish):
            return limit
        await asyncio.sleep(_BUSY_PAUSE)


def _answer(request: Future[LimitSpec], wish: Wish) -> LimitSpec | None:
    """The limit; None when the server was busy and there is time to ask again."""
    if not request.done():
        raise wish.no_answer()
    try:
        return request.result()
    except ServerBusyError as exc:
        if not wish.left(answered=True):
            raise wish.no_answer() from None
        run_logger().warning("Still waiting for pool %r: %s", wish.pool, exc)
        return None


def check(board: Board, wish: Wish, *, own: int) -> LimitSpec:
    """The limit of a pool that can be waited for.

    Args:
        board: This process's pools.
        wish: What is wanted.
        own: How many of the pool's slots the code that asks holds already.

    Raises:
        PoolNotReadyError: See `pool`.
    """
    name, limit, slots = wish.pool, wish.limit_name, wish.slots
    spec = _known(board, limit)
    if spec is None or own + slots > spec.limit:
        before = time.monotonic()
        with board.reading:
            # Of many that come at once, one asks.
            spec = _known(board, limit, since=before)
            if spec is None:
                spec = _read(name, limit, slots)
                board.known_limits[limit] = (spec, time.monotonic())
    if slots > spec.limit:
        raise _not_ready(
            name,
            f"{slots} slots are asked for and it has {spec.limit}",
            f"ask for fewer, or `prefect gcl update '{limit}' --limit {slots}`",
        )
    if own + slots > spec.limit:
        raise _not_ready(
            name,
            f"this code already holds {own} of its {spec.limit} slots and would wait for itself",
            "take all the slots at once, outside",
        )
    return spec


def _known(board: Board, limit: str, since: float = 0.0) -> LimitSpec | None:
    """The limit as it was read a moment ago, and not before `since`."""
    spec, read_at = board.known_limits.get(limit, (None, 0.0))
    return spec if read_at >= max(since, time.monotonic() - FRESH_SECONDS) else None


def is_unlimited(spec: LimitSpec) -> bool:
    """Whether it stands for a pool without a limit."""
    return spec.limit >= UNLIMITED_LIMIT


def _read(name: str, limit: str, slots: int) -> LimitSpec:
    found = read_limit(limit)
    if found is None:
        create = f"`prefect gcl create '{limit}' --limit {slots}`, or `airflow-compat import pools.json`"
        if tag_limit_exists(limit):
            raise _not_ready(name, f"{limit!r} is a limit for task runs with that tag, which limits no pool", create)
        raise _not_ready(name, "it doesn't exist", create)
    if not found.active:
        raise _not_ready(name, "its limit is inactive, and limits nothing", f"`prefect gcl enable '{limit}'`")
    return found


def _not_ready(name: str, problem: str, repair: str) -> PoolNotReadyError:
    return PoolNotReadyError(f"pool {name!r}: {problem}. To mend it: {repair}")
