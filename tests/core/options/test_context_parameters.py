"""Which parameters are filled in from the context, as a pure function of the signature."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_compat._airflow.context_keys import ASKED_FOR_KEYS, KEYS
from airflow_compat.errors import InvalidArgumentError, UnsupportedFeatureError
from airflow_compat.options._context_parameters import (
    ContextParameters,
    _NotGiven,
    context_parameters,
    unfilled_parameters,
)

CONTEXT = {"ds": "2026-01-01", "ti": "the ti", "run_id": "r1", "params": {"n": 1}}


def of(fn: Callable[..., Any]) -> ContextParameters:
    found = context_parameters(fn, "task", "3")
    assert found is not None
    return found


def called(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call the function with filled-in arguments."""
    args, kwargs = of(fn).fill(args, kwargs, CONTEXT)
    return fn(*args, **kwargs)


def test_function_without_context_parameters_is_unchanged() -> None:
    assert context_parameters(lambda rows, *more, table="t": None, "task", "3") is None
    assert context_parameters(lambda: None, "task", "3") is None
    # A builtin that tells no signature.
    assert context_parameters(iter, "task", "3") is None


def test_names_of_keys() -> None:
    def fn(a: int, ds: Any, /, ti: Any, b: int = 2, *more: int, run_id: Any = None, params: Any) -> Any:
        return a, ds, ti, b, more, run_id, params

    assert called(fn, 1) == (1, "2026-01-01", "the ti", 2, (), "r1", {"n": 1})
    assert called(fn, 1, "mine", None, 5, 6, 7, params=0) == (1, "mine", "the ti", 5, (6, 7), "r1", 0)
    assert called(fn, 1, b=9, run_id="mine") == (1, "2026-01-01", "the ti", 9, (), "mine", {"n": 1})


def test_rest_has_all_keys_without_their_own_parameter() -> None:
    def fn(ds: Any = None, *, rows: int = 0, **context: Any) -> Any:
        return ds, rows, context

    more = {"ti": "the ti", "run_id": "r1", "params": {"n": 1}, "templates_dict": None}
    assert called(fn) == ("2026-01-01", 0, more)
    assert called(fn, rows=3, ti="mine", other=4) == ("2026-01-01", 3, {**more, "ti": "mine", "other": 4})


def test_the_context_itself_is_not_changed() -> None:
    def fn(**context: Any) -> None:
        context.clear()

    before = dict(CONTEXT)
    called(fn, ti="mine")
    assert before == CONTEXT


def test_values_that_need_the_server_are_found_on_use() -> None:
    asked = []

    class Asking(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            asked.append(key)
            return super().__getitem__(key)

        def __iter__(self) -> Iterator[str]:
            return super().__iter__()

    def rest(**context: Any) -> Any:
        return context

    def named(prev_start_date_success: Any = None) -> Any:
        return prev_start_date_success

    context = Asking(dict.fromkeys(sorted(KEYS["3"]), "2026"))
    _, given = of(rest).fill((), {}, context)
    assert set(asked) == KEYS["3"] - ASKED_FOR_KEYS
    assert given["prev_start_date_success"] == "2026"
    assert asked[-1] == "prev_start_date_success"
    # Who names it wants it.
    assert of(named).fill((), {}, context) == (("2026",), {})


def test_unsupported_key_raises_on_use() -> None:
    class Context(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            if key == "ti":
                raise UnsupportedFeatureError("no ti here")
            return super().__getitem__(key)

    def rest(**context: Any) -> None: ...

    def named(ti: Any) -> None: ...

    _, given = of(rest).fill((), {}, Context(CONTEXT))
    assert given["ds"] == "2026-01-01"
    with pytest.raises(UnsupportedFeatureError, match="no ti here"):
        str(given["ti"].task_id)
    with pytest.raises(UnsupportedFeatureError, match="no ti here"):
        of(named).fill((), {}, Context(CONTEXT))


def test_a_parameter_after_one_that_is_filled_in_must_be_given() -> None:
    def fn(ds: Any, path: str, more: int = 1) -> Any:
        return ds, path, more

    assert called(fn, path="x") == ("2026-01-01", "x", 1)
    assert called(fn, "mine", None) == ("mine", None, 1)
    with pytest.raises(TypeError, match=r"^missing required argument\(s\): path$"):
        called(fn)
    with pytest.raises(TypeError, match="unexpected keyword argument 'rows'"):
        called(fn, path="x", rows=3)
    # Another process knows it for what it is.
    assert pickle.loads(pickle.dumps(_NotGiven.VALUE)) is _NotGiven.VALUE


def test_default_other_than_none_is_refused() -> None:
    def fn(rows: int, ds: str = "2026-01-01") -> None: ...

    with pytest.raises(InvalidArgumentError, match=r"^task 'load': Airflow fills in ds .* Use ds=None, or rename"):
        context_parameters(fn, "task 'load'", "3")


def test_each_version_has_its_keys() -> None:
    def fn(
        execution_date: Any = None, triggering_asset_events: Any = None, rows: Any = None, ds: Any = None
    ) -> None: ...

    found = {version: context_parameters(fn, "task", version) for version in KEYS}
    assert {version: each and each.names for version, each in found.items()} == {
        "2": ("execution_date", "ds"),
        "3": ("triggering_asset_events", "ds"),
    }
    assert unfilled_parameters(fn, "3") == ("execution_date",)
    assert unfilled_parameters(fn, "2") == ("triggering_asset_events",)
