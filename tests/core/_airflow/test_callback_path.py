"""Import paths of callbacks that another process can or cannot find."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from airflow_compat._airflow.callback import CallbackPath, callback_path, load_callback
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
def test_callbacks_that_another_process_can_find(
    callback: Any, path: str, arguments: dict[str, Any], name: str
) -> None:
    found = callback_path(callback)
    assert found == CallbackPath(path, arguments)
    assert found.name == name
    if path.startswith(HERE):
        assert callable(load_callback(path))


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (lambda context: None, "is a lambda"),
        (Pager("#etl").of_object, "an instance of a class"),
        (functools.partial(page, None), "positional arguments"),
        (functools.partial(page, channel=object()), "'channel' is not JSON data"),
        (
            functools.partial(page, channel={"api_key": "s3cret"}),
            "'channel' holds a secret under the key 'api_key', which would be readable",
        ),
        (functools.partial(page, channel="https://a:s3cret@h"), "'channel' holds a URL with a login or token, which"),
        (functools.partial(page, pwd="s3cret"), "'pwd' would be readable"),
        (Pager("#etl", token="s3cret"), "'token' would be readable"),
        ("alerts.page", "isn't of the form module:name"),
        (":page", "isn't of the form module:name"),
        (object(), "an instance of a class"),
    ],
)
def test_callbacks_that_another_process_cannot_find(callback: Any, message: str) -> None:
    with pytest.raises(InvalidCallbackError, match=message) as caught:
        callback_path(callback)
    assert "s3cret" not in str(caught.value)


def test_callbacks_in_scripts_and_functions_are_refused() -> None:
    def inner(context: Any) -> None: ...

    with pytest.raises(InvalidCallbackError, match="defined inside a function"):
        callback_path(inner)
    inner.__module__, inner.__qualname__ = "__main__", "inner"
    with pytest.raises(InvalidCallbackError, match="in the running script"):
        callback_path(inner)
