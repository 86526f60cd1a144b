"""Medians of several runs, the ratio to a baseline that was measured beside them, and a server's CPU time."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path


def milliseconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def compare(title: str, sides: Mapping[str, Callable[[], object]], *, runs: int) -> None:
    """Run the sides in turn, and print each one's median and its ratio to the first side's."""
    for call in sides.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, call in sides.items():
            taken[name].append(milliseconds(call))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    baseline = next(iter(medians.values()))
    print(f"\n{title} (median of {runs})")
    for name, median in medians.items():
        low, high = min(taken[name]), max(taken[name])
        print(f"  {name:<45} {median:9.2f} ms   {median / baseline:6.2f} x   ({low:.2f} to {high:.2f})")


def settled(pid: int) -> float:
    """Return the CPU time of a server's process in seconds, once it has recorded what it was sent."""
    before = _cpu_seconds(pid)
    while True:
        time.sleep(2)
        now = _cpu_seconds(pid)
        # An idle server takes some time, too.
        if now - before < 0.2:
            return now
        before = now


def _cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
