"""Errors for Airflow's other task decorators, `@task.NAME`."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

from ..errors import UnsupportedFeatureError

F = TypeVar("F", bound=Callable[..., Any])

_IF = "Use @task, return the value that decides, and use `if` in the flow."
_INTERPRETER = (
    'Use @task, and run a script with the other Python in the function, as in subprocess.run(["/path/to/python", '
    '"script.py"]), or install the packages that the code needs where the flow runs.'
)
_SKIP = "Raise AirflowSkipException at the start of the task, or use `if` in the flow."
_WORK_POOL = "Use @task, and deploy the flow to a {} work pool (see airflow_compat.work_pools.recommend)."

_INSTEAD = {
    "bash": "Use @task, and call subprocess.run(command, shell=True, check=True) in the function, or use "
    "ShellOperation of "
    "prefect-shell.",
    "branch": _IF,
    "branch_external_python": _IF,
    "branch_virtualenv": _IF,
    "docker": _WORK_POOL.format("docker"),
    "external_python": _INTERPRETER,
    "kubernetes": _WORK_POOL.format("kubernetes"),
    "kubernetes_cmd": _WORK_POOL.format("kubernetes"),
    "pyspark": "Use @task, and create the SparkSession in the function.",
    "run_if": _SKIP,
    "sensor": "Use @task, and repeat the check in the function with time.sleep until the check succeeds, or raise an "
    "exception with "
    "retries= and retry_delay=.",
    "short_circuit": _IF,
    "skip_if": _SKIP,
    "stub": "Use @task for the Python code itself.",
    "virtualenv": _INTERPRETER,
}


def with_airflows_decorators(function: F) -> F:
    """Return the decorator `task` with an attribute for each of Airflow's other task decorators.

    `task.python` is the decorator itself. Other names raise `UnsupportedFeatureError`, an `AttributeError`, so that
    `hasattr` returns False.
    """

    class Task:
        # A static method adds no stack frame between the user's line and the function, so warnings name the user's
        # line.
        __call__ = staticmethod(function)

        def __getattr__(self, name: str) -> Any:
            if name == "python":
                return self
            refuse(name)

        def __reduce__(self) -> str:
            return function.__name__

    return cast("F", functools.update_wrapper(Task(), function))


def refuse(name: str) -> NoReturn:
    """Refuse `@task.NAME`.

    Raises:
        UnsupportedFeatureError: Always; the message says what to write instead.
    """
    if instead := _INSTEAD.get(name):
        raise UnsupportedFeatureError(f"@task.{name} is not supported yet. {instead}")
    near = difflib.get_close_matches(name, [*_INSTEAD, "python"], n=1)
    hint = f"Did you mean @task.{near[0]}?" if near else "Use @task."
    raise UnsupportedFeatureError(f"@task.{name} is not one of Airflow's decorators. {hint}")
