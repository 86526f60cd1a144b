"""A DAG's arguments as options for `flow.deploy` and `flow.to_deployment`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.argument_values import mapping, text
from .._airflow.told_arguments import DEFAULT_OWNER, OWNER_TAG
from .._specs.dag_limits import limit_from_max_active_runs
from ..errors import InvalidArgumentError
from .flow import description_of
from .given import Given
from .schedule import schedule_of_dag, schedule_options

_AIRFLOWS_QUEUE = "default"


def deployment_options_of(given: Given) -> dict[str, Any]:
    """The options; those that aren't asked for are left out.

    Raises:
        InvalidArgumentError: A value is one that Airflow refuses.
        InvalidDagLimitError: `max_active_runs` is no number from 1 on.
        InvalidScheduleError: Airflow takes no such schedule either.
        UnsupportedFeatureError: The schedule has no counterpart.
    """
    where = given.where
    tasks = mapping(where, "default_args", given.get("default_args"))
    options: dict[str, Any] = {}
    if given.get("dag_id") is not None:
        options["name"] = text(where, "dag_id", given.get("dag_id"))
    if description := description_of(given):
        options["description"] = description
    if tags := _tags(given, tasks):
        options["tags"] = tags
    if parameters := _parameters(given):
        options["parameters"] = parameters
    if given.get("is_paused_upon_creation") is not None:
        options["paused"] = bool(given.get("is_paused_upon_creation"))
    if (limit := given.get("max_active_runs")) is not None:
        from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy

        found = limit_from_max_active_runs(limit)
        strategy = ConcurrencyLimitStrategy(found.collision_strategy)
        options["concurrency_limit"] = ConcurrencyLimitConfig(limit=found.limit, collision_strategy=strategy)
    if (queue := tasks.get("queue") or _AIRFLOWS_QUEUE) != _AIRFLOWS_QUEUE:
        options["work_queue_name"] = text(where, "default_args['queue']", queue)
    return {**options, **schedule_options(schedule_of_dag(given))}


def more_warnings(given: Given) -> list[str]:
    """How what was asked for differs, by its values."""
    found = [f"{given.where}: {note}" for note in schedule_of_dag(given).entries().notes]
    checked = sorted(name for name, value in given.get("params", {}).items() if _is_param(value) and value.schema)
    if checked:
        message = f"{given.where}: params differ from Airflow's: the schema of {', '.join(checked)} isn't looked at; "
        found.append(message + "annotate the flow's parameter, by which Prefect checks it")
    return found


def _tags(given: Given, tasks: Mapping[str, Any]) -> list[str]:
    tags = given.get("tags", [])
    if isinstance(tags, str):
        raise InvalidArgumentError(f"{given.where}: tags is a text; write a list of texts")
    found = [text(given.where, "tags", tag) for tag in tags]
    owner = tasks.get("owner") or DEFAULT_OWNER
    return found if owner == DEFAULT_OWNER else [*found, f"{OWNER_TAG}{owner}"]


def _parameters(given: Given) -> dict[str, Any]:
    params = mapping(given.where, "params", given.get("params"))
    values = {name: value.value if _is_param(value) else value for name, value in params.items()}
    # A `Param` without a default has Airflow's own mark for that, and has to be given with each run.
    return {name: value for name, value in values.items() if type(value).__name__ != "ArgNotSet"}


def _is_param(value: object) -> bool:
    """Whether it is a `Param` of Airflow's, or looks like one."""
    return hasattr(value, "value") and hasattr(value, "schema")
