"""The runs that both sides have, and how what is sent of them is read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

# The one that fails, and the one that succeeds.
DAG_IDS = ("etl", "good")
POOL = "pool_a"
POOL_SLOTS = 3
# How long the task that holds two of them takes.
HOLDS_SECONDS = 3.0

Sent = dict[tuple[str, str], list[float]]


def read(lines: Iterable[str]) -> Sent:
    """The values by what was sent: its kind, and its name with its tags, which have an order of their own."""
    found: Sent = defaultdict(list)
    for line in lines:
        # Some of the scheduler's own have a rate.
        match = re.fullmatch(r"airflow\.(.+):([-+\d.]+)\|(\w+)(\|@[\d.]+)?", line)
        if match is None:
            raise AssertionError(f"{line!r} is no measurement")
        name, *tags = match[1].split(",")
        found[match[3], ",".join([name, *sorted(tags)])].append(float(match[2]))
    return dict(found)
