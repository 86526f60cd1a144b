"""Reads from the Prefect server: ended runs, the number of running flow runs, and the pools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.pages import chunks, items
from ..pools._overview import read_states
from ._names import normal_name
from ._sample import Sample


def read_ended(kind: Literal["flow_runs", "task_runs"], since: datetime) -> list[Mapping[str, Any]]:
    body = {kind: {"end_time": {"after_": since.isoformat()}}, "sort": "ID_DESC"}
    return list(items("/flow_runs/filter" if kind == "flow_runs" else "/task_runs/filter", body))


@server_call
def count_running() -> int:
    answer = kept_client().request(
        "POST", "/flow_runs/count", json={"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    )
    return int(answer.json())


def read_flows_of(flow_run_ids: Iterable[str]) -> dict[str, str]:
    return {
        run["id"]: run["flow_id"]
        for chunk in chunks(flow_run_ids)
        for run in items("/flow_runs/filter", {"flow_runs": {"id": {"any_": chunk}}})
    }


def read_flow_names(flow_ids: Iterable[str]) -> dict[str, str]:
    return {
        each["id"]: each["name"]
        for chunk in chunks(flow_ids)
        for each in items("/flows/filter", {"flows": {"id": {"any_": chunk}}})
    }


def pool_samples(names: Sequence[str]) -> list[Sample]:
    """Return three gauges for each pool: open, running and queued slots.

    Raises:
        PoolNotReadyError: A named pool doesn't exist.
        ServerError: A request to the server failed.
    """
    samples = []
    for state in read_states(names):
        values = {"open": state.slots - state.held, "running": state.held, "queued": state.waiting}
        tags = {"pool_name": normal_name(state.name)}
        samples += [Sample("gauge", f"pool.{key}_slots", value, tags) for key, value in values.items()]
    return samples
