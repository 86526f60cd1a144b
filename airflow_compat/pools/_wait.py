"""Waits for slots, and cleans up when a wait ends early.

If a limit can never give the slots, or has no effect, an error names the fix.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from .._airflow.names import limit_name
from .._prefect.limits import read_limit, tag_limit_exists
from .._prefect.run_logger import run_logger
from .._prefect.specs import LARGEST_LIMIT, LimitSpec
from ..errors import PoolNotReadyError, ServerBusyError, ServerError
from ._dispatcher import SlotDispatcher
from ._events import say_waiting
from ._process_pools import ProcessPools
from ._queue import Ticket
from ._request_threads import Begin, Pause, Steps, call_here, pending, run_in_thread, start
from ._server_slots import Lease, current_holder
from ._slot_request import ANSWER_SECONDS, SlotRequest
from ._state import count_slots
from ._wait_notices import Notices

# How long the server's answer about a limit is reused: hundreds of holds may enter one pool in a second.
_FRESH_SECONDS = 1.0
_BUSY_PAUSE = 1.0


def find_limit(board: ProcessPools, wish: SlotRequest, begin: Begin) -> Steps[LimitSpec]:
    """Return the pool's limit if it can give the requested slots. Wait while the server is busy.

    Raises:
        PoolNotReadyError: See `pool`.
        PoolTimeoutError: The timeout ended before the server answered.
        ServerError: A request to the server failed.
    """
    while True:
        request = begin(lambda: _check(board, wish, own=wish.own))
        yield Pause((request,), wish.left(answered=False))
        if not request.done():
            raise wish.no_answer()
        try:
            return request.result()
        except ServerBusyError as exc:
            if not wish.left(answered=True):
                raise wish.no_answer() from None
            run_logger().warning("Still waiting for pool %r: %s", wish.pool, exc)
        yield Pause((pending(),), _BUSY_PAUSE)


def _check(board: ProcessPools, wish: SlotRequest, *, own: int) -> LimitSpec:
    """Return the pool's limit if it can serve code that already holds `own` slots.

    Raises:
        PoolNotReadyError: See `pool`.
    """
    name, limit, slots = wish.pool, limit_name(wish.pool), wish.slots
    spec = _known(board, limit)
    if spec is None or own + slots > spec.limit:
        before = time.monotonic()
        with board.reading:
            # One of many simultaneous waiters reads the limit for all of them.
            spec = _known(board, limit, since=before)
            if spec is None:
                spec = _read(name, limit, slots)
                board.known_limits[limit] = (spec, time.monotonic())
    if slots > spec.limit:
        raise _not_ready(
            name,
            f"has {count_slots(spec.limit)}, but {slots} were requested",
            f"Request fewer, or run `prefect gcl update '{limit}' --limit {slots}`",
        )
    if own + slots > spec.limit:
        raise _not_ready(
            name,
            f"has {count_slots(spec.limit)}; this code already holds {own} and would wait for itself",
            "Request all slots at once, in the outer `pool()`",
        )
    return spec


def _known(board: ProcessPools, limit: str, since: float = 0.0) -> LimitSpec | None:
    """Return the limit if it was read in the last second, and not before `since`."""
    spec, read_at = board.known_limits.get(limit, (None, 0.0))
    return spec if read_at >= max(since, time.monotonic() - _FRESH_SECONDS) else None


def is_unlimited(spec: LimitSpec) -> bool:
    return spec.limit >= LARGEST_LIMIT


def _read(name: str, limit: str, slots: int) -> LimitSpec:
    found = read_limit(limit)
    if found is None:
        hint = f"; the tag limit {limit!r} only limits task runs with that tag" if tag_limit_exists(limit) else ""
        raise _not_ready(
            name,
            f"doesn't exist{hint}",
            f"Run `prefect gcl create '{limit}' --limit {slots}`, or `airflow-compat import pools.json`",
        )
    if not found.active:
        raise _not_ready(name, "has no effect because its limit is inactive", f"Run `prefect gcl enable '{limit}'`")
    return found


def _not_ready(name: str, problem: str, repair: str) -> PoolNotReadyError:
    return PoolNotReadyError(f"Pool {name!r} {problem}. {repair}")


def wait_for_slots(board: ProcessPools, wish: SlotRequest, limit: LimitSpec, begin: Begin) -> Steps[tuple[Lease, bool]]:
    """Wait for the slots. Return the lease, and whether another hold of this process passed on the lease.

    `begin` sends the first request.

    Raises:
        PoolTimeoutError: The timeout is over.
        PoolNotReadyError: The limit was deleted, or reduced below the requested number of slots.
        ServerError: A request to the server failed.
    """
    woken = pending()
    since = time.monotonic()
    with _in_line(board, wish, limit, woken) as (ticket, desk, notices):

        def ask() -> None:
            nonlocal since
            try:
                desk.ask(now_or_never=wish.timeout == 0)
            except ServerBusyError:
                # The poller sends the next request.
                pass
            except Exception as exc:  # noqa: BLE001 - the waiter raises it
                desk.fail(ticket, exc)
            since = time.monotonic()
            if not ticket.settled:
                board.poller.watch(desk)

        if desk.first() is ticket and (wish.timeout == 0 or not desk.was_just_denied()):
            asked = begin(ask)
        else:
            # Other waiters are first, or the server just refused slots: let the poller send the request.
            asked = call_here(lambda: board.poller.watch(desk))
        while not ticket.settled and (left := wish.left(answered=asked.done())):
            yield Pause((woken,) if asked.done() else (woken, asked), min(notices.next_in(), left))
            notices.give()
        # An inactive limit grants every request: check that the limit was not deactivated during the wait.
        if ticket.held and time.monotonic() - since > _FRESH_SECONDS:
            yield from _check_again(board, wish)
    if ticket.error:
        raise ticket.error
    if not ticket.held:
        raise wish.too_late((yield from notices.holders())) if asked.done() else wish.no_answer()
    return ticket.held, ticket.handed_over


def _check_again(board: ProcessPools, wish: SlotRequest) -> Steps[None]:
    checked = start(lambda: _check(board, wish, own=0))
    yield Pause((checked,), ANSWER_SECONDS)
    # The slots are granted, even if the server is now too busy for this check.
    with suppress(ServerBusyError):
        if checked.done():
            checked.result()


@contextmanager
def _in_line(
    board: ProcessPools, wish: SlotRequest, limit: LimitSpec, woken: Future[None]
) -> Iterator[tuple[Ticket[Lease], SlotDispatcher[Lease], Notices]]:
    context = contextvars.copy_context()

    def announce() -> None:
        context.run(say_waiting, limit.id, limit.name, wish.slots, desk.waiting())

    def wake() -> None:
        woken.set_result(None)

    ticket: Ticket[Lease] = Ticket(wish.slots, wish.priority_weight, wake, current_holder(), announce)
    notices = Notices(board.holders, wish, limit)
    desk = board.join(limit.name, ticket)
    try:
        yield ticket, desk, notices
    except BaseException:
        desk.leave(ticket)
        if ticket.held:
            _give_back(board, ticket.held)
        else:
            board.rest(desk)
        raise
    finally:
        notices.stop()
    desk.leave(ticket)
    if ticket.held is None:
        board.rest(desk)


def _give_back(board: ProcessPools, lease: Lease) -> None:
    # This runs in a thread, because a cancellation may have ended the wait, and cancelled code must not await.
    def give_back() -> None:
        with suppress(ServerError):
            board.give_back(lease)

    run_in_thread("airflow-compat-return", give_back, daemon=False)
