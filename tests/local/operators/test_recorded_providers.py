"""The DAGs of `provider_cases`, against what real Airflow recorded: states, XComs, rendered fields and errors."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dag_execution import Run
from provider_cases import CASES, CLASSES, connections, http_server, replaced

from airflow_compat import macros
from airflow_compat._airflow.import_names import StandIn, names_of
from airflow_compat.authoring import DAG
from airflow_compat.authoring._current import collecting
from airflow_compat.operators import EmptyOperator, PythonOperator
from airflow_compat.testing import fake_connections

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_providers.json").read_text())


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder and the HTTP server of the cases."""
    folder = tmp_path_factory.mktemp("providers")
    with http_server() as address, fake_connections(connections(folder, address)):
        yield folder, address


def stand_in(name: str, release: Any) -> Any:
    found = names_of(f"airflow.providers.{CLASSES[name]}", release)
    assert found is not None
    entry = found.find(name)
    assert isinstance(entry, StandIn)
    return entry.resolve()


def run(name: str, release: Any, folder: Path) -> Run:
    found = {each: stand_in(each, release) for each in CLASSES}
    names = SimpleNamespace(**found, PythonOperator=PythonOperator, EmptyOperator=EmptyOperator, folder=str(folder))
    with (
        collecting(release),
        DAG(
            name,
            schedule=None,
            start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
            params={"shop": "eu"},
            default_args={"retry_delay": timedelta(0)},
            template_searchpath=str(folder),
        ) as dag,
    ):
        CASES[name](names)
    dag.resolve_template_files()
    return Run(dag, release, macros=macros)


def results(name: str, release: str, services: tuple[Path, str]) -> dict[str, Any]:
    """Return what a case does here, in the form of what Airflow has recorded."""
    folder, address = services
    ended = run(name, release, folder)
    names = {address: "HTTP", str(folder): "HOME"}
    found = {}
    for key, state in ended.progress.states.items():
        execution = ended.executions.get(key)
        found[key.task_id] = {"state": state, "tries": 0, "xcoms": {}, "fields": {}, "error": None}
        if execution is not None:
            task, error = execution.context["task"], execution.outcome.error if state == "failed" else None
            fields = {
                field: repr(getattr(task, field)) for field in RECORDED[release]["cases"][name][key.task_id]["fields"]
            }
            found[key.task_id] |= {
                "tries": execution.ti.try_number,
                "xcoms": {word: replaced(repr(value), names) for word, value in execution.xcoms.items()},
                "fields": {field: replaced(text, names) for field, text in fields.items()},
                "error": None if error is None else replaced(f"{type(error).__name__}: {error}", names),
            }
    return found


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("release", ["2", "3"])
def test_a_case_ends_as_in_airflow(name: str, release: str, services: tuple[Path, str]) -> None:
    assert results(name, release, services) == RECORDED[release]["cases"][name]


@pytest.mark.parametrize("name", ["postgres", "postgres_hook"])
def test_psycopg_3_serves_where_psycopg2_is_missing(
    name: str, services: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    assert results(name, "3", services) == RECORDED["3"]["cases"][name]


@pytest.mark.parametrize("release", ["2", "3"])
@pytest.mark.parametrize("name", CLASSES)
def test_a_class_takes_the_arguments_of_airflow_s(name: str, release: str) -> None:
    recorded, kind = RECORDED[release]["signatures"][name], stand_in(name, release)
    parameters = [each for each in inspect.signature(kind.__init__).parameters if each != "self"]
    # The stand-ins of both releases are those of the newer providers.
    assert [each for each in parameters if each in recorded["parameters"]] == recorded["parameters"]
    assert set(recorded["fields"]) <= set(getattr(kind, "template_fields", ()))
    if release == "3" and not name.endswith("Hook"):
        assert parameters == recorded["parameters"]
        assert list(getattr(kind, "template_fields", ())) == recorded["fields"]
