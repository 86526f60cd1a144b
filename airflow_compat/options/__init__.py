"""A DAG's and its tasks' arguments as Prefect's options, and `@task` that takes Airflow's own.

`docs/reference/arguments.md` says of each argument of Airflow's what it becomes, how that differs, or why it is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._options.decorators import with_airflows_decorators
from .errors import UnsupportedFeatureError

if TYPE_CHECKING:
    from prefect import Task
    from typing_extensions import Unpack

    from ._options.arguments import DagArguments, TaskArguments

P = ParamSpec("P")
R = TypeVar("R")

__all__ = ["DagArguments", "TaskArguments", "deployment_options", "flow_options", "task", "task_options"]


def __getattr__(name: str) -> Any:
    if name in ("DagArguments", "TaskArguments"):
        from ._options import arguments

        return getattr(arguments, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
@with_airflows_decorators
def task(
    fn: Callable[..., Any] | None = None,
    /,
    *,
    dag_id: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    **arguments: Any,
) -> Any:
    """Airflow's `@task` as a Prefect task: the same arguments, with what they do.

    The task is one of Prefect's. Call it in a flow, `submit` it, `map` it, and give it more of Prefect's options by
    `with_options`. Airflow's exceptions keep their meaning in it, and what it returns is an XCom.

    - Parameters with the name of a key of Airflow's context (`ds`, `ti`, `params`, ...) are filled in where the call
      leaves them out or gives None, and `**context` gets all keys, as in Airflow.
    - `pool` is held while the function runs. The wait for it doesn't count for `execution_timeout`.
    - `retry_exponential_backoff` gives the very delays that Airflow gives a run with the same flow name, task name and
      logical date, where a task runs in a flow; outside a flow there is no date to make them of. Airflow's scheduler
      starts the try some seconds after the delay.
    - `execution_timeout` can't interrupt a function that blocks in another thread than the main one, as in `submit`:
      Prefect ends it when it returns, and warns of it.
    - `max_active_tis_per_dag` needs `dag_id`, and a limit that `prefect concurrency-limit create` made.
    - `@task.python` is the same decorator. Airflow's others, such as `@task.branch`, raise `UnsupportedFeatureError`.

    Args:
        fn: The function, where the decorator is written without parentheses.
        dag_id: The name of the flow.
        airflow_version: Whose contexts, backoff and rules.
        arguments: Airflow's own. Those that are given win over `default_args`, None too.

    Raises:
        InvalidArgumentError: An argument is misspelt, or has a value that Airflow refuses; or a parameter of the
            function has the name of a key of the context and a default other than None.
        UnsupportedFeatureError: An argument has no counterpart, and asks for something.
        InvalidCallbackError: A callback can't be called with one context.
        InvalidDagLimitError: `max_active_tis_per_dag` is no number from 1 on; or in a run, its limit doesn't exist.
        PoolNotReadyError: In a run: see `pool`.

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
    from ._options.given import given_to_task
    from ._options.ported import context_warnings, pool_warnings, ported_task
    from ._options.warn import warn

    given = given_to_task(None, arguments, airflow_version)
    warn([*given.warnings, *pool_warnings(given)])

    def decorate(function: Callable[..., Any], stacklevel: int = 3) -> Task[..., Any]:
        warn(context_warnings(given, function), stacklevel=stacklevel)
        return ported_task(function, given, dag_id)

    found = fn or given.get("python_callable")
    # The line that is warned of is one call further up.
    return decorate if found is None else decorate(found, stacklevel=4)


