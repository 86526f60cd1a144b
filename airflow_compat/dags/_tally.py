"""Counts the upstream instances of a task by state."""

from __future__ import annotations

from collections import Counter


class Tally:
    """Counts instances: all of them, and those in each final state. Instances of setups are also counted separately.

    Methods return True only if decisions can depend on the change. Trigger rules only ask whether any or all
    instances are in a state. Exact numbers matter only if some instances were removed.
    """

    __slots__ = ("_by_state", "_setups_by_state", "done", "setups", "total")

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self.setups = 0
        self._by_state: dict[str, int] = {}
        self._setups_by_state: dict[str, int] = {}

    def __getitem__(self, state: str) -> int:
        return self._by_state.get(state, 0)

    def setup(self, state: str) -> int:
        """Return how many instances of setups are in this state."""
        return self._setups_by_state.get(state, 0)

    @property
    def complete(self) -> bool:
        """Whether all instances have ended."""
        return self.done >= self.total

    def waiting_or_other(self, *states: str) -> int:
        """Return the number of instances that have not ended, or have ended in a state that is not one of `states`."""
        return self.total - sum(self[state] for state in states)

    def expect(self, number: int, *, is_setup: bool) -> bool:
        """Change the number of instances that have not ended; `number` may be negative.

        Return True if a decision can depend on the change.
        """
        before = self.complete, self.total > 0
        self.total += number
        if is_setup:
            self.setups += number
        return before != (self.complete, self.total > 0)

    def end(self, state: str, *, is_setup: bool, number: int = 1) -> bool:
        """Count an instance that ended; `number=-1` removes the instance.

        Return True if a decision can depend on the change.
        """
        before = self.complete
        self.done += number
        matters = _count(self._by_state, state, number)
        if is_setup:
            matters |= _count(self._setups_by_state, state, number)
        return matters or before != self.complete or self["removed"] > 0

    def __add__(self, other: Tally) -> Tally:
        result = Tally()
        result.total = self.total + other.total
        result.done = self.done + other.done
        result.setups = self.setups + other.setups
        result._by_state = Counter(self._by_state) + Counter(other._by_state)
        result._setups_by_state = Counter(self._setups_by_state) + Counter(other._setups_by_state)
        return result


def _count(numbers: dict[str, int], state: str, number: int) -> bool:
    """Change the number of instances in a state.

    Return True if the first instance was added or the last one removed.
    """
    before = numbers.get(state, 0)
    numbers[state] = before + number
    return not before or not numbers[state]
