"""The `conf` of a DAG's run: its schema, and values that do not match it."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from dag_runs import run, write
from prefect.task_runners import ProcessPoolTaskRunner
from prefect.utilities.callables import parameter_schema

from airflow_compat import dags
from airflow_compat.errors import InvalidArgumentError, UnsupportedFeatureError
from airflow_compat.exceptions import ParamValidationError

_DAG = """
    from airflow.sdk import DAG, Param, task

    params = {{"rows": Param(5, type="integer"), "string-date": Param(type="string")}}

    with DAG("{dag_id}", schedule=None, params=params):
        @task
        def show(params):
            return params["rows"]

        show()
"""
_DATE = datetime(2026, 3, 4, tzinfo=timezone.utc)


def test_prefect_deploy_gives_the_form_its_fields(unique: str, tmp_path: Path) -> None:
    flow = dags.load_flow(str(write(tmp_path, "fields", _DAG.format(dag_id=unique))))

    # `prefect deploy` makes the schema from the flow.
    for conf in (parameter_schema(flow).properties["conf"], flow.parameters.properties["conf"]):
        assert conf["properties"] == {
            "rows": {"title": "rows", "type": "integer", "default": 5},
            "string-date": {"title": "string-date", "type": "string"},
        }
        assert (conf["required"], conf["default"]) == (["string-date"], {})


def test_a_wrong_value_is_one_message_and_takes_no_date(
    unique: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, "wrong", _DAG.format(dag_id=unique))
    # Prefect's loggers do not propagate.
    logging.getLogger("prefect.flow_runs").addHandler(caplog.handler)
    try:
        state = run(path, logical_date=_DATE, conf={"rows": "many", "string-date": ""})
    finally:
        logging.getLogger("prefect.flow_runs").removeHandler(caplog.handler)

    message = (
        f"DAG '{unique}' can't run: Invalid input for param rows: 'many' is not of type 'integer'. Pass another value "
        "in conf."
    )
    assert (state.is_failed(), state.message) == (True, message)
    with pytest.raises(ParamValidationError) as raised:
        state.result()
    assert str(raised.value) == message
    assert [record for record in caplog.records if record.exc_info] == []
    assert run(path, logical_date=_DATE, conf={"string-date": ""}).is_completed()


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        ([1], "conf is a list. Pass a dict"),
        ({1: 2}, "conf is a dict whose keys are not text"),
        ({}, "Invalid input for param string-date: No value passed and Param has no default value"),
    ],
)
def test_a_test_run_refuses_a_wrong_conf_before_it_starts(unique: str, tmp_path: Path, conf: Any, message: str) -> None:
    path = write(tmp_path, "refused", _DAG.format(dag_id=unique))
    with pytest.raises(ParamValidationError, match=message):
        dags.test(str(path), conf=conf)


def test_a_test_run_refuses_a_wrong_date(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "refused", _CHANGING.format(dag_id=unique))
    with pytest.raises(InvalidArgumentError, match=r"logical_date .* is a str\. Pass a datetime"):
        dags.test(str(path), logical_date="2026-03-04")  # type: ignore[arg-type]


def test_a_runner_of_processes_is_refused(unique: str, tmp_path: Path) -> None:
    flow = dags.load_flow(str(write(tmp_path, "runner", _CHANGING.format(dag_id=unique))))
    with pytest.raises(UnsupportedFeatureError, match="isolation='process'"):
        flow.with_options(task_runner=ProcessPoolTaskRunner())


_CHANGING = """
    from airflow.sdk import DAG, Param, task

    with DAG("{dag_id}", schedule=None, params={{"rows": Param(5, type="integer"), "names": ["a"]}}):
        @task(params={{"own": 1}})
        def change(params, dag_run):
            params["names"].append("b")
            dag_run.conf.setdefault("more", []).append(1)
            return [params["rows"], params["own"], params["names"], dag_run.conf["more"]]

        change() >> change.override(task_id="again")()
"""


def test_a_run_leaves_no_values_for_others(unique: str, tmp_path: Path) -> None:
    flow = dags.load_flow(str(write(tmp_path, "changing", _CHANGING.format(dag_id=unique))))

    given = [flow(conf=conf).xcoms for conf in ({"rows": 7, "own": 2, "more": []}, {})]

    for task_id in ("change", "again"):
        assert given[0][task_id, -1, "return_value"] == [7, 2, ["a", "b"], [1]]
        assert given[1][task_id, -1, "return_value"] == [5, 1, ["a", "b"], [1]]
