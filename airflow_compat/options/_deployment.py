"""Convert a DAG's arguments to options of `flow.deploy` and `flow.to_deployment`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy

from .._airflow.argument_values import is_param, param_values, text
from .._airflow.author_arguments import DEFAULT_OWNER, OWNER_TAG
from .._airflow.dag_limits import limit_from_max_active_runs
from ..errors import InvalidArgumentError
from ..schedules import asset_triggers
from ..schedules._dag_schedule import Schedule, read_schedule
from ..schedules._prefect_objects import schedule_of
from ._flow import description_of
from ._merged_arguments import MergedArguments

_AIRFLOWS_QUEUE = "default"


def deployment_options_of(given: MergedArguments) -> dict[str, Any]:
    """Return the deployment options that the DAG's arguments set. Raises the errors of `deployment_options`."""
    tasks = given.mapping("default_args")
    options: dict[str, Any] = {}
    if (name := given.text("dag_id")) is not None:
        options["name"] = name
    if description := description_of(given):
        options["description"] = description
    if tags := _tags(given, tasks):
        options["tags"] = tags
    if parameters := param_values(given.mapping("params")):
        options["parameters"] = parameters
    if given.get("is_paused_upon_creation") is not None:
        options["paused"] = bool(given.get("is_paused_upon_creation"))
    if (limit := given.get("max_active_runs")) is not None:
        found = limit_from_max_active_runs(limit)
        options["concurrency_limit"] = ConcurrencyLimitConfig(
            limit=found.limit, collision_strategy=ConcurrencyLimitStrategy(found.collision_strategy)
        )
    if (queue := tasks.get("queue") or _AIRFLOWS_QUEUE) != _AIRFLOWS_QUEUE:
        options["work_queue_name"] = text(given.where, "default_args['queue']", queue)
    schedule = _schedule(given)
    if entries := schedule.entries().entries:
        options["schedules"] = [schedule_of(entry) for entry in entries]
    if schedule.assets is not None:
        options["triggers"] = asset_triggers(schedule)
    return options


def more_warnings(given: MergedArguments) -> Iterator[str]:
    yield from (f"{given.where}: {note}" for note in _schedule(given).entries().notes)
    checked = sorted(name for name, value in given.get("params", {}).items() if is_param(value) and value.schema)
    if checked:
        yield (
            f"{given.where}: params work differently than in Airflow: the schema of {', '.join(checked)} is not "
            "checked. Annotate the flow's parameter, so that Prefect checks it."
        )


def _schedule(given: MergedArguments) -> Schedule:
    names = ("schedule_interval", "timetable", "schedule")
    return read_schedule(
        next((value for name in names if (value := given.get(name)) is not None), None),
        start_date=given.get("start_date"),
        end_date=given.get("end_date"),
        catchup=given.get("catchup"),
        airflow_version=given.version,
    )


def _tags(given: MergedArguments, tasks: Mapping[str, Any]) -> list[str]:
    tags = given.get("tags", [])
    if isinstance(tags, str):
        raise InvalidArgumentError(f"{given.where}: tags is a string. Use a list of strings.")
    found = [text(given.where, "tags", tag) for tag in tags]
    owner = tasks.get("owner") or DEFAULT_OWNER
    return found if owner == DEFAULT_OWNER else [*found, f"{OWNER_TAG}{owner}"]
