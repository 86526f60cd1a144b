"""A process that takes a pool again and again, and records when it was inside; started by test_pools_processes.py."""

from __future__ import annotations

import os
import random
import sys
import time

from airflow_compat import pool


def main(name: str, rounds: int, record: str) -> None:
    """Pass `rounds` times; each time append `start end slots` of the passage to the record, on one clock."""
    chance = random.Random(os.getpid())
    for _ in range(rounds):
        slots = chance.choice((1, 1, 2))
        try:
            with pool(name, slots=slots):
                start = time.clock_gettime(time.CLOCK_MONOTONIC)
                until = start + chance.uniform(0, 0.02)
                while time.clock_gettime(time.CLOCK_MONOTONIC) < until:
                    pass
                end = time.clock_gettime(time.CLOCK_MONOTONIC)
                line = f"{start} {end} {slots}\n".encode()
                # One write of a short line to an appending file is whole, also between processes.
                with open(record, "ab", buffering=0) as file:  # noqa: PTH123
                    file.write(line)
                if chance.random() < 0.1:
                    raise ValueError("the body fails")
        except ValueError:
            continue


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
