"""`@asset` and `@asset.multi`."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_compat.authoring import Asset, AssetAll
from airflow_compat.authoring._current import collecting
from airflow_compat.errors import DagDefinitionError
from airflow_compat.operators import task
from airflow_compat.operators.asset import asset


def orders(self: Any, context: Any, other: Any, limit: int = 5) -> Any:
    return self, context["x"], other, limit


def test_a_function_is_an_asset_and_a_dag_with_one_task() -> None:
    with collecting("3") as found:
        made = asset(schedule="@daily", uri="s3://bucket/orders", tags=["t"])(orders)
    assert (made.name, made.uri, made.group) == ("orders", "s3://bucket/orders", "asset")
    [dag] = found.registered
    assert (dag.dag_id, dag.task_ids, dag.catchup, dag.tags) == ("orders", ["orders"], False, {"t"})
    operator: Any = dag.get_task("orders")
    assert operator.outlets == [made]
    assert operator.inlets == [Asset.ref(name="other")]
    assert operator.execute({"x": 1}) == (made, 1, Asset("other"), 5)


def test_one_task_can_write_several_assets() -> None:
    with collecting("3") as found:
        made = asset.multi(schedule=None, outlets=[Asset("a"), Asset("b")], dag_id="both")(orders)
    assert isinstance(made, AssetAll)
    assert found.registered[0].dag_id == "both"
    assert found.registered[0].get_task("orders").outlets == [Asset("a"), Asset("b")]


def test_the_function_can_be_a_task() -> None:
    with collecting("3") as found:
        made = asset(schedule=None)(task(retries=3)(plain))
    operator: Any = found.registered[0].get_task("plain")
    assert (operator.outlets, operator.retries) == ([made], 3)


def plain() -> None: ...


def wild(*args: Any) -> None: ...


def positional(x: Any, /) -> None: ...


@pytest.mark.parametrize("function", [wild, positional, lambda: None])
def test_unsupported_functions_are_refused(function: Any) -> None:
    with collecting("3"), pytest.raises(DagDefinitionError):
        asset(schedule=None)(function)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(DagDefinitionError, match="colour"):
        asset(schedule=None, colour="red")
    with pytest.raises(DagDefinitionError, match="no outlets"):
        asset.multi(schedule=None, outlets=[])
