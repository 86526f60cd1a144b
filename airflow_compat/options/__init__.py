"""Convert Airflow's DAG and task arguments to Prefect options, and provide `@task`.

`docs/reference/arguments.md` lists each Airflow argument with its replacement and the differences, or with the reason
why it is refused.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from .._airflow.shown_options import shows_options
from .._airflow.task_arguments import SLA_WARNING
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import UnsupportedFeatureError, UnsupportedFeatureWarning
from ._decorators import with_airflows_decorators
from ._merged_arguments import given_to_dag, given_to_task
from ._signatures import DagArguments, TaskArguments

if TYPE_CHECKING:
    from prefect import Task
    from typing_extensions import Unpack

    from ._signatures import AnyTaskArguments, UnknownOption

P = ParamSpec("P")
R = TypeVar("R")

__all__ = ["DagArguments", "TaskArguments", "deployment_options", "flow_options", "task", "task_options"]

# mypy treats a variable of this name as True.
MYPY = False

_first_lines: dict[tuple[str, str], int] = {}
_registries: dict[str, dict[str | tuple[str, type[Warning], int], int]] = {}

# Airflow's task arguments without a counterpart in Prefect's own @task, each with its value that has no effect.
_NO_OPTIONS = {
    "pool": "default_pool",
    "multiple_outputs": False,
    "do_xcom_push": True,
    "pre_execute": None,
    "post_execute": None,
    "python_callable": None,
}


@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    fn: None = None,
    /,
    *,
    dag_id: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    **arguments: Unpack[TaskArguments],
) -> Callable[[Callable[P, R]], Task[P, R]]: ...


if not MYPY:
    # With only the two overloads above, pyright reports a misspelt option as "No overloads match"; this third overload
    # makes pyright name the option. mypy names the option only without the third overload.
    @overload
    def task(
        fn: None = None,
        /,
        *,
        dag_id: str = "",
        airflow_version: AirflowVersion = DEFAULT_VERSION,
        **arguments: Unpack[AnyTaskArguments],
    ) -> UnknownOption: ...


@with_airflows_decorators
@shows_options(TaskArguments)
def task(
    fn: Callable[..., Any] | None = None,
    /,
    *,
    dag_id: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    **arguments: Any,
) -> Any:
    """Make a Prefect task with Airflow's `@task` arguments.

    Call the task in a flow, `submit` it, `map` it, or set Prefect's options by `with_options`. Airflow's exceptions
    keep their meaning in the task, and its return value is an XCom.

    - Parameters named like a key of Airflow's context (`ds`, `ti`, `params`, ...) are filled in if the call omits them
      or passes None. `**context` gets all keys, as in Airflow.
    - The slots of `pool` are held while the function runs. Waiting for slots doesn't count towards `execution_timeout`.
    - `retry_exponential_backoff` gives Airflow's delays for the same flow name, task name and logical date, without the
      scheduler's few extra seconds.
    - `execution_timeout` can't interrupt a function that blocks outside the main thread, for example after `submit`:
      Prefect ends such a task only when the function returns, and `task` logs a warning.
    - `max_active_tis_per_dag` needs `dag_id`, and a limit made by `prefect concurrency-limit create`.
    - `@task.python` is the same decorator. Airflow's other decorators, such as `@task.branch`, raise
      `UnsupportedFeatureError`.

    Args:
        fn: The function, if the decorator has no parentheses.
        dag_id: The flow's name.
        airflow_version: The Airflow version whose contexts, retry delays and rules apply.
        arguments: Airflow's arguments. Arguments that are passed directly override `default_args`, even if they are
            None.

    Raises:
        InvalidArgumentError: An argument is misspelt, Airflow refuses its value, or a parameter named like a context
            key has a default other than None.
        UnsupportedFeatureError: An argument without a counterpart in Prefect has a value other than its default.
        InvalidCallbackError: A callback doesn't accept one argument, the context.
        InvalidDagLimitError: `max_active_tis_per_dag` is not a whole number of at least 1. During a run: the server has
            no concurrency limit for the tag that `max_active_tis_per_dag` needs.
        PoolNotReadyError: Raised during a run; see `airflow_compat.pools.pool`.

    Example:
        ```python
        from datetime import timedelta

        from prefect import flow

        from airflow_compat import task

        default_args = {"retries": 2, "retry_delay": timedelta(minutes=5), "pool": "warehouse"}

        @task(default_args=default_args, execution_timeout=timedelta(hours=1))
        def load(table: str) -> int: ...

        @flow
        def etl() -> None:
            load("planes")
        ```
    """
    from ._decorated_task import context_warnings, ported_task
    from ._task_options import pool_warnings

    given = given_to_task(None, arguments, airflow_version)
    _warn([*given.warnings, *pool_warnings(given)])

    def decorate(function: Callable[..., Any], stacklevel: int = 3) -> Task[..., Any]:
        _warn(context_warnings(given, function), stacklevel=stacklevel)
        return ported_task(function, given, dag_id)

    found = fn or given.get("python_callable")
    # If the decorator is used without parentheses, the user's line is one stack frame further up.
    return decorate if found is None else decorate(found, stacklevel=4)


@shows_options(TaskArguments)
def task_options(
    default_args: Mapping[str, Any] | None = None,
    /,
    *,
    dag_id: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    **arguments: Unpack[TaskArguments],
) -> dict[str, Any]:
    """Return a task's arguments as options of `prefect.task`: `@prefect.task(**task_options(default_args))`.

    Only `airflow_compat.task` supports `pool`, `multiple_outputs`, `do_xcom_push=False`, `pre_execute`, `post_execute`
    and Airflow's exceptions.

    Args:
        default_args: The DAG's `default_args`.
        dag_id: The flow's name, for `max_active_tis_per_dag`.
        airflow_version: The Airflow version whose contexts, retry delays and rules apply.
        arguments: The task's arguments. These arguments override `default_args`, even if they are None.

    Returns:
        The options that the arguments set: `name`, `description`, `tags`, `retries`, `retry_delay_seconds` (seconds),
        `timeout_seconds`, `task_run_name`, `on_running`, `on_failure`, `on_completion` and `retry_condition_fn`.

    Raises:
        InvalidArgumentError: An argument is misspelt, or Airflow refuses its value.
        UnsupportedFeatureError: An argument without a Prefect option has a value other than its default.
        InvalidCallbackError: A callback doesn't accept one argument, the context.

    Example:
        ```python
        from datetime import timedelta

        from airflow_compat.options import task_options

        print(task_options({"retries": 2}, execution_timeout=timedelta(hours=1)))
        ```
    """
    from ._task_options import read_task

    given = given_to_task(default_args, dict(arguments), airflow_version)
    for name, nothing in _NO_OPTIONS.items():
        if given.get(name, nothing) != nothing:
            raise UnsupportedFeatureError(
                f"{given.where}: prefect.task has no option for {name}. Use `@airflow_compat.task(...)` instead of "
                "Prefect's @task."
            )
    _warn(given.warnings)
    return read_task(given, dag_id).for_prefect()


@shows_options(DagArguments)
def flow_options(
    *, airflow_version: AirflowVersion = DEFAULT_VERSION, **arguments: Unpack[DagArguments]
) -> dict[str, Any]:
    """Return a DAG's arguments as options of `prefect.flow`: `@prefect.flow(**flow_options(**dag_args))`.

    Arguments for deployments or tasks are checked, but not converted; see `deployment_options` and `task_options`.
    Callbacks in `default_args` apply only to tasks.

    Args:
        airflow_version: The Airflow version. In "2", `max_active_tasks` limits the tasks of all runs together.
        arguments: The DAG's arguments.

    Returns:
        The options that the arguments set: `name`, `description`, `timeout_seconds`, `task_runner`, `on_failure`,
        `on_crashed` and `on_completion`.

    Raises:
        InvalidArgumentError: An argument is misspelt, or Airflow refuses its value.
        UnsupportedFeatureError: An argument without a counterpart in Prefect has a value other than its default.
        InvalidCallbackError: A callback doesn't accept one argument, the context.
        InvalidDagLimitError: `max_active_tasks` is not a whole number of at least 1.

    Example:
        ```python
        from datetime import timedelta

        from airflow_compat.options import flow_options

        print(flow_options(dag_id="etl", schedule="@daily", dagrun_timeout=timedelta(hours=2)))
        ```
    """
    from ._flow import flow_options_of, more_warnings

    given = given_to_dag(dict(arguments), airflow_version)
    options = flow_options_of(given)
    _warn([*given.warnings, *more_warnings(given, options)])
    return options


@shows_options(DagArguments)
def deployment_options(
    *, airflow_version: AirflowVersion = DEFAULT_VERSION, **arguments: Unpack[DagArguments]
) -> dict[str, Any]:
    """Return a DAG's arguments as options of `flow.deploy`: `etl.deploy(**deployment_options(...))`.

    `flow.to_deployment` takes the same options. For `flow.serve`, which names the limit `global_limit`, use
    `prefect.serve(etl.to_deployment(**deployment_options(...)))`.

    Args:
        airflow_version: The Airflow version.
        arguments: The DAG's arguments. `default_args` may set `owner`, `queue`, dates and params.

    Returns:
        The options that the arguments set: `name`, `description`, `schedules`, `triggers`, `parameters`, `tags`,
        `concurrency_limit`, `paused` and `work_queue_name`.

    Raises:
        InvalidArgumentError: An argument is misspelt, or Airflow refuses its value.
        InvalidScheduleError: The schedule is invalid; Airflow refuses it, too.
        UnsupportedFeatureError: An argument without a counterpart in Prefect has a value other than its default.
        InvalidDagLimitError: `max_active_runs` is not a whole number of at least 1.

    Example:
        ```python
        from airflow_compat.options import deployment_options

        print(deployment_options(dag_id="etl", tags=["finance"], params={"day": "2026-11-22"}))
        ```
    """
    from ._deployment import deployment_options_of, more_warnings

    given = given_to_dag(dict(arguments), airflow_version)
    options = deployment_options_of(given)
    _warn([*given.warnings, *more_warnings(given)])
    return options


def _warn(messages: Iterable[str], *, stacklevel: int = 3) -> None:
    """Warn once for each message and line."""
    for message in messages:
        if message == SLA_WARNING:
            asking = inspect.stack(context=0)[stacklevel - 1]
            _warn_once_per_file(message, asking.filename, asking.lineno)
        else:
            warnings.warn(message, UnsupportedFeatureWarning, stacklevel=stacklevel)


def _warn_once_per_file(message: str, file: str, line: int) -> None:
    """Show the same warning once per file: every repetition gets the line number of the first one."""
    first = _first_lines.setdefault((file, message), line)
    warnings.warn_explicit(message, UnsupportedFeatureWarning, file, first, registry=_registries.setdefault(file, {}))
