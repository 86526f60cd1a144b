"""Every argument of `DAG` in Airflow 2.11 and 3.3, and how each is ported."""

from __future__ import annotations

from .._airflow.argument_table import THREE, TWO, Argument, table_of
from .._airflow.task_arguments import SLA_WARNING

_RENDER = "Prefect does not render templates. Pass the value to `airflow_compat.templates.render` as "
_ELSEWHERE = "the flow itself sends no alert. `automations.from_dag_args` creates the alert"
_VIEW = "the argument configures Airflow's UI, and Prefect has one view of a flow. Leave the argument out"
_VERSIONS = "a deployment runs the code that its `pull` step names. Set the version there"

DAG_ARGUMENTS = table_of(
    Argument("dag_id", "mapped", "the flow's `name` and the deployment's `name`"),
    Argument("description", "mapped", "`description` of the flow and the deployment"),
    Argument("schedule", "mapped", "the deployment's `schedules`, and `triggers` for assets; see `schedules`"),
    Argument("schedule_interval", "mapped", "the older name of `schedule`", TWO),
    Argument("timetable", "mapped", "the same as `schedule`", TWO),
    Argument("start_date", "mapped", "the start of the schedule, and its time zone"),
    Argument("end_date", "mapped", "the end of the schedule"),
    Argument("full_filepath", "approximated", "a deployment has an `entrypoint`. Leave the argument out", TWO),
    Argument("template_searchpath", "refused", f"{_RENDER}`search_path`"),
    Argument(
        "template_undefined",
        "refused",
        "templates are strict, which is Airflow's default. Use `default` in the template",
        defaults=("StrictUndefined",),
    ),
    Argument("user_defined_macros", "refused", f"{_RENDER}`user_defined_macros`"),
    Argument("user_defined_filters", "refused", f"{_RENDER}`user_defined_filters`"),
    Argument(
        "default_args",
        "mapped",
        "`task_options` and `airflow_compat.task`; the deployment gets `owner` and `queue`",
    ),
    Argument("concurrency", "mapped", "the older name of `max_active_tasks`", TWO),
    Argument(
        "max_active_tasks",
        "mapped",
        "a `task_runner` with this number of workers, for submitted and mapped tasks. The runner limits each run; "
        "Airflow 2 limits all runs together",
    ),
    Argument("max_active_runs", "mapped", "the deployment's `concurrency_limit`; further runs wait"),
    Argument(
        "max_consecutive_failed_dag_runs",
        "refused",
        "a deployment does not count its failures. Use an automation with `PauseDeployment`",
        defaults=(0,),
    ),
    Argument("dagrun_timeout", "mapped", "the flow's `timeout_seconds`"),
    Argument("deadline", "approximated", _ELSEWHERE, THREE),
    Argument("sla_miss_callback", "approximated", _ELSEWHERE, shared=SLA_WARNING),
    Argument("default_view", "approximated", _VIEW, TWO, defaults=("grid",)),
    Argument("orientation", "approximated", _VIEW, TWO, defaults=("LR",)),
    Argument(
        "catchup",
        "approximated",
        "runs missed before the deployment existed, or while it was paused, are not created",
        defaults=(False,),
    ),
    Argument("on_success_callback", "mapped", "`on_completion`; works like `@on_success`"),
    Argument("on_failure_callback", "mapped", "`on_failure` and `on_crashed`; works like `@on_failure`"),
    Argument("doc_md", "mapped", "`description`, below the DAG's `description`"),
    Argument("params", "mapped", "the deployment's `parameters`, which are the flow's parameters"),
    Argument("access_control", "refused", "the argument is about Airflow's users. Leave the argument out"),
    Argument(
        "is_paused_upon_creation",
        "approximated",
        "`paused` applies each time the deployment is created, not only the first time",
    ),
    Argument("jinja_environment_kwargs", "refused", f"{_RENDER}`jinja_environment_kwargs`"),
    Argument("render_template_as_native_obj", "refused", f"{_RENDER}`native=True`", defaults=(False,)),
    Argument("tags", "mapped", "the deployment's `tags`, which its runs have too"),
    Argument("owner_links", "approximated", "tags have no links. Add the link to `doc_md`"),
    Argument("auto_register", "mapped", "nothing: deploying or running a flow registers the flow", defaults=(True,)),
    Argument("fail_stop", "refused", "the older name of `fail_fast`, which is refused", TWO, defaults=(False,)),
    Argument(
        "fail_fast",
        "refused",
        "a failed task that was called ends its flow. For submitted tasks, call `result()` on each future",
        THREE,
        defaults=(False,),
    ),
    Argument("allowed_run_types", "refused", "a deployment allows all run types. Leave the argument out", THREE),
    Argument(
        "dag_display_name",
        "approximated",
        "Prefect shows the flow's name. The display name is the description's first line",
    ),
    Argument("task_group", "refused", "a flow groups its tasks. Leave the argument out", THREE),
    Argument("disable_bundle_versioning", "refused", _VERSIONS, THREE, defaults=(False,)),
    Argument("rerun_with_latest_version", "refused", _VERSIONS, THREE),
)
"""All arguments of `DAG`, by name."""
