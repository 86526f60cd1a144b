"""Every argument of `DAG` in Airflow 2.11 and 3.3, and what becomes of each."""

from __future__ import annotations

from .arguments import THREE, TWO, Argument, table_of

_RENDER = "nothing of a flow is rendered by itself: give it to `airflow_compat.templates.render`, as "
_ELSEWHERE = "the flow itself alerts nobody; `automations.from_dag_args` makes the alert"
_VIEW = "it is about Airflow's own pages, and Prefect has one view of a flow; leave it out"
_VERSIONS = "a deployment runs the code that it names: say which in its `pull` step"

DAG_ARGUMENTS = table_of(
    Argument("dag_id", "mapped", "the flow's `name` and the deployment's `name`"),
    Argument("description", "mapped", "`description` of the flow and the deployment"),
    Argument("schedule", "mapped", "the deployment's `schedules`, and its `triggers` for assets: see `schedules`"),
    Argument("schedule_interval", "mapped", "the older name of `schedule`", TWO),
    Argument("timetable", "mapped", "the same as `schedule`", TWO),
    Argument("start_date", "mapped", "its time zone is the schedule's, which begins then"),
    Argument("end_date", "mapped", "the schedule ends then"),
    Argument("full_filepath", "approximated", "a deployment has an `entrypoint`; leave it out", TWO),
    Argument("template_searchpath", "refused", f"{_RENDER}`search_path`"),
    Argument(
        "template_undefined",
        "refused",
        "templates are strict, as by Airflow's default; use `default` in the template",
        defaults=("StrictUndefined",),
    ),
    Argument("user_defined_macros", "refused", f"{_RENDER}`user_defined_macros`"),
    Argument("user_defined_filters", "refused", f"{_RENDER}`user_defined_filters`"),
    Argument(
        "default_args", "mapped", "`task_options` and `airflow_compat.task`; `owner` and `queue`: the deployment's"
    ),
    Argument("concurrency", "mapped", "the older name of `max_active_tasks`", TWO),
    Argument(
        "max_active_tasks",
        "mapped",
        "`task_runner` with as many workers, for tasks that are submitted or mapped; in Airflow 2 it is a limit on all "
        "runs together, and here of each run by itself",
    ),
    Argument("max_active_runs", "mapped", "the deployment's `concurrency_limit`; runs beyond it wait"),
    Argument(
        "max_consecutive_failed_dag_runs",
        "refused",
        "no deployment counts its failures: an automation with `PauseDeployment` can act on them",
        defaults=(0,),
    ),
    Argument("dagrun_timeout", "mapped", "the flow's `timeout_seconds`"),
    Argument("deadline", "approximated", _ELSEWHERE, THREE),
    Argument("sla_miss_callback", "approximated", _ELSEWHERE),
    Argument("default_view", "approximated", _VIEW, TWO, defaults=("grid",)),
    Argument("orientation", "approximated", _VIEW, TWO, defaults=("LR",)),
    Argument(
        "catchup",
        "approximated",
        "the runs of a time in which the deployment wasn't there, or was paused, are not made up for",
        defaults=(False,),
    ),
    Argument("on_success_callback", "mapped", "`on_completion`, by the rules of `@on_success`"),
    Argument("on_failure_callback", "mapped", "`on_failure` and `on_crashed`, by the rules of `@on_failure`"),
    Argument("doc_md", "mapped", "`description`, below the DAG's own"),
    Argument("params", "mapped", "the deployment's `parameters`, which the flow takes as its own"),
    Argument("access_control", "refused", "it is about Airflow's users; leave it out"),
    Argument(
        "is_paused_upon_creation",
        "approximated",
        "`paused` holds each time that the deployment is made, and not the first time alone",
    ),
    Argument("jinja_environment_kwargs", "refused", f"{_RENDER}`jinja_environment_kwargs`"),
    Argument("render_template_as_native_obj", "refused", f"{_RENDER}`native=True`", defaults=(False,)),
    Argument("tags", "mapped", "the deployment's `tags`, which its runs have too"),
    Argument("owner_links", "approximated", "a tag is no link; write it into `doc_md`"),
    Argument("auto_register", "mapped", "nothing: a flow is registered by being deployed or run", defaults=(True,)),
    Argument("fail_stop", "refused", "the older name of `fail_fast`, which is refused", TWO, defaults=(False,)),
    Argument(
        "fail_fast",
        "refused",
        "a task that is called ends its flow when it fails; of those that are submitted, ask each for its result",
        THREE,
        defaults=(False,),
    ),
    Argument("allowed_run_types", "refused", "who may run a deployment may run it in every way; leave it out", THREE),
    Argument("dag_display_name", "approximated", "Prefect shows a flow's name; it is the description's first line"),
    Argument("task_group", "refused", "a flow is its tasks' group; leave it out", THREE),
    Argument("disable_bundle_versioning", "refused", _VERSIONS, THREE, defaults=(False,)),
    Argument("rerun_with_latest_version", "refused", _VERSIONS, THREE),
)
"""By name."""
