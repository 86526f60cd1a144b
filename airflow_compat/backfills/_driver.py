"""Makes the runs of a backfill, a few at a time and in order, and waits for them.

All that it knows is on the server, so one that was killed is begun again by calling it again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, TypeVar

from .._prefect.backfill_runs import create_run, read_active_ids, read_runs
from .._specs.backfill import BackfillRun, HeldRun, Planned
from ..errors import ServerUnreachableError
from .plan import BackfillPlan

_FIRST_PAUSE, _LAST_PAUSE = 0.1, 5.0
# How long a server may be gone: a restart ends nothing.
_PATIENCE_SECONDS = 60.0

R = TypeVar("R")


class Driver:
    """One backfill.

    Args:
        plan: What is to be done.
        max_active_runs: How many of the deployment's backfill runs go on at once.
        depends_on_past: Whether each run waits for the one before, and a failure ends it.
        parameters: Of each run.
        progress: Called with each interval when it is settled.
        stop: Set by who wants no more runs to be made.
    """

    def __init__(
        self,
        plan: BackfillPlan,
        *,
        max_active_runs: int,
        depends_on_past: bool,
        parameters: Mapping[str, Any],
        progress: Callable[[BackfillRun], object],
        stop: Event,
    ) -> None:
        self._deployment = plan.deployment.id
        self._order = plan.items
        self._todo = deque(plan.items)
        self._limit = 1 if depends_on_past else max_active_runs
        self._stops_at_failure = depends_on_past
        self._parameters = parameters
        self._progress = progress
        self._stop = stop
        self._waiting: dict[str, Planned] = {}
        self._settled: dict[Planned, BackfillRun] = {}
        self._failed: Planned | None = None

    def run(self) -> tuple[BackfillRun, ...]:
        """Make all runs and wait for them; what became of each interval, in the plan's order.

        Raises:
            ServerError: The server can't be asked, or was gone for a minute.
        """
        pause = _FIRST_PAUSE
        while self._todo or self._waiting:
            if self._stop.is_set():
                self._leave("not made, since the backfill was stopped")
                break
            if self._step():
                pause = _FIRST_PAUSE
            elif self._waiting or self._todo:
                self._stop.wait(pause)
                pause = min(2 * pause, _LAST_PAUSE)
        return tuple(self._settled[item] for item in self._order)

    def _step(self) -> bool:
        """Whether something happened."""
        before = len(self._settled), len(self._todo)
        if self._waiting:
            held = _patiently(lambda: read_runs(self._waiting))
            for id_, item in list(self._waiting.items()):
                self._look_at(item, held.get(id_), id_)
        self._fill()
        return before != (len(self._settled), len(self._todo))

    def _fill(self) -> None:
        if not self._todo or self._failed is not None or len(self._waiting) >= self._limit:
            return
        # Those of another process count as well.
        others = _patiently(lambda: read_active_ids(self._deployment)) - {
            *self._waiting,
            *(item.held.id for item in self._todo if item.held),
        }
        while self._todo and self._failed is None and len(self._waiting) + len(others) < self._limit:
            self._begin(self._todo.popleft())

    def _begin(self, item: Planned) -> None:
        if item.action == "exists":
            self._end(item, item.held)
        elif item.action == "running" and item.held:
            self._waiting[item.held.id] = item
        else:
            request = item.request(self._deployment, self._parameters)
            held = _patiently(lambda: create_run(self._deployment, request))
            self._waiting[held.id] = item

    def _look_at(self, item: Planned, held: HeldRun | None, id_: str) -> None:
        if held is None:
            del self._waiting[id_]
            self._end(item, None, "its flow run was deleted")
        elif held.has_ended:
            del self._waiting[id_]
            self._end(item, held)

    def _end(self, item: Planned, held: HeldRun | None, reason: str = "") -> None:
        if held is not None and held.has_failed:
            reason = f"it ended as {held.state_name}"
        self._settle(item, item.outcome(held, reason))
        if reason and self._stops_at_failure:
            self._failed = item
            date = item.run.logical_date.isoformat()
            self._leave(f"not made, since that of {date} did not complete; mend it, and go on with rerun='failed'")

    def _leave(self, reason: str) -> None:
        """What is still to be done isn't."""
        for item in [*self._waiting.values(), *self._todo]:
            held = item.held if item.action in ("running", "exists") else None
            self._settle(item, item.outcome(held, reason))
        self._waiting.clear()
        self._todo.clear()

    def _settle(self, item: Planned, outcome: BackfillRun) -> None:
        self._settled[item] = outcome
        self._progress(outcome)


def _patiently(call: Callable[[], R]) -> R:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return call()
        except ServerUnreachableError:
            if time.monotonic() > until:
                raise
            time.sleep(1)
