"""Check a deployment's schedules and triggers with Prefect's own models, without a server."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from ._yaml_keys import ANY


def schedule_problem(schedule: Mapping[str, Any]) -> str:
    """Return why `prefect deploy` would refuse a schedule of `prefect.yaml`; empty if the schedule is valid."""
    kinds = [kind for kind in ("cron", "interval", "rrule") if schedule.get(kind) is not None]
    if len(kinds) != 1:
        return "use exactly one of cron, interval and rrule"
    if any("{{" in str(value) for value in schedule.values()):
        return ""
    names = {"cron": ("cron", "day_or"), "interval": ("interval", "anchor_date"), "rrule": ("rrule",)}[kinds[0]]
    given = {name: schedule[name] for name in (*names, "timezone") if schedule.get(name) is not None}
    return _schedule_problem(kinds[0], json.dumps(given, default=str))


@lru_cache(maxsize=1024)
def _schedule_problem(kind: str, given: str) -> str:
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
    from pydantic import ValidationError

    model: Any = {"cron": CronSchedule, "interval": IntervalSchedule, "rrule": RRuleSchedule}[kind]
    try:
        model(**json.loads(given))
    except ValidationError as exc:
        return _first(exc)
    except (ValueError, TypeError) as exc:
        return f"Prefect refuses the schedule: {exc}"
    return ""


@lru_cache(maxsize=1)
def trigger_keys() -> Mapping[str, str]:
    """Return all keys that a deployment's trigger can have.

    The values of these keys are checked by `trigger_problem`.
    """
    from prefect.events.schemas import deployment_triggers as models

    return {
        name: ANY
        for model in (
            models.DeploymentEventTrigger,
            models.DeploymentMetricTrigger,
            models.DeploymentCompoundTrigger,
            models.DeploymentSequenceTrigger,
        )
        for name in model.model_fields
    }


def trigger_problem(trigger: Mapping[str, Any]) -> str:
    """Return why `prefect deploy` would refuse a deployment's trigger; empty if the trigger is valid."""
    from prefect.events import DeploymentTriggerTypes
    from pydantic import TypeAdapter, ValidationError

    if "{{" in str(trigger.get("enabled")):
        trigger = {**trigger, "enabled": True}
    try:
        TypeAdapter(DeploymentTriggerTypes).validate_python(dict(trigger))
    except ValidationError as exc:
        return _first(exc)
    return ""


def is_server_configured() -> bool:
    """Return True if a server is configured.

    Without a configured server, Prefect would start a temporary server, which contains no data.
    """
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())


@lru_cache(maxsize=1)
def _own_steps() -> dict[str, Any]:
    from prefect.deployments import steps

    found = {f"{steps.__name__}.{name}": value for name, value in vars(steps).items()}
    return {name: value for name, value in found.items() if inspect.isfunction(inspect.unwrap(value))}


def step_inputs_problem(function: str, names: Collection[str]) -> str:
    """Return why one of Prefect's own steps can't be called with inputs of these names; empty if the call is valid."""
    step = _own_steps().get(function)
    if step is None:
        return ""
    try:
        inspect.signature(step).bind(**dict.fromkeys(names))
    except TypeError as exc:
        return f"{exc}; correct the step's inputs"
    return ""


def _first(error: Any) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(each) for each in found["loc"]) or "it"
    return f"Prefect refuses {where}: {found['msg'].removeprefix('Value error, ')}"
