"""Airflow's task and DAG arguments for type checkers and editors.

Arguments that this library refuses are left out. Passing such an argument raises an error with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from ..context._lazy_dict import Context, ContextCallback

Callbacks: TypeAlias = ContextCallback | list[ContextCallback] | None
Seconds: TypeAlias = timedelta | float


class TaskArguments(TypedDict, total=False):
    """Arguments of Airflow's `@task` and `BaseOperator`; see `docs/reference/arguments.md`.

    Attributes:
        task_id: Defaults to the function's name.
        default_args: Values for omitted arguments. An argument that is explicitly None overrides its default here.
        retries: The number of tries after the first one.
        retry_delay: A `timedelta` or seconds. Defaults to 300 seconds.
        retry_exponential_backoff: True for delays that double, or in Airflow 3 the factor between two delays.
        pool: The pool's name; None for no pool.
        priority_weight: The priority among tasks that wait for the pool.
        weight_rule: Every weight rule is treated as `absolute`.
        max_active_tis_per_dag: The maximum number of runs of the task at the same time.
        multiple_outputs: Whether each key of the returned dict is stored as an XCom of its own.
        do_xcom_push: Whether the return value is stored as an XCom.
    """

    task_id: str
    default_args: Mapping[str, Any] | None
    retries: int | None
    retry_delay: Seconds | None
    retry_exponential_backoff: float | None
    max_retry_delay: Seconds | None
    execution_timeout: timedelta | None
    pool: str | None
    pool_slots: int
    priority_weight: int
    weight_rule: str
    on_execute_callback: Callbacks
    on_failure_callback: Callbacks
    on_success_callback: Callbacks
    on_retry_callback: Callbacks
    on_skipped_callback: Callbacks
    pre_execute: ContextCallback | None
    post_execute: Callable[[Context, Any], Any] | Callable[[Any, Any], Any] | None
    email: str | Sequence[str] | None
    email_on_failure: bool
    email_on_retry: bool
    max_active_tis_per_dag: int | None
    task_concurrency: int | None
    multiple_outputs: bool | None
    do_xcom_push: bool
    owner: str
    queue: str
    sla: timedelta | None
    trigger_rule: str
    depends_on_past: bool
    wait_for_downstream: bool
    ignore_first_depends_on_past: bool
    wait_for_past_depends_before_skipping: bool
    doc: str | None
    doc_md: str | None
    doc_json: str | None
    doc_yaml: str | None
    doc_rst: str | None
    task_display_name: str | None
    logger_name: str | None
    allow_nested_operators: bool
    show_return_value_in_logs: bool


class UnknownOption:
    """The type that type checkers name in the error about a misspelt option."""


if TYPE_CHECKING:
    from typing_extensions import TypedDict as ClosedTypedDict

    class AnyTaskArguments(TaskArguments, ClosedTypedDict, total=False, extra_items=UnknownOption):  # type: ignore[call-arg]
        """`TaskArguments`, plus all other keyword arguments, whose type accepts no value."""


class DagArguments(TypedDict, total=False):
    """Arguments of Airflow's `DAG`; see `docs/reference/arguments.md`.

    Attributes:
        schedule: A preset such as `@daily`, a cron expression, a `timedelta`, a timetable, assets, or None. See
            `airflow_compat.schedules.read_schedule`.
        start_date: The date at which the schedule and its data intervals start; its time zone becomes the schedule's.
        catchup: Whether to catch up on missed runs.
        max_active_tasks: The maximum number of tasks that one DAG run executes at the same time.
        max_active_runs: The maximum number of DAG runs that are active at the same time.
        dagrun_timeout: The longest duration of a DAG run.
        params: Values of the flow's parameters, by name. Each may also be an object with the attribute `value`.
    """

    dag_id: str
    description: str | None
    doc_md: str | None
    dag_display_name: str | None
    schedule: Any
    schedule_interval: Any
    timetable: Any
    start_date: datetime | None
    end_date: datetime | None
    catchup: bool
    default_args: Mapping[str, Any] | None
    max_active_tasks: int
    concurrency: int | None
    max_active_runs: int
    dagrun_timeout: timedelta | None
    on_success_callback: Callbacks
    on_failure_callback: Callbacks
    sla_miss_callback: Any
    deadline: Any
    params: Mapping[str, Any] | None
    tags: Sequence[str] | None
    is_paused_upon_creation: bool | None
    owner_links: Mapping[str, str] | None
    auto_register: bool
    full_filepath: str | None
    default_view: str
    orientation: str
