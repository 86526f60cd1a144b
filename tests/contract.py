"""Marks a test as the contract of a reliance on Prefect, so that its failure says what broke and what to do."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import prefect
import pytest

from airflow_compat._prefect import internals

F = TypeVar("F", bound=Callable[..., Any])


class BrokenContractError(AssertionError):
    """Prefect does not do what we rely on."""


def contract(*reliances: str) -> Callable[[F], F]:
    """Decorate a contract test.

    Args:
        reliances: What the test is about, as `engine.task_in_frame`: a module of `internals`, and a name in it.
    """

    def decorate(test: F) -> F:
        assert not inspect.iscoroutinefunction(test)

        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                test(*args, **kwargs)
            except (Exception, pytest.fail.Exception) as exc:
                raise BrokenContractError(message(reliances, exc)) from exc

        return run  # type: ignore[return-value]

    return decorate


def message(reliances: tuple[str, ...], exc: BaseException) -> str:
    """What is broken, and what to do: the parts `Prefect:` and `If this behaviour changes:` of the docstrings."""
    lines = [f"Prefect {prefect.__version__} breaks a reliance of airflow_compat ({type(exc).__name__}: {exc})"]
    for reliance in reliances:
        module, _, name = reliance.partition(".")
        lines += [f"Reliance: airflow_compat._prefect.internals.{reliance}", *documentation(module, name).splitlines()]
    return "\n".join(lines)


def documentation(module: str, name: str) -> str:
    """The docstring of a function or class; of a constant, the string below it."""
    found = import_module(f"{internals.__name__}.{module}")
    value = getattr(found, name)
    if inspect.isfunction(value) or inspect.isclass(value):
        return inspect.getdoc(value) or ""
    source = Path(inspect.getsourcefile(found) or "").read_text()
    return source.partition(f"\n{name}")[2].partition('"""')[2].partition('"""')[0]
