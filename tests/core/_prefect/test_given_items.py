"""The argument of `plan` and `apply`: specs, or the items of a plan."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_compat._prefect.given_items import are_items, of_one_kind
from airflow_compat.errors import InvalidWorkPoolError
from airflow_compat.work_pools._plan import WorkPoolItem
from airflow_compat.work_pools._specs import WorkPoolSpec

SPEC = WorkPoolSpec("etl", "process")
ITEM = WorkPoolItem("etl", "create", "process")


@pytest.mark.parametrize("given", [[], [SPEC], [ITEM, ITEM]])
def test_specs_and_items_are_accepted(given: list[Any]) -> None:
    found = of_one_kind(iter(given), WorkPoolSpec, WorkPoolItem, error=InvalidWorkPoolError)
    assert found == tuple(given)
    assert are_items(found, WorkPoolItem, {"replace": False}, InvalidWorkPoolError) is (ITEM in given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (SPEC, "is one WorkPoolSpec; pass a list of WorkPoolSpec or of WorkPoolItem"),
        ("etl", "is one str; pass"),
        ({"etl": SPEC}, "is one dict; pass"),
        ([SPEC, ITEM], "is a list of WorkPoolItem and WorkPoolSpec; pass"),
    ],
)
def test_other_arguments_are_refused(given: object, said: str) -> None:
    with pytest.raises(InvalidWorkPoolError, match=said):
        of_one_kind(given, WorkPoolSpec, WorkPoolItem, error=InvalidWorkPoolError)


def test_items_are_refused_with_an_option_of_plan() -> None:
    options = {"only": None, "replace": True}
    with pytest.raises(InvalidWorkPoolError, match=r"^replace: .* pass the option to plan\(\)"):
        are_items((ITEM,), WorkPoolItem, options, InvalidWorkPoolError)
    assert not are_items((SPEC,), WorkPoolItem, options, InvalidWorkPoolError)
