"""Creates the runs of a backfill in order, with at most `max_active_runs` active at a time, and waits for their end.

The whole state is on the server, so a backfill whose process was killed continues when it is called again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from itertools import repeat
from threading import Event
from typing import Any, TypeVar

from .._prefect.polling import retry_on
from ..errors import ServerUnreachableError
from ._deployment_plan import BackfillPlan
from ._plan import BackfillRun, HeldRun, PlannedRun
from ._server import clear_run, create_run, read_active_ids, read_runs

_FIRST_PAUSE, _LAST_PAUSE = 0.1, 5.0
# How long failed requests are retried: long enough for a restart of the server.
_PATIENCE_SECONDS = 60.0

R = TypeVar("R")


class Driver:
    """Executes a backfill. Creates runs until the event `stop` is set."""

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
        self._waiting: dict[str, PlannedRun] = {}
        self._settled: dict[PlannedRun, BackfillRun] = {}

    def run(self) -> tuple[BackfillRun, ...]:
        """Create all runs, and wait until they have ended. Return the result of each interval, in the plan's order.

        Raises:
            ServerError: A request failed, or the server was unreachable for a minute.
        """
        pause = _FIRST_PAUSE
        while self._todo or self._waiting:
            if self._stop.is_set():
                self._leave("not created, because the backfill was stopped")
                break
            if self._step():
                pause = _FIRST_PAUSE
            elif self._waiting or self._todo:
                self._stop.wait(pause)
                pause = min(2 * pause, _LAST_PAUSE)
        return tuple(self._settled[item] for item in self._order)

    def _step(self) -> bool:
        before = len(self._settled), len(self._todo)
        if self._waiting:
            held = _patiently(lambda: read_runs(self._waiting))
            for id_, item in list(self._waiting.items()):
                found = held.get(id_)
                if found is None or found.has_ended:
                    del self._waiting[id_]
                    self._end(item, found, "" if found else "the flow run was deleted")
        self._fill()
        return before != (len(self._settled), len(self._todo))

    def _fill(self) -> None:
        if not self._todo or len(self._waiting) >= self._limit:
            return
        # Active backfill runs that other processes created also count towards the limit.
        others = _patiently(lambda: read_active_ids(self._deployment)) - {
            *self._waiting,
            *(item.held.id for item in self._todo if item.held),
        }
        while self._todo and len(self._waiting) + len(others) < self._limit:
            self._begin(self._todo.popleft())

    def _begin(self, item: PlannedRun) -> None:
        if item.action == "exists":
            self._end(item, item.held)
        elif item.action == "running" and item.held:
            self._waiting[item.held.id] = item
        elif item.clears and item.held:
            id_ = item.held.id
            _patiently(lambda: clear_run(id_))
            self._waiting[id_] = item
        else:
            held = _patiently(lambda: create_run(self._deployment, item.request(self._deployment, self._parameters)))
            self._waiting[held.id] = item

    def _end(self, item: PlannedRun, held: HeldRun | None, reason: str = "") -> None:
        if held is not None and held.has_failed:
            reason = f"the run ended as {held.state_name}"
        self._settle(item, item.outcome(held, reason))
        if reason and self._stops_at_failure:
            self._leave(
                f"not created, because the run of {item.run.logical_date.isoformat()} did not complete; fix the cause, "
                "then use rerun='failed'"
            )

    def _leave(self, reason: str) -> None:
        for item in [*self._waiting.values(), *self._todo]:
            held = item.held if item.action in ("running", "exists") else None
            self._settle(item, item.outcome(held, reason))
        self._waiting.clear()
        self._todo.clear()

    def _settle(self, item: PlannedRun, outcome: BackfillRun) -> None:
        self._settled[item] = outcome
        self._progress(outcome)


def _patiently(call: Callable[[], R]) -> R:
    return retry_on(ServerUnreachableError, call, within=_PATIENCE_SECONDS, pauses=repeat(1.0))
