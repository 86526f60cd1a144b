"""Errors for Airflow's other task decorators, `@task.NAME`: each says what to write instead."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

from ..errors import UnsupportedFeatureError

F = TypeVar("F", bound=Callable[..., Any])

_IF = "write @task, return the value that decides, and use `if` in the flow"
_INTERPRETER = (
    "write @task, and run the code in it with subprocess.run([python, script]), or install its packages where the flow "
    "runs"
)
_SKIP = "raise AirflowSkipException at the start of the task, or use `if` in the flow"
_WORK_POOL = "write @task, and deploy the flow to a {} work pool (see airflow_compat.work_pools.recommend)"

_INSTEAD = {
    "bash": "write @task, and call subprocess.run(command, shell=True, check=True) in it, or use ShellOperation of "
    "prefect-shell",
    "branch": _IF,
    "branch_external_python": _IF,
    "branch_virtualenv": _IF,
    "docker": _WORK_POOL.format("docker"),
    "external_python": _INTERPRETER,
    "kubernetes": _WORK_POOL.format("kubernetes"),
    "kubernetes_cmd": _WORK_POOL.format("kubernetes"),
    "pyspark": "write @task, and make the SparkSession in it",
    "run_if": _SKIP,
    "sensor": "write @task, and repeat the check in it with time.sleep until it is true, or raise an exception with "
    "retries= and retry_delay=",
    "short_circuit": _IF,
    "skip_if": _SKIP,
    "stub": "write @task for the Python code itself",
    "virtualenv": _INTERPRETER,
}


def with_airflows_decorators(function: F) -> F:
    """The decorator `task`, with an attribute for each of Airflow's: `python` is the decorator itself.

    All others raise `UnsupportedFeatureError`, which is an `AttributeError`, so that `hasattr` works.
    """

    class Task:
        # Not a method of this class: warnings count the calls between the user's line and the function.
        __call__ = staticmethod(function)

        def __getattr__(self, name: str) -> Any:
            if name == "python":
                return self
            refuse(name)

        def __reduce__(self) -> str:
            return function.__name__

    return cast("F", functools.update_wrapper(Task(), function))


def refuse(name: str) -> NoReturn:
    """Say what to write instead of `@task.NAME`.

    Raises:
        UnsupportedFeatureError: Always.
    """
    if instead := _INSTEAD.get(name):
        raise UnsupportedFeatureError(f"@task.{name} is not supported yet; {instead}")
    # Most programs never need it.
    import difflib

    near = difflib.get_close_matches(name, [*_INSTEAD, "python"], n=1)
    hint = f"did you mean @task.{near[0]}?" if near else "write @task"
    raise UnsupportedFeatureError(f"@task.{name} is not a decorator that airflow_compat knows; {hint}")
