"""Limits how long this process reuses a pool's slots."""

from __future__ import annotations

# The longest times in seconds for which slots are reused without a pause: while other processes wait, while that is
# unknown, and while no other process waits.
_WITH_OTHERS = 1.0
_UNKNOWING = 1.5
_ALONE = 10.0
# The pauses in seconds: the first while no other process waits, the second while other processes wait. After a release
# event, a waiting process sends a request within about 30 ms; with a busy server, within about 200 ms.
_PAUSE, _PAUSE_FOR_OTHERS = 0.1, 0.25
# Waiting processes send an event every two seconds. If no event of another process arrives for this time, no other
# process waits.
_HEARD_LASTS = 4.5


class FairShare:
    """Measures a stretch: the time in which this process keeps slots, or takes slots again immediately.

    A long stretch ends with a pause, during which released slots go back to the server and this process requests none.
    """

    def __init__(self) -> None:
        self.listening = False
        self._heard = float("-inf")
        self._began = float("-inf")
        self._left = float("-inf")
        self._paused_until = float("-inf")
        self._leases = 0

    def others_wait(self, now: float) -> None:
        self._heard = now

    def acquired(self, now: float) -> None:
        if not self._leases and now > self._left + _PAUSE:
            self._began = now
        self._leases += 1

    def released(self, now: float) -> None:
        self._leases -= 1
        self._left = now
        if now >= self._paused_until and now - self._began >= self._longest(now):
            self._paused_until = self._began = now + (_PAUSE_FOR_OTHERS if self._others_wait(now) else _PAUSE)

    def may_hand_over(self, now: float) -> bool:
        """Return True if released slots may go to the next waiter of this process."""
        return now >= self._paused_until and now - self._began < self._longest(now)

    def may_ask_at(self) -> float:
        return self._paused_until

    def _longest(self, now: float) -> float:
        if self._others_wait(now):
            return _WITH_OTHERS
        return _ALONE if self.listening else _UNKNOWING

    def _others_wait(self, now: float) -> bool:
        return now - self._heard < _HEARD_LASTS
