"""The names under which a module holds the flows of a folder, so that `prefect deploy` finds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from dag_folders import write
from prefect.flows import load_flow_from_entrypoint

from airflow_compat import dags
from airflow_compat.errors import DagFileError

_DAGS = """
from airflow.sdk import DAG

for dag_id in {dag_ids}:
    globals()[dag_id] = DAG(dag_id, schedule=None)
"""
_FLOWS = "from airflow_compat import dags\nglobals().update(dags.load_flows('dags').attributes)\n"


def test_prefect_finds_flows_by_their_attribute_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"dags/sales.py": _DAGS.format(dag_ids=["sales", "team.sales-eu", "2024.x"]), "flows.py": _FLOWS})
    monkeypatch.chdir(tmp_path)

    for name, dag_id in (
        ("sales", "sales"),
        ("team__dot__sales__dash__eu", "team.sales-eu"),
        ("dag__2024__dot__x", "2024.x"),
    ):
        assert load_flow_from_entrypoint(f"flows.py:{name}").name == dag_id


def test_equal_attribute_names_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/sales.py": _DAGS.format(dag_ids=["a.b", "a__dot__b"])})
    with pytest.raises(DagFileError, match=r"'a\.b' and 'a__dot__b' have the same name, 'a__dot__b'"):
        _ = dags.load_flows(folder).attributes
