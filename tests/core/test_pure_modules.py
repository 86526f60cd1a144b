"""Rules for all pure modules."""

from __future__ import annotations

import importlib
from dataclasses import is_dataclass

import pytest
from pure_modules import pure_modules

# They collect something while it is read or waited for, and are handed to nobody.
COLLECTORS = {
    "airflow_compat._dag_source.evaluate": ["Evaluator"],
    "airflow_compat._dag_source.modules": ["Neighbours"],
    "airflow_compat._dag_source.named_values": ["NamedValues"],
    "airflow_compat._dag_source.names": ["Names"],
    "airflow_compat._dag_source.scopes": ["Scope", "Module"],
    "airflow_compat._prefect.wrapped_function": ["Call"],
    "airflow_compat.authoring._current": ["Definitions"],
    "airflow_compat.authoring._setup_blocks": ["SetupBlocks"],
    "airflow_compat.authoring._skip": ["Skipped"],
    "airflow_compat.pools._history": ["Pairing"],
    "airflow_compat.pools._queue": ["Ticket"],
    "airflow_compat.work_pools._pods": ["PodParts"],
}


@pytest.mark.parametrize("name", pure_modules())
def test_data_of_pure_modules_is_frozen(name: str) -> None:
    module = importlib.import_module(name)
    classes = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == name]
    changeable = [each.__name__ for each in classes if is_dataclass(each) and not each.__dataclass_params__.frozen]
    assert changeable == COLLECTORS.get(name, [])
