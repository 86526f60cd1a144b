"""The types that type checkers know for a context's keys are those of the values."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import pytest

from airflow_compat._airflow.context_keys import EXTRA_KEYS, KEYS
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.context import _lazy_dict
from airflow_compat.testing import make_context


@pytest.mark.parametrize("version", ["2", "3"])
def test_values_have_the_declared_types(version: AirflowVersion) -> None:
    context = make_context(exception=ValueError("no rows"), reason="task_failure", airflow_version=version)
    declared = {
        str: get_args(_lazy_dict.TextKey),
        datetime: get_args(_lazy_dict.DateKey),
        _lazy_dict.TaskInstance: get_args(_lazy_dict.InstanceKey),
        _lazy_dict.DagRun: ["dag_run"],
        _lazy_dict.Dag: ["dag"],
        _lazy_dict.Task: ["task"],
        dict: ["params"],
        BaseException: ["exception"],
    }
    for type_, keys in declared.items():
        assert set(keys) <= KEYS["2"] | KEYS["3"] | EXTRA_KEYS
        for key in set(keys) & (KEYS[version] | EXTRA_KEYS):
            assert isinstance(context[key], type_), key
