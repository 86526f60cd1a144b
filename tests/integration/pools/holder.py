"""A process that holds a pool until it is ended, or enters it again and again; started by test_signals.py."""

from __future__ import annotations

import sys
import time

from airflow_compat import pool


def main(how: str, name: str) -> None:
    """Print "held" after entering the pool, and hold it; or keep it busy without pauses."""
    if how == "hold":
        with pool(name):
            print("held", flush=True)
            time.sleep(600)
    while True:
        with pool(name):
            print("held", flush=True)
            time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
