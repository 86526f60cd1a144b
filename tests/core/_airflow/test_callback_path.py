"""Callbacks by their import paths: what another process can find, and what it can't."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from airflow_compat._airflow.callback_path import CallbackPath, callback_path, load_callback
from airflow_compat.errors import InvalidCallbackError

HERE = __name__


def page(context: Any, channel: str = "", level: int = 0) -> None: ...


class Pager:
    def __init__(self, channel: str, token: str | None = None) -> None:
        self.arguments = {"channel": channel, "token": token}

    def made_with(self) -> dict[str, Any]:
        return self.arguments

    def __call__(self, context: Any) -> None: ...

    @classmethod
    def of_class(cls, context: Any) -> None: ...

    @staticmethod
    def of_nobody(context: Any) -> None: ...

    def of_object(self, context: Any) -> None: ...


@pytest.mark.parametrize(
    ("callback", "path", "arguments", "name"),
    [
        ("alerts:page", "alerts:page", {}, "page"),
        ("dags.alerts:Pager.of_class", "dags.alerts:Pager.of_class", {}, "of_class"),
        (page, f"{HERE}:page", {}, "page"),
        (functools.partial(page, channel="#etl"), f"{HERE}:page", {"channel": "#etl"}, "page"),
        (
            functools.partial(functools.partial(page, channel="a", level=1), channel="ü"),
            f"{HERE}:page",
            {"channel": "ü", "level": 1},
            "page",
        ),
        (Pager.of_class, f"{HERE}:Pager.of_class", {}, "of_class"),
        (Pager.of_nobody, f"{HERE}:Pager.of_nobody", {}, "of_nobody"),
        (Pager("#etl"), f"{HERE}:Pager", {"channel": "#etl", "token": None}, "Pager"),
        (Pager, f"{HERE}:Pager", {}, "Pager"),
    ],
)
def test_what_another_process_can_find(callback: Any, path: str, arguments: dict[str, Any], name: str) -> None:
    found = callback_path(callback)
    assert found == CallbackPath(path, arguments)
    assert found.name == name
    if path.startswith(HERE):
        assert callable(load_callback(path))


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (lambda context: None, "is a lambda"),
        (Pager("#etl").of_object, "an object of its own"),
        (functools.partial(page, None), "arguments by position"),
        (functools.partial(page, channel=object()), "'channel' is no JSON data"),
        (functools.partial(page, channel={"api_key": "s3cret"}), "'api_key' would stand readable"),
        (Pager("#etl", token="s3cret"), "'token' would stand readable"),
        ("alerts.page", "isn't of the form module:name"),
        (":page", "isn't of the form module:name"),
        (object(), "an object of its own"),
    ],
)
def test_what_another_process_can_not_find(callback: Any, message: str) -> None:
    with pytest.raises(InvalidCallbackError, match=message) as caught:
        callback_path(callback)
    assert "s3cret" not in str(caught.value)


def test_what_is_defined_in_a_script_or_in_a_function() -> None:
    def inner(context: Any) -> None: ...

    with pytest.raises(InvalidCallbackError, match="defined inside a function"):
        callback_path(inner)
    inner.__module__, inner.__qualname__ = "__main__", "inner"
    with pytest.raises(InvalidCallbackError, match="in the script that is being run"):
        callback_path(inner)
