"""A pool's queue in one process with a fake clock and server: order, fairness, no lost wake-ups."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat.errors import PoolNotReadyError
from airflow_compat.pools._dispatcher import SlotDispatcher
from airflow_compat.pools._fair_share import FairShare
from airflow_compat.pools._queue import Ticket, WaitQueue


@dataclass(eq=False)
class Slots:
    slots: int
    lost: bool = False


@dataclass
class Server:
    """Counts like the real server, and fails if more slots are out than exist."""

    limit: int
    taken: int = 0
    requests: int = 0
    refuse: type[Exception] | None = None
    out: list[Slots] = field(default_factory=list)

    def try_acquire(self, ticket: Ticket[Slots]) -> Slots | None:
        self.requests += 1
        if self.refuse:
            raise self.refuse("refused")
        if self.taken + ticket.slots > self.limit:
            return None
        self.taken += ticket.slots
        self.out.append(Slots(ticket.slots))
        return self.out[-1]

    def release(self, held: Slots) -> None:
        self.out.remove(held)
        self.taken -= held.slots


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def ticket(slots: int = 1, weight: int = 1, woken: list[str] | None = None, name: str = "") -> Ticket[Slots]:
    log = woken if woken is not None else []
    return Ticket(slots, weight, lambda: log.append(name))


@given(st.lists(st.tuples(st.integers(-2, 2), st.booleans()), max_size=40))
def test_queue_is_sorted_by_weight_then_arrival(arrivals: list[tuple[int, bool]]) -> None:
    line: WaitQueue[Slots] = WaitQueue()
    stay = []
    for number, (weight, leaves) in enumerate(arrivals):
        each = ticket(weight=weight)
        line.join(each)
        if leaves:
            line.leave(each)
        else:
            stay.append((-weight, number, each))
    assert len(line) == len(stay)
    served = []
    while first := line.first():
        served.append(first)
        line.leave(first)
    assert served == [each for _, _, each in sorted(stay, key=lambda item: item[:2])]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(1, 3), st.integers(1, 2)),
        st.tuples(st.just("done"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("give up"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 400), st.just(0)),
        st.tuples(st.just("others wait"), st.just(0), st.just(0)),
    ),
    max_size=80,
)


class Room:
    """A desk with its waiters and holders."""

    def __init__(self, limit: int) -> None:
        self.clock, self.server = Clock(), Server(limit)
        self.desk: SlotDispatcher[Slots] = SlotDispatcher(self.server, self.clock)
        self.waiting: list[Ticket[Slots]] = []
        self.holding: list[Ticket[Slots]] = []
        self.woken: list[str] = []
        self.joined = 0
        self.gave_up = 0

    def take(self, step: str, number: int, weight: int) -> None:
        self.clock.now += 0.001
        if step == "join":
            self.waiting.append(ticket(number, weight, self.woken, str(self.joined)))
            self.joined += 1
            self.desk.join(self.waiting[-1])
        elif step == "done" and self.holding:
            self.done(number % len(self.holding))
        elif step == "give up" and self.waiting:
            self.desk.leave(self.waiting.pop(number % len(self.waiting)))
            self.gave_up += 1
        elif step == "wait":
            self.clock.now += number / 100
        elif step == "others wait":
            self.desk.share.others_wait(self.clock.now)
        self.desk.ask()
        self.settle()

    def done(self, index: int) -> None:
        held = self.holding.pop(index).held
        assert held
        self.desk.give_back(held)

    def settle(self) -> None:
        for each in [each for each in self.waiting if each.settled]:
            self.waiting.remove(each)
            self.holding.append(each)
        assert self.server.taken == sum(each.slots for each in self.holding) <= self.server.limit
        assert len(self.woken) == len(set(self.woken)) == self.joined - len(self.waiting) - self.gave_up

    def finish(self) -> None:
        while self.waiting or self.holding:
            left = len(self.waiting) + len(self.holding)
            self.clock.now += 0.3
            self.desk.ask()
            self.settle()
            assert self.holding
            self.done(0)
            self.settle()
            assert len(self.waiting) + len(self.holding) == left - 1


@examples(500)
@given(st.integers(3, 5), STEPS)
def test_no_slot_is_lost_and_every_waiter_is_served(limit: int, steps: list[tuple[str, int, int]]) -> None:
    room = Room(limit)
    for step in steps:
        room.take(*step)
    room.finish()
    assert (room.server.taken, room.server.out, room.desk.waiting()) == (0, [], 0)


def test_slots_are_handed_over_without_a_request() -> None:
    clock, server = Clock(), Server(1)
    desk: SlotDispatcher[Slots] = SlotDispatcher(server, clock)
    line = [ticket() for _ in range(50)]
    for each in line:
        desk.join(each)
    desk.ask()
    asked = server.requests
    for each, following in itertools.pairwise(line):
        assert each.held
        assert desk.give_back(each.held)
        assert following.held is each.held
        assert following.handed_over
    assert server.requests == asked


@pytest.mark.parametrize(("hear", "longest"), [(True, 1.0), (False, 1.5)])
def test_busy_process_pauses_for_other_processes(hear: bool, longest: float) -> None:
    clock, server = Clock(), Server(1)
    desk: SlotDispatcher[Slots] = SlotDispatcher(server, clock)
    current = ticket()
    desk.join(current)
    desk.ask()
    while True:
        following = ticket()
        desk.join(following)
        clock.now += 0.01
        if hear:
            desk.share.others_wait(clock.now)
        assert current.held
        if not desk.give_back(current.held):
            break
        current = following
    assert clock.now == pytest.approx(longest, abs=0.02)
    desk.ask()
    assert not following.settled
    clock.now += 0.05
    # "Now or never" doesn't wait for the pause to end.
    desk.ask(now_or_never=True)
    assert following.held


def test_busy_process_without_waiters_pauses_too() -> None:
    clock, server = Clock(), Server(1)
    desk: SlotDispatcher[Slots] = SlotDispatcher(server, clock)
    paused = 0
    for _ in range(1000):
        each = ticket()
        desk.join(each)
        desk.ask()
        if not each.held:
            paused += 1
            clock.now += 0.11
            desk.ask()
        assert each.held
        clock.now += 0.01
        desk.give_back(each.held)
    assert paused == pytest.approx(1000 * 0.01 / 1.5, abs=1)


def test_lost_slots_are_not_handed_over() -> None:
    server = Server(1)
    desk: SlotDispatcher[Slots] = SlotDispatcher(server, Clock())
    first, second = ticket(), ticket()
    desk.join(first)
    desk.join(second)
    desk.ask()
    assert first.held
    first.held.lost = True
    assert not desk.give_back(first.held)
    assert not second.settled


def test_refusal_ends_only_the_refused_wait() -> None:
    server = Server(1, refuse=PoolNotReadyError)
    woken: list[str] = []
    desk: SlotDispatcher[Slots] = SlotDispatcher(server, Clock())
    line = [ticket(woken=woken, name=name) for name in "ab"]
    for each in line:
        desk.join(each)
    desk.ask()
    assert [type(each.error) for each in line] == [PoolNotReadyError] * 2
    assert woken == ["a", "b"]
    server.refuse = ConnectionError
    last = ticket()
    desk.join(last)
    with pytest.raises(ConnectionError):
        desk.ask()
    assert not last.settled
    desk.fail_all(ConnectionError())
    assert last.error


def test_new_waiters_send_no_request_right_after_a_denial() -> None:
    clock, server = Clock(), Server(limit=1, taken=1)
    desk = SlotDispatcher(server, clock)
    assert not desk.was_just_denied()
    desk.join(ticket())
    desk.ask()
    assert desk.was_just_denied()
    clock.now = 0.1
    assert not desk.was_just_denied()
    desk.share.listening = True
    assert desk.was_just_denied()
    clock.now = 0.3
    assert not desk.was_just_denied()


def test_slots_are_handed_over_again_from_the_end_of_a_pause() -> None:
    share = FairShare()
    share.acquired(0.0)
    share.released(1000.0)
    end = share.may_ask_at()
    assert end > 1000.0
    assert not share.may_hand_over(end - 0.001)
    assert share.may_hand_over(end)
