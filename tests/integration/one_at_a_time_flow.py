"""A flow that a worker runs, and that records when it starts and ends."""

from __future__ import annotations

import time
from pathlib import Path

from prefect import flow


@flow
def guarded(record: str, number: int) -> None:
    """Work for a second, or until another run works too."""
    _write(record, "in", number)
    until = time.monotonic() + 1
    while time.monotonic() < until and most_at_once(record) < 2:
        time.sleep(0.02)
    _write(record, "out", number)


def _write(record: str, what: str, number: int) -> None:
    # One short write at the end of a file isn't mixed with those of others.
    with Path(record).open("a") as file:
        file.write(f"{what} {number}\n")


def most_at_once(record: str) -> int:
    """The most runs between their two lines at the same time."""
    most = now = 0
    for line in Path(record).read_text().splitlines():
        now += 1 if line.startswith("in ") else -1
        most = max(most, now)
    return most
