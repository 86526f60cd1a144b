"""The DAGs of `bench_throughput`, for both sides."""

from __future__ import annotations

from pathlib import Path

# The tasks of a run that are active at the same time: Airflow's default.
ACTIVE = 16
CHAIN, CHAINS = 20, 10
SIZES = {"chain": CHAIN, "fan_out": 100, "chains": CHAINS**2}

_DAGS = f"""
from datetime import datetime, timezone
from airflow.sdk import DAG, task

DAYS = dict(
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    end_date=datetime(2026, 1, {{days}}, tzinfo=timezone.utc),
    catchup=True,
    max_active_runs=1,
    max_active_tasks={ACTIVE},
)

@task
def work(value):
    return 1

def chain_of(length):
    value = 0
    for _ in range(length):
        value = work(value)

with DAG("chain", **DAYS):
    chain_of({CHAIN})

with DAG("fan_out", **DAYS):
    first = work(0)
    for _ in range({SIZES["fan_out"]} - 1):
        work(first)

with DAG("chains", **DAYS):
    for _ in range({CHAINS}):
        chain_of({CHAINS})
"""


def write_dags(folder: Path, days: int = 1) -> Path:
    """Write the DAG file, whose DAGs Airflow runs for a number of days, one after the other."""
    path = folder / "throughput.py"
    path.write_text(_DAGS.format(days=days))
    return path
