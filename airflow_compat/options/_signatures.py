"""Airflow's arguments of tasks and DAGs, as type checkers and editors see them.

Those that are refused are not here; given all the same, the error says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypedDict

from .._airflow.callback import Callback

Callbacks: TypeAlias = Callback | list[Callback] | None
Seconds: TypeAlias = timedelta | float


class TaskArguments(TypedDict, total=False):
    """What Airflow's `@task` and `BaseOperator` take. `docs/reference/arguments.md` says what becomes of each.

    Attributes:
        task_id: The task's name; the function's where it isn't given.
        default_args: What holds where the task says nothing itself; None in an argument means that it says so.
        retries: How often the task is tried again.
        retry_delay: A `timedelta` or seconds; 300 seconds where it isn't given.
        retry_exponential_backoff: True, or in Airflow 3 a number that each delay is multiplied with.
        max_retry_delay: The longest delay.
        execution_timeout: A `timedelta`.
        pool: The pool's name; None is no pool.
        pool_slots: How many slots.
        priority_weight: The order of those that wait for the pool.
        weight_rule: `absolute`.
        email: Addresses.
        email_on_failure: Whether they are told of the failure.
        email_on_retry: Whether they are told of retries.
        max_active_tis_per_dag: How many runs of the task go on at once.
        multiple_outputs: Whether each key of what it returns is an XCom.
        do_xcom_push: Whether what it returns is one.
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
    pre_execute: Callable[[Any], Any] | None
    post_execute: Callable[[Any, Any], Any] | None
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


class DagArguments(TypedDict, total=False):
    """What Airflow's `DAG` takes. `docs/reference/arguments.md` says what becomes of each.

    Attributes:
        dag_id: The DAG's id.
        description: One line.
        doc_md: More, as Markdown.
        schedule: What `airflow_compat.schedules.read_schedule` takes: a preset such as `@daily`, a cron expression, a
            `timedelta`, a timetable, assets, or None.
        start_date: When the schedule begins, and what an interval counts from; its time zone is the schedule's.
        end_date: When the schedule ends.
        catchup: Whether missed runs are made up for.
        default_args: The tasks'.
        max_active_tasks: How many tasks of a run go on at once.
        max_active_runs: How many runs go on at once.
        dagrun_timeout: How long a run may take.
        params: The values of the flow's parameters, or objects that have a `value`.
        tags: The deployment's.
        is_paused_upon_creation: Whether the deployment is paused.
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
