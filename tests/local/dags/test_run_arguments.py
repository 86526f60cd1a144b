"""The functions of `airflow_compat.dags.runs` refuse numbers out of range before they contact the server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from airflow_compat.dags import runs
from airflow_compat.dags._lost_runs import age_in_minutes
from airflow_compat.errors import InvalidArgumentError


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (partial(runs.clear, "etl/1", timeout=-1), "timeout=-1 is out of range"),
        (partial(runs.clear, "etl/1", timeout=float("nan")), "timeout=nan is out of range"),
        (partial(runs.clear, "etl/1", map_index=-1), "map_index=-1 is out of range"),
        (partial(runs.mark, "etl/1", "failed", timeout=-1), "timeout=-1 is out of range"),
        (partial(runs.mark, "etl/1", "failed", map_index=-2), "map_index=-2 is out of range"),
        (partial(runs.cancel, "etl/1", timeout=-1), "timeout=-1 is out of range"),
        (partial(runs.lost, older_than=timedelta(minutes=-5)), "older_than is -5 minutes"),
        (partial(age_in_minutes, float("nan")), "older_than is nan minutes"),
    ],
)
def test_a_number_out_of_range(call: Callable[[], object], said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        call()
