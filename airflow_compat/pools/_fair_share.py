"""How long this process may go on with a pool's slots before it gives other processes a chance. Pure."""

from __future__ import annotations

# Seconds. Another process is let in within two: the longest stretch, and the work that is under way.
_WITH_OTHERS = 1.0
_UNKNOWING = 1.5
_ALONE = 10.0
# A process that hears of a release has asked within some 30 ms, and where the server is busy, within some 200.
_PAUSE, _PAUSE_FOR_OTHERS = 0.1, 0.25
# Those who wait say so every two seconds.
_HEARD_LASTS = 4.5


class Share:
    """Counts a stretch: the time in which this process kept slots, or took them again at once.

    A stretch that lasts too long ends with a pause, in which the slots go back to the server and aren't asked for.
    """

    def __init__(self) -> None:
        self.listening = False
        self._heard = float("-inf")
        self._began = float("-inf")
        self._left = float("-inf")
        self._paused_until = float("-inf")
        self._leases = 0

    def others_wait(self, now: float) -> None:
        """Another process said that it waits."""
        self._heard = now

    def acquired(self, now: float) -> None:
        """The server gave slots."""
        if not self._leases and now > self._left + _PAUSE:
            self._began = now
        self._leases += 1

    def released(self, now: float) -> None:
        """Slots went back to the server."""
        self._leases -= 1
        self._left = now
        if now >= self._paused_until and now - self._began >= self._longest(now):
            self._paused_until = self._began = now + (_PAUSE_FOR_OTHERS if self._others_wait(now) else _PAUSE)

    def may_hand_over(self, now: float) -> bool:
        """Whether slots that come free may go to the next waiter of this process."""
        return now >= self._paused_until and now - self._began < self._longest(now)

    def may_ask_at(self) -> float:
        """When this process may ask the server for slots."""
        return self._paused_until

    def _longest(self, now: float) -> float:
        if self._others_wait(now):
            return _WITH_OTHERS
        return _ALONE if self.listening else _UNKNOWING

    def _others_wait(self, now: float) -> bool:
        return now - self._heard < _HEARD_LASTS
