"""A DAG's arguments as options for `flow.deploy` and `flow.to_deployment`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .._airflow.argument_values import mapping, text
from .._specs.dag_limits import limit_from_max_active_runs
from ..errors import InvalidArgumentError
from .flow import description_of
from .given import Given
from .schedule import schedule_options

_AIRFLOWS_OWNER, _AIRFLOWS_QUEUE = "airflow", "default"


def deployment_options_of(given: Given) -> dict[str, Any]:
    """The options; those that aren't asked for are left out.

    Raises:
        InvalidArgumentError: A value is one that Airflow refuses.
        InvalidDagLimitError: `max_active_runs` is no number from 1 on.
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
    return {**options, **_schedule(given)}


def more_warnings(given: Given) -> list[str]:
    """How what was asked for differs, by its values."""
    checked = sorted(name for name, value in given.get("params", {}).items() if _is_param(value) and value.schema)
    if not checked:
        return []
    message = f"{given.where}: params differ from Airflow's: the schema of {', '.join(checked)} isn't looked at; "
    return [message + "annotate the flow's parameter, by which Prefect checks it"]


def _tags(given: Given, tasks: Mapping[str, Any]) -> list[str]:
    tags = given.get("tags", [])
    if isinstance(tags, str):
        raise InvalidArgumentError(f"{given.where}: tags is a text; write a list of texts")
    found = [text(given.where, "tags", tag) for tag in tags]
    owner = tasks.get("owner") or _AIRFLOWS_OWNER
    return found if owner == _AIRFLOWS_OWNER else [*found, f"owner:{owner}"]


def _parameters(given: Given) -> dict[str, Any]:
    params = mapping(given.where, "params", given.get("params"))
    values = {name: value.value if _is_param(value) else value for name, value in params.items()}
    # A `Param` without a default has Airflow's own mark for that, and has to be given with each run.
    return {name: value for name, value in values.items() if type(value).__name__ != "ArgNotSet"}


def _is_param(value: object) -> bool:
    """Whether it is a `Param` of Airflow's, or looks like one."""
    return hasattr(value, "value") and hasattr(value, "schema")


def _schedule(given: Given) -> dict[str, Any]:
    schedule = given.values["schedule_interval"] if "schedule_interval" in given.values else given.get("schedule")
    start, end = (_moment(given, name) for name in ("start_date", "end_date"))
    zone = _zone_name(start) if start else "UTC"
    return dict(schedule_options(schedule, start_date=start, end_date=end, timezone_name=zone))


def _moment(given: Given, name: str) -> datetime | None:
    """A date of the DAG's; without a time zone it is in UTC, as in Airflow."""
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise InvalidArgumentError(f"{given.where}: {name} is {value!r}; write a datetime")
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _zone_name(moment: datetime) -> str:
    """The time zone by the name that it has in the database of them; an offset alone is UTC's, as in Airflow."""
    zone = moment.tzinfo
    name = getattr(zone, "key", None) or getattr(zone, "name", None)
    return name if isinstance(name, str) and ("/" in name or name == "UTC") else "UTC"
