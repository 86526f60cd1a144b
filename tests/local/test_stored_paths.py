"""Paths of earlier versions that a server may hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.flows import load_flow_from_entrypoint

import airflow_compat
from airflow_compat.callbacks import run_callback

FILE = Path(airflow_compat.__file__).parent / "_callbacks" / "deployed.py"


@pytest.mark.parametrize("entrypoint", [f"{FILE}:run_callback", "airflow_compat._callbacks.deployed.run_callback"])
def test_a_deployment_of_an_earlier_version_finds_the_flow(entrypoint: str) -> None:
    found = load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)
    assert found.fn is run_callback.fn
