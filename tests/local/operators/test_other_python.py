"""Functions that run in another Python."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pendulum
import pytest
from executions import DATE, dag_of, run

from airflow_compat.exceptions import AirflowException
from airflow_compat.operators import (
    BranchExternalPythonOperator,
    EmptyOperator,
    ExternalPythonOperator,
    PythonVirtualenvOperator,
    task,
)


def dates(ds: str, logical_date: Any, params: Any, a: Any) -> Any:
    import sys

    return [ds, logical_date.add(days=1), params, a, sys.flags.isolated]


def external(fn: Any, release: str = "3", **arguments: Any) -> Any:
    with dag_of(release, params={"p": 1}):
        return ExternalPythonOperator(task_id="t", python=sys.executable, python_callable=fn, **arguments)


@pytest.mark.parametrize("serializer", ["pickle", "cloudpickle"])
def test_arguments_and_results_are_pickled(serializer: Any) -> None:
    moment = datetime(2024, 1, 1, tzinfo=timezone.utc)
    done = run(external(dates, serializer=serializer, op_kwargs={"a": [moment, {"b": DATE}]}))
    found = done.xcoms["return_value"]
    assert found == ["2024-03-05", DATE.add(days=1), {"p": 1}, [moment, {"b": DATE}], 0]
    assert type(found[1]) is pendulum.DateTime
    assert type(found[3][0]) is datetime


def test_nothing_is_returned() -> None:
    def nothing() -> None:
        print("shown in the log")

    assert run(external(nothing)).xcoms == {}


def test_texts_are_read_from_a_global() -> None:
    def texts() -> Any:
        return virtualenv_string_args  # noqa: F821

    assert run(external(texts, string_args=["a", 5])).xcoms["return_value"] == ["a", "5"]


def test_a_function_with_keywords_gets_what_can_be_sent() -> None:
    def keys(**context: Any) -> Any:
        return sorted(context)

    found = run(external(keys, op_kwargs={"a": 1})).xcoms["return_value"]
    assert {"a", "ds", "run_id", "params", "logical_date", "templates_dict"} <= set(found)
    assert not {"ti", "dag", "dag_run"} & set(found)


def fails() -> None:
    raise ValueError("no rows")


def leaves() -> None:
    import sys

    sys.exit(7)


def test_an_error_of_the_function() -> None:
    done = run(external(fails))
    assert (done.state, str(done.outcome.error)) == ("failed", "Process returned non-zero exit status 1.\nno rows")


@pytest.mark.parametrize(("arguments", "state"), [({}, "failed"), ({"skip_on_exit_code": 7}, "skipped")])
def test_exit_codes(arguments: dict[str, Any], state: str) -> None:
    assert run(external(leaves, **arguments)).state == state


def test_an_argument_that_can_not_be_pickled_is_named() -> None:
    done = run(external(dates, op_kwargs={"a": lambda: 1}))
    assert "these keys have values that can't be pickled: ['a']" in str(done.outcome.error)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def variables() -> Any:
        import os

        return [os.environ.get("A"), os.environ.get("B"), os.environ.get("PYTHONPATH")]

    monkeypatch.setenv("A", "outer")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    here = str(Path(__file__).parent.parent)
    assert run(external(variables, env_vars={"B": "b"})).xcoms["return_value"] == ["outer", "b", here]
    assert run(external(variables, "2", inherit_env=False)).xcoms["return_value"] == [None, None, None]


@pytest.mark.parametrize("fn", [lambda: 1, len, dates.__code__])
def test_only_functions(fn: Any) -> None:
    with pytest.raises(ValueError, match="only supports functions for python_callable arg"):
        external(fn)


def test_the_path_must_be_that_of_a_file(tmp_path: Path) -> None:
    with dag_of():
        task = ExternalPythonOperator(task_id="t", python=str(tmp_path), python_callable=fails)
    assert str(run(task).outcome.error) == f"Python Path '{tmp_path}' must be a file"


def test_a_branch() -> None:
    def choose() -> str:
        return "a"

    with dag_of():
        task = BranchExternalPythonOperator(task_id="t", python=sys.executable, python_callable=choose)
        task >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
    assert run(task).outcome.skips.task_ids == {"b"}


def test_a_decorated_function() -> None:
    with dag_of():

        @task.run_if(lambda context: True)
        @task.external_python(
            python=sys.executable,
        )
        def double(n: int, ds: str) -> dict[str, Any]:
            # A comment, and a text with {braces}.
            return {"n": 2 * n, "ds": ds}

        made = double(4)
    assert run(made).xcoms == {"n": 8, "ds": "2024-03-05", "return_value": {"n": 8, "ds": "2024-03-05"}}


def where() -> str:
    import sys

    return sys.prefix


@pytest.mark.usefixtures("airflow_variables")
def test_a_virtual_environment_is_made_and_kept(tmp_path: Path) -> None:
    with dag_of():
        task = PythonVirtualenvOperator(task_id="t", python_callable=where, venv_cache_path=str(tmp_path))
    first, second = (run(task).xcoms["return_value"] for _ in range(2))
    assert first == second
    assert Path(first).parent == tmp_path


def test_a_virtual_environment_is_removed() -> None:
    with dag_of():
        task = PythonVirtualenvOperator(task_id="t", python_callable=where, system_site_packages=False)
    assert not Path(run(task).xcoms["return_value"]).exists()


def test_another_major_version_gets_no_arguments() -> None:
    with dag_of(), pytest.raises(AirflowException, match="Please use string_args"):
        PythonVirtualenvOperator(task_id="t", python_callable=where, python_version="2.7", op_args=[1])


def test_serializers(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowException, match="Unsupported serializer 'json'"):
        external(fails, serializer="json")
    monkeypatch.setitem(sys.modules, "dill", None)
    done = run(external(fails, serializer="dill"))
    assert "The serializer 'dill' needs the package dill, which is not installed" in str(done.outcome.error)
