"""Medians of several runs, and the ratio to a baseline that was measured beside them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


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
