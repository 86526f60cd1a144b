"""Params, and references to them."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from authored import Op, dag

from airflow_compat.authoring import Param, ParamsDict
from airflow_compat.authoring import dag as dag_function
from airflow_compat.authoring._current import collecting
from airflow_compat.errors import DagDefinitionError
from airflow_compat.exceptions import ParamValidationError, RemovedInAirflow3Warning


def test_a_value_is_checked_against_the_schema_and_kept() -> None:
    param = Param(1, "text", type="integer", minimum=0)
    assert param.resolve() == 1
    assert param.resolve(5) == param.value == 5
    with pytest.raises(ParamValidationError, match="-1 is less than the minimum"):
        param.resolve(-1)
    assert param.resolve("x", suppress_exception=True) is None
    assert param.schema == {"type": "integer", "minimum": 0}
    assert copy.copy(param).dump() == param.dump()


def test_a_param_without_a_value() -> None:
    param = Param(schema={"type": "string"})
    assert not param.has_value
    with pytest.raises(ParamValidationError, match="has no default value"):
        param.resolve()


@pytest.mark.parametrize("release", ["2", "3"])
@pytest.mark.parametrize("date", ["2024-01-01T00:00:00", "2024-01-01 00:00:00.123456+00:00"])
def test_dates_that_rfc_3339_does_not_allow_are_valid(release: Any, date: str) -> None:
    with collecting(release):
        assert Param(date, type="string", format="date-time").resolve() == date
        for value, form in ((date, "date"), ("tomorrow", "date-time")):
            with pytest.raises(ParamValidationError):
                Param(value, type="string", format=form).resolve()


def test_values_must_be_json() -> None:
    with collecting("3"), pytest.raises(ParamValidationError, match="json-serializable"):
        Param({1})
    with collecting("2"), pytest.warns(RemovedInAirflow3Warning, match="json-serializable"):
        Param({1})


def test_a_dict_of_params_gives_values_and_params() -> None:
    params = ParamsDict({"a": 1, "b": Param("x", enum=["x", "y"])})
    params["b"] = "y"
    params.update({"c": 3})
    assert dict(params) == params.dump() == params.validate() == {"a": 1, "b": "y", "c": 3}
    assert params == {"a": 1, "b": "y", "c": 3}
    assert {key: type(value) for key, value in params.items()} == dict.fromkeys("abc", Param)
    assert params.get_param("b").schema == {"enum": ["x", "y"]}
    with pytest.raises(ParamValidationError, match="Invalid input for param b"):
        params["b"] = "z"
    twin = copy.deepcopy(params)
    twin["a"] = 2
    del twin["c"]
    assert (params["a"], twin["a"], "c" in twin) == (1, 2, False)


def test_params_of_tasks_extend_those_of_the_dag() -> None:
    with dag(params={"x": 1, "y": Param("a", type="string")}, default_args={"params": {"z": 3}}) as made:
        task = Op(task_id="a", params={"x": 5, "w": 6}, default_args={"params": {"v": 7}})
    assert made.params.dump() == {"x": 1, "y": "a", "z": 3}
    assert task.params.dump() == {"x": 5, "y": "a", "z": 3, "w": 6, "v": 7}
    assert task.params.get_param("y").schema == {"type": "string"}
    assert ParamsDict.filter_params_by_source(task.params, "task").dump() == {"x": 5, "w": 6, "v": 7}


def test_required_params_and_a_schedule_exclude_each_other() -> None:
    with pytest.raises(DagDefinitionError, match="not allowed to define a Schedule"):
        dag(schedule="@daily", params={"x": Param(type="string")})
    assert dag(params={"x": Param(type="string")}).params.dump() == {"x": None}


def test_arguments_of_a_dag_function_are_params() -> None:
    @dag_function(schedule=None, params={"b": 2})
    def build(x: Any, y: Any = 1) -> None:
        """Explains."""
        Op(task_id="a", cmd=x, env=y)

    made = build("given")
    task: Any = made.get_task("a")
    assert made.doc_md == "Explains."
    assert made.params.dump() == {"b": 2, "x": "given", "y": 1}
    context = {"dag_run": SimpleNamespace(conf={"y": 9}), "params": {"x": "other"}}
    assert (task.cmd.resolve(context), task.env.resolve(context)) == ("given", 9)
    late = made.param("b")
    assert late.resolve({"dag_run": SimpleNamespace(conf=None), "params": {"b": 5}}) == 5
    with pytest.raises(RuntimeError, match="No value could be resolved for parameter zz"):
        made.param("zz").resolve({"dag_run": SimpleNamespace(conf=None), "params": {}})
    with pytest.raises(TypeError, match="missing a required argument"):
        build()
