"""The table of Airflow's names."""

from __future__ import annotations

import pytest

from airflow_compat._airflow.import_names import (
    REASONS,
    NoStandIn,
    StandIn,
    is_listed,
    modules,
    names_of,
    releases_of,
    stand_in_named,
)
from airflow_compat._airflow.version import AirflowVersion

OPERATOR = StandIn("airflow_compat.operators", "BashOperator")


@pytest.mark.parametrize(
    "module",
    [
        "airflow.operators.bash",
        "airflow.operators.bash_operator",
        "airflow.providers.standard.operators.bash",
    ],
)
def test_old_and_new_paths_lead_to_one_stand_in(module: str) -> None:
    for release in ("2", "3"):
        names = names_of(module, release)
        assert names is not None
        assert names.find("BashOperator") == OPERATOR


def test_a_name_can_have_another_name_here() -> None:
    names = names_of("airflow.datasets", "2")
    assert names is not None
    assert names.find("DatasetAlias") == StandIn("airflow_compat.authoring", "AssetAlias")


@pytest.mark.parametrize("module", ["airflow.sdk", "airflow.sdk.bases.hook", "airflow.sdk.execution_time.comms"])
def test_airflow_2_has_no_sdk(module: str) -> None:
    assert names_of(module, "2") is None
    assert releases_of(module) == ("3",)
    assert not is_listed(module, "2")


def test_names_of_providers_have_no_stand_in() -> None:
    names = names_of("airflow.providers.google.cloud.operators.bigquery", "3")
    assert names is not None
    assert names.find("BigQueryInsertJobOperator") == NoStandIn("provider")


@pytest.mark.parametrize("module", ["airflow.nonsense", "airflow.models.nonsense", "elsewhere"])
def test_other_modules_do_not_exist(module: str) -> None:
    assert names_of(module, "3") is None
    assert releases_of(module) == ()


def test_packages_exist_without_names() -> None:
    names = names_of("airflow.sdk.definitions", "3")
    assert names is not None
    assert names.find("DAG") is None


def test_a_name_is_found_in_any_module_if_it_has_one_meaning() -> None:
    assert stand_in_named("BashOperator", "2") == OPERATOR
    assert stand_in_named("parse", "2") == StandIn("airflow_compat.dags._stand_ins.timezone", "parse")
    # `airflow.datasets.Dataset` and others; there is one `get` of `airflow.configuration`, and none elsewhere.
    assert stand_in_named("NoSuchName", "2") is None


@pytest.mark.parametrize("release", ["2", "3"])
def test_each_reason_is_a_known_one(release: AirflowVersion) -> None:
    reasons = {
        entry.reason
        for names in modules(release).values()
        for entry in (*names.names.values(), *([names.rest] if names.rest else []))
        if isinstance(entry, NoStandIn)
    }
    assert reasons <= set(REASONS)
