"""A DAG's own limits as Prefect limits."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_compat._airflow.dag_limits import (
    DeploymentLimit,
    TagLimit,
    TaskRunnerLimit,
    limit_from_max_active_runs,
    limit_from_max_active_tasks,
    limit_from_max_active_tis_per_dag,
)
from airflow_compat.errors import InvalidDagLimitError, InvalidNameError


def test_a_tasks_limit_spans_all_runs() -> None:
    limit = limit_from_max_active_tis_per_dag("etl", "load", 3)
    assert limit == TagLimit("etl.load", 3)
    assert limit.name == "tag:etl.load"
    # Prefect refuses these characters in a limit's name.
    assert limit_from_max_active_tis_per_dag("a/b", "c%d", 1).tag == "a-b.c-d"


def test_max_active_tasks_counts_per_run_in_airflow_3_and_across_runs_in_2() -> None:
    assert limit_from_max_active_tasks("etl", 16) == TaskRunnerLimit(16)
    assert limit_from_max_active_tasks("etl", 16, airflow_version="3") == TaskRunnerLimit(16)
    assert limit_from_max_active_tasks("etl", 16, airflow_version="2") == TagLimit("etl", 16)


def test_further_runs_wait() -> None:
    assert limit_from_max_active_runs(1) == DeploymentLimit(1, "ENQUEUE")


@pytest.mark.parametrize("number", [0, -1, True, 1.5, None, "2"])
def test_invalid_limit_is_refused_by_name(number: Any) -> None:
    with pytest.raises(InvalidDagLimitError, match=r"max_active_runs: .* whole number of at least 1"):
        limit_from_max_active_runs(number)
    with pytest.raises(InvalidDagLimitError, match="max_active_tasks"):
        limit_from_max_active_tasks("etl", number)
    with pytest.raises(InvalidDagLimitError, match="max_active_tis_per_dag"):
        limit_from_max_active_tis_per_dag("etl", "load", number)


def test_an_empty_id_is_refused() -> None:
    with pytest.raises(InvalidNameError):
        limit_from_max_active_tis_per_dag("etl", "", 1)