def task_options(
    default_args: Mapping[str, Any] | None = None,
    /,
    *,
    dag_id: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    **arguments: Unpack[TaskArguments],
) -> dict[str, Any]:
    """A task's arguments as those of `prefect.task`: `@prefect.task(**task_options(default_args))`.

    A pool, `multiple_outputs`, `do_xcom_push=False`, `pre_execute` and `post_execute` are no options of Prefect's, and
    are refused: `airflow_compat.task` has them. It also gives Airflow's exceptions their meaning.

    Args:
        default_args: The DAG's.
        dag_id: The name of the flow, for `max_active_tis_per_dag`.
        airflow_version: Whose contexts, backoff and rules.
        arguments: The task's own. Those that are given win over `default_args`, None too.

    Returns:
        Those options that are asked for: `name`, `description`, `tags`, `retries`, `retry_delay_seconds` (seconds),
        `timeout_seconds`, `task_run_name`, `on_running`, `on_failure`, `on_completion` and `retry_condition_fn`.

    Raises:
        InvalidArgumentError: An argument is misspelt, or has a value that Airflow refuses.
        UnsupportedFeatureError: An argument has no counterpart, or none among the options, and asks for something.
        InvalidCallbackError: A callback can't be called with one context.

    Example:
        ```python
        from datetime import timedelta

        from airflow_compat.options import task_options

        print(task_options({"retries": 2}, execution_timeout=timedelta(hours=1)))
        ```
    """
    from ._options.given import given_to_task
    from ._options.task import prefect_options
    from ._options.warn import warn

    given = given_to_task(default_args, dict(arguments), airflow_version)
    for name, nothing in (("pool", "default_pool"), ("multiple_outputs", False), ("do_xcom_push", True)):
        if given.get(name, nothing) != nothing:
            raise _no_option(given.where, name)
    for name in ("pre_execute", "post_execute", "python_callable"):
        if given.get(name) is not None:
            raise _no_option(given.where, name)
    warn(given.warnings)
    return prefect_options(given, dag_id=dag_id)


def flow_options(
    *, airflow_version: AirflowVersion = DEFAULT_VERSION, **arguments: Unpack[DagArguments]
) -> dict[str, Any]:
    """A DAG's arguments as those of `prefect.flow`: `@prefect.flow(**flow_options(**dag_args))`.

    What is for the deployment or for tasks is looked at, and left to `deployment_options` and `task_options`: the
    callbacks of `default_args` are for tasks alone.

    Args:
        airflow_version: Whose contexts and rules. In "2" `max_active_tasks` counts the tasks of all runs together.
        arguments: The DAG's.

    Returns:
        Those options that are asked for: `name`, `description`, `timeout_seconds`, `task_runner`, `on_failure`,
        `on_crashed` and `on_completion`.

    Raises:
        InvalidArgumentError: An argument is misspelt, or has a value that Airflow refuses.
        UnsupportedFeatureError: An argument has no counterpart, and asks for something.
        InvalidCallbackError: A callback can't be called with one context.
        InvalidDagLimitError: `max_active_tasks` is no number from 1 on.

    Example:
        ```python
        from datetime import timedelta

        from airflow_compat.options import flow_options

        print(flow_options(dag_id="etl", schedule="@daily", dagrun_timeout=timedelta(hours=2)))
        ```
    """
    from ._options.flow import flow_options_of, more_warnings
    from ._options.given import given_to_dag
    from ._options.warn import warn

    given = given_to_dag(dict(arguments), airflow_version)
    options = flow_options_of(given)
    warn([*given.warnings, *more_warnings(given)])
    return options


def deployment_options(
    *, airflow_version: AirflowVersion = DEFAULT_VERSION, **arguments: Unpack[DagArguments]
) -> dict[str, Any]:
    """A DAG's arguments as those of `flow.deploy` and `flow.to_deployment`: `etl.deploy(**deployment_options(...))`.

    `flow.serve` calls the limit `global_limit`; use `prefect.serve(etl.to_deployment(**deployment_options(...)))`.

    Args:
        airflow_version: Whose rules.
        arguments: The DAG's. Of `default_args`, `owner` and `queue` are taken, and what it says for the DAG.

    Returns:
        Those options that are asked for: `name`, `description`, `schedules`, `triggers`, `parameters`, `tags`,
        `concurrency_limit`, `paused` and `work_queue_name`.

    Raises:
        InvalidArgumentError: An argument is misspelt, or has a value that Airflow refuses.
        InvalidScheduleError: Airflow takes no such schedule either.
        UnsupportedFeatureError: An argument has no counterpart, and asks for something.
        InvalidDagLimitError: `max_active_runs` is no number from 1 on.

    Example:
        ```python
        from airflow_compat.options import deployment_options

        print(deployment_options(dag_id="etl", tags=["finance"], params={"day": "2026-11-22"}))
        ```
    """
    from ._options.deployment import deployment_options_of, more_warnings
    from ._options.given import given_to_dag
    from ._options.warn import warn

    given = given_to_dag(dict(arguments), airflow_version)
    options = deployment_options_of(given)
    warn([*given.warnings, *more_warnings(given)])
    return options


def _no_option(where: str, name: str) -> UnsupportedFeatureError:
    return UnsupportedFeatureError(
        f"{where}: {name} is no option of prefect.task; write `@airflow_compat.task(...)` in place of Prefect's @task"
    )
