"""The pools' gauges, under Airflow's names."""

from __future__ import annotations

from collections.abc import Sequence

from .._airflow.metric_names import normal_name
from .._pools.overview import read_states
from .sample import Sample


def pool_samples(names: Sequence[str]) -> list[Sample]:
    """Three gauges for each pool: its open, running and queued slots.

    Raises:
        PoolNotReadyError: One of the pools doesn't exist.
        ServerError: The server can't be asked.
    """
    samples = []
    for state in read_states(names):
        values = {"open": state.slots - state.held, "running": state.held, "queued": state.waiting}
        tags = {"pool_name": normal_name(state.name)}
        samples += [Sample("gauge", f"pool.{key}_slots", value, tags) for key, value in values.items()]
    return samples
