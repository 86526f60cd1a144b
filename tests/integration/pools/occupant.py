"""Holds slots of a pool until its standard input ends; started by test_doctor.py."""

from __future__ import annotations

import sys

from airflow_compat import pool

if __name__ == "__main__":
    with pool(sys.argv[1], int(sys.argv[2])):
        print("in", flush=True)
        sys.stdin.read()
