"""Every argument of `BaseOperator`, `PythonOperator` and `@task` in Airflow 2.11 and 3.3, and what becomes of each."""

from __future__ import annotations

from .arguments import THREE, TWO, Argument, table_of

_IN_FLOW = "write it in the flow's own code"
_CALL = "call the task with its arguments in the flow"
_RENDER = "render what it is about with `airflow_compat.templates.render`"
_INFRASTRUCTURE = (
    "a task runs in its flow's process: say it in the `job_variables` of the flow's deployment, or make it a flow"
)
_PAST = (
    "no task run waits for one of another run: with `max_active_runs=1` runs go one after another; where it matters "
    "how the last one ended, ask for its state in the flow"
)
_WITHOUT_PAST = "nothing: it says more about `depends_on_past`, which is refused"
_DOCUMENTATION = "`description`; several texts are put one below the other"
_ELSEWHERE = "the task itself makes no alert; `automations.from_dag_args` makes it, given the task in `tasks=`"

TASK_ARGUMENTS = table_of(
    Argument("task_id", "mapped", "`name`"),
    Argument(
        "owner", "mapped", "a line of `description`; the deployment gets a tag `owner:<name>`", defaults=("airflow",)
    ),
    Argument("email", "mapped", "`notifiers.EmailAlert` as a callback for failures and retries"),
    Argument("email_on_retry", "mapped", "whether `email` is told of retries", defaults=(True,)),
    Argument("email_on_failure", "mapped", "whether `email` is told of the failure", defaults=(True,)),
    Argument("retries", "mapped", "`retries`", defaults=(0,)),
    Argument("retry_delay", "mapped", "`retry_delay_seconds`; with `retries` and without it 300, as in Airflow"),
    Argument(
        "retry_exponential_backoff",
        "mapped",
        "`retry_delay_seconds`: Airflow's own delays, made of the flow, the task, the logical date and the try",
        defaults=(False, 0),
    ),
    Argument("max_retry_delay", "mapped", "the longest delay of `retry_exponential_backoff`"),
    Argument(
        "retry_policy",
        "refused",
        "write a `retry_condition_fn` and give it to the task by `with_options`",
        THREE,
    ),
    Argument("start_date", "refused", "a task runs whenever its flow calls it: give it to the DAG, or write an `if`"),
    Argument("end_date", "refused", "a task runs whenever its flow calls it: write an `if` in the flow"),
    Argument("depends_on_past", "refused", _PAST, defaults=(False,)),
    Argument("ignore_first_depends_on_past", "mapped", _WITHOUT_PAST, defaults=(True, False)),
    Argument("wait_for_past_depends_before_skipping", "mapped", _WITHOUT_PAST, defaults=(False,)),
    Argument("wait_for_downstream", "refused", _PAST, defaults=(False,)),
    Argument("dag", "refused", f"the flow that calls a task is its DAG: {_CALL}"),
    Argument("params", "refused", "a task's parameters are its function's: give it the value when you call it"),
    Argument("default_args", "mapped", "what holds where the task says nothing itself"),
    Argument(
        "priority_weight",
        "mapped",
        "`priority_weight` of the pool: the order of those that wait for it in one process",
        defaults=(1,),
    ),
    Argument(
        "weight_rule",
        "approximated",
        "the task's own `priority_weight` counts, as with `absolute`; no tasks after or before it are added",
        defaults=("downstream", "absolute"),
    ),
    Argument(
        "queue",
        "approximated",
        "the task runs where its flow runs; `deployment_options` makes the `queue` of `default_args` the deployment's "
        "work queue",
        defaults=("default",),
    ),
    Argument(
        "pool", "mapped", "slots of `airflow_compat.pool`, held while the function runs", defaults=("default_pool",)
    ),
    Argument("pool_slots", "mapped", "how many slots of the pool", defaults=(1,)),
    Argument("sla", "approximated", _ELSEWHERE),
    Argument("execution_timeout", "mapped", "`timeout_seconds`; with a pool it counts from when the slots are held"),
    Argument("on_execute_callback", "mapped", "`on_running`, by the rules of `@on_execute`"),
    Argument("on_failure_callback", "mapped", "`on_failure`, by the rules of `@on_failure`"),
    Argument("on_success_callback", "mapped", "`on_completion`, by the rules of `@on_success`"),
    Argument("on_retry_callback", "mapped", "`retry_condition_fn`, by the rules of `@on_retry`"),
    Argument("on_skipped_callback", "mapped", "`on_completion`, by the rules of `@on_skipped`"),
    Argument("pre_execute", "mapped", "called with the context before the function, inside the pool"),
    Argument("post_execute", "mapped", "called with the context and the result after the function"),
    Argument(
        "trigger_rule",
        "refused",
        "a Prefect task runs when those whose results it is given have succeeded; for another rule take their states "
        "(`return_state=True`) or `allow_failure`, and write an `if`",
        defaults=("all_success",),
    ),
    Argument("resources", "refused", _INFRASTRUCTURE),
    Argument("run_as_user", "refused", _INFRASTRUCTURE),
    Argument("task_concurrency", "mapped", "the older name of `max_active_tis_per_dag`", TWO),
    Argument("map_index_template", "refused", "name the runs by `task.with_options(task_run_name=...)`"),
    Argument(
        "max_active_tis_per_dag",
        "mapped",
        "a tag `<dag_id>.<task_id>`, whose limit is made by `prefect concurrency-limit create`; needs `dag_id`",
    ),
    Argument(
        "max_active_tis_per_dagrun",
        "refused",
        "no limit of Prefect's is of one run and one task: give the flow a task runner with as many workers, or `map` "
        "in portions",
    ),
    Argument("executor", "refused", _INFRASTRUCTURE),
    Argument("executor_config", "refused", _INFRASTRUCTURE),
    Argument("do_xcom_push", "mapped", "whether what the function returns is kept as an XCom", defaults=(True,)),
    Argument(
        "multiple_outputs",
        "mapped",
        "whether each key of the dict that it returns is an XCom too; `-> dict` implies it",
        defaults=(False,),
    ),
    Argument("inlets", "refused", "lineage is Prefect's assets: `asset_deps` of `prefect.task`"),
    Argument("outlets", "refused", "what a task makes is an asset of Prefect's: `@materialize(...)`"),
    Argument("task_group", "refused", f"a group of tasks is a function or a flow that calls them: {_CALL}"),
    Argument("doc", "mapped", _DOCUMENTATION),
    Argument("doc_md", "mapped", _DOCUMENTATION),
    Argument("doc_json", "mapped", _DOCUMENTATION),
    Argument("doc_yaml", "mapped", _DOCUMENTATION),
    Argument("doc_rst", "mapped", _DOCUMENTATION),
    Argument(
        "task_display_name",
        "approximated",
        "it is the name of the task's runs, by which alerts on the server tell tasks: name it in them",
    ),
    Argument("logger_name", "approximated", "a run's log has a name of Prefect's; `logging.getLogger` gives any other"),
    Argument("allow_nested_operators", "mapped", "nothing: a task may call others", defaults=(True,)),
    Argument("render_template_as_native_obj", "refused", f"{_RENDER}, with `native=True`", THREE, defaults=(False,)),
    Argument("python_callable", "mapped", "the function that is decorated"),
    Argument("op_args", "refused", _CALL),
    Argument("op_kwargs", "refused", _CALL),
    Argument("templates_dict", "refused", _RENDER),
    Argument("templates_exts", "refused", f"{_RENDER}, with `template_ext`"),
    Argument("show_return_value_in_logs", "mapped", "nothing: Prefect logs no return values", defaults=(True,)),
    Argument("kwargs_to_upstream", "refused", f"it is for operators that Airflow builds itself: {_IN_FLOW}"),
)
"""By name. The last seven are `PythonOperator`'s and the decorator's own."""

OF_THE_DAG = frozenset({"start_date", "end_date", "params"})
"""What `default_args` says for the DAG, by Airflow's own rule (`DAG.__init__`): no task is asked for it."""
