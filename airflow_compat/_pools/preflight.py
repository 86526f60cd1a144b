"""Whether a pool can limit at all: what would wait for ever, or never wait, is an error with its repair."""

from __future__ import annotations

import time

from .._prefect.limits import read_limit, tag_limit_exists
from .._specs.limits import UNLIMITED_LIMIT
from .._specs.specs import LimitSpec
from ..errors import PoolNotReadyError
from .board import Board

FRESH_SECONDS = 1.0
"""How long the server's answer holds: hundreds may take one pool in a second."""


def check(board: Board, name: str, limit: str, slots: int, own: int) -> LimitSpec:
    """The limit of a pool that can be waited for.

    Args:
        board: This process's pools.
        name: The pool's name.
        limit: The limit's.
        slots: How many slots are wanted.
        own: How many of its slots the very code that asks holds already.

    Raises:
        PoolNotReadyError: See `pool`.
    """
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
