"""A process that takes a pool again and again, and records its holds; started by test_processes.py."""

from __future__ import annotations

import os
import random
import sys
import time

from airflow_compat import pool


def main(name: str, rounds: int, record: str) -> None:
    """Enter the pool `rounds` times. Append `start end slots` of each hold to the record.

    All processes use the same clock.
    """
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
