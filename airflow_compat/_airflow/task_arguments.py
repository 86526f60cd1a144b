"""Every argument of `BaseOperator`, `PythonOperator` and `@task` in Airflow 2.11 and 3.3, and how each is ported."""

from __future__ import annotations

from .argument_table import THREE, TWO, Argument, table_of

_CALL = "Call the task with its arguments in the flow"
_RENDER = "Prefect does not render templates. Use `airflow_compat.templates.render`"
_INFRASTRUCTURE = (
    "a task runs in its flow's process. Set the argument in the `job_variables` of the flow's deployment, or make the "
    "task a flow"
)
_PAST = (
    "a task run does not wait for another flow run. Use `max_active_runs=1`, or read the last run's state in the flow"
)
_WITHOUT_PAST = "nothing: the argument only affects `depends_on_past`, which is refused"
_DOCUMENTATION = "`description`; several texts are joined"
_ELSEWHERE = "the task itself sends no alert. `automations.from_dag_args` creates the alert if the task is in `tasks=`"

SLA_WARNING = (
    "sla, sla_miss_callback: flows and tasks send no SLA alerts; create the alerts with automations.from_dag_args, and "
    "pass the tasks in tasks="
)

TASK_ARGUMENTS = table_of(
    Argument("task_id", "mapped", "`name`"),
    Argument(
        "owner", "mapped", "a line of `description`; the deployment gets a tag `owner:<name>`", defaults=("airflow",)
    ),
    Argument("email", "mapped", "`notifiers.EmailAlert` as a callback for failures and retries"),
    Argument("email_on_retry", "mapped", "whether retries are reported to `email`", defaults=(True,)),
    Argument("email_on_failure", "mapped", "whether failures are reported to `email`", defaults=(True,)),
    Argument("retries", "mapped", "`retries`", defaults=(0,)),
    Argument(
        "retry_delay", "mapped", "`retry_delay_seconds`; if `retries` is set, the delay defaults to 300, as in Airflow"
    ),
    Argument(
        "retry_exponential_backoff",
        "mapped",
        "`retry_delay_seconds`: Airflow's delays, computed from the flow, the task, the logical date and the try",
        defaults=(False, 0),
    ),
    Argument("max_retry_delay", "mapped", "the longest delay of `retry_exponential_backoff`"),
    Argument(
        "retry_policy",
        "refused",
        "Prefect uses a function instead of a policy. Pass a `retry_condition_fn` to the task's `with_options`",
        THREE,
    ),
    Argument(
        "start_date", "refused", "a task runs when its flow calls the task. Set the date on the DAG, or use an `if`"
    ),
    Argument("end_date", "refused", "a task runs when its flow calls the task. Use an `if` in the flow"),
    Argument("depends_on_past", "refused", _PAST, defaults=(False,)),
    Argument("ignore_first_depends_on_past", "mapped", _WITHOUT_PAST, defaults=(True, False)),
    Argument("wait_for_past_depends_before_skipping", "mapped", _WITHOUT_PAST, defaults=(False,)),
    Argument("wait_for_downstream", "refused", _PAST, defaults=(False,)),
    Argument("dag", "refused", f"the flow that calls a task is the task's DAG. {_CALL}"),
    Argument("params", "refused", "a task has its function's parameters. Pass the value when you call the task"),
    Argument("default_args", "mapped", "defaults for the task's arguments"),
    Argument(
        "priority_weight",
        "mapped",
        "`priority_weight` of the pool: the order of tasks that wait for the pool in one process",
        defaults=(1,),
    ),
    Argument(
        "weight_rule",
        "approximated",
        "only the task's own `priority_weight` counts, as with `absolute`",
        defaults=("downstream", "absolute"),
    ),
    Argument(
        "queue",
        "approximated",
        "the task runs where its flow runs. `deployment_options` uses the `queue` of `default_args` as the "
        "deployment's work queue",
        defaults=("default",),
    ),
    Argument(
        "pool", "mapped", "slots of `airflow_compat.pool`, held while the function runs", defaults=("default_pool",)
    ),
    Argument("pool_slots", "mapped", "the number of slots to hold", defaults=(1,)),
    Argument("sla", "approximated", _ELSEWHERE, shared=SLA_WARNING),
    Argument(
        "execution_timeout", "mapped", "`timeout_seconds`; with a pool, the time starts when the slots are acquired"
    ),
    Argument("on_execute_callback", "mapped", "`on_running`; works like `@on_execute`"),
    Argument("on_failure_callback", "mapped", "`on_failure`; works like `@on_failure`"),
    Argument("on_success_callback", "mapped", "`on_completion`; works like `@on_success`"),
    Argument("on_retry_callback", "mapped", "called through the task's `retry_condition_fn`, as with `@on_retry`"),
    Argument("on_skipped_callback", "mapped", "`on_completion`; works like `@on_skipped`"),
    Argument("pre_execute", "mapped", "called with the context before the function, inside the pool"),
    Argument("post_execute", "mapped", "called with the context and the result after the function"),
    Argument(
        "trigger_rule",
        "refused",
        "a Prefect task runs when the tasks whose results it receives have succeeded. For another rule, use the states "
        "of these tasks (`return_state=True`) or `allow_failure`, and an `if`",
        defaults=("all_success",),
    ),
    Argument("resources", "refused", _INFRASTRUCTURE),
    Argument("run_as_user", "refused", _INFRASTRUCTURE),
    Argument("task_concurrency", "mapped", "the older name of `max_active_tis_per_dag`", TWO),
    Argument(
        "map_index_template", "refused", "Prefect names task runs itself. Use `task.with_options(task_run_name=...)`"
    ),
    Argument(
        "max_active_tis_per_dag",
        "mapped",
        "a tag `<dag_id>.<task_id>`; create the tag's limit with `prefect concurrency-limit create`. Needs `dag_id`",
    ),
    Argument(
        "max_active_tis_per_dagrun",
        "refused",
        "Prefect has no limit for one task in one run. Use a task runner with this number of workers, or `map` in "
        "portions",
    ),
    Argument("executor", "refused", _INFRASTRUCTURE),
    Argument("executor_config", "refused", _INFRASTRUCTURE),
    Argument("do_xcom_push", "mapped", "whether the return value is stored as an XCom", defaults=(True,)),
    Argument(
        "multiple_outputs",
        "mapped",
        "whether each key of the returned dict is also an XCom; `-> dict` implies `multiple_outputs`",
        defaults=(False,),
    ),
    Argument("inlets", "refused", "Prefect uses assets for lineage. Use `asset_deps` of `prefect.task`"),
    Argument("outlets", "refused", "Prefect uses assets for a task's output. Use `@materialize(...)`"),
    Argument("task_group", "refused", f"use a function or a flow to group tasks. {_CALL}"),
    Argument("doc", "mapped", _DOCUMENTATION),
    Argument("doc_md", "mapped", _DOCUMENTATION),
    Argument("doc_json", "mapped", _DOCUMENTATION),
    Argument("doc_yaml", "mapped", _DOCUMENTATION),
    Argument("doc_rst", "mapped", _DOCUMENTATION),
    Argument(
        "task_display_name",
        "approximated",
        "the display name becomes the name of the task's runs. Use the display name in alerts, which identify tasks by "
        "name",
    ),
    Argument("logger_name", "approximated", "Prefect names the run's logger. Use `logging.getLogger` for another name"),
    Argument("allow_nested_operators", "mapped", "nothing: a task may call other tasks", defaults=(True,)),
    Argument("render_template_as_native_obj", "refused", f"{_RENDER}, with `native=True`", THREE, defaults=(False,)),
    Argument("python_callable", "mapped", "the decorated function"),
    Argument("op_args", "refused", f"a Prefect task gets its arguments from its call. {_CALL}"),
    Argument("op_kwargs", "refused", f"a Prefect task gets its arguments from its call. {_CALL}"),
    Argument("templates_dict", "refused", _RENDER),
    Argument("templates_exts", "refused", f"{_RENDER}, with `template_ext`"),
    Argument("show_return_value_in_logs", "mapped", "nothing: Prefect logs no return values", defaults=(True,)),
    Argument(
        "kwargs_to_upstream",
        "refused",
        "the argument is for operators that Airflow builds itself. Put the operator's work into the flow's code",
    ),
)
"""The task arguments by name. The last seven arguments are those of `PythonOperator` and `@task`."""

OF_THE_DAG = frozenset({"start_date", "end_date", "params"})
"""The arguments in `default_args` that Airflow applies to the DAG itself (`DAG.__init__`), not to its tasks."""
