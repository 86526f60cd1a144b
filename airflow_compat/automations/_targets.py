"""Whose runs an automation is about: flows, deployments, tasks, tags, or all of them, as labels to match."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..errors import InvalidAlertError
from .automations import RUN, RUN_NAME, Labels

Kind: TypeAlias = Literal["flow-run", "task-run"]

_ROLE = "prefect.resource.role"
_SPECIAL = re.compile(r"[*?[]")

# A task's runs are named by the task, and by a counter or the first digits of a UUID.
_RUN_SUFFIXES = ("", "-[0-9]", "-[0-9][0-9]", "-[0-9a-f][0-9a-f][0-9a-f]")


@dataclass(frozen=True)
class Target:
    """Whose runs. Several values of one field: any of them. Several fields: all of them hold.

    Attributes:
        flows: Names of flows.
        deployments: `flow/deployment`; a part may be `*`, for any.
        tasks: `flow/task`; a part may be `*`, for any.
        tags: Tags of the run, its flow or its deployment.
        everything: Every flow run.
    """

    flows: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    everything: bool = False

    def __post_init__(self) -> None:
        given = [name for name in ("flows", "deployments", "tasks") if getattr(self, name)]
        if self.everything and (given or self.tags):
            raise InvalidAlertError("everything=True stands beside another target; leave one of them out")
        if len(given) > 1:
            raise InvalidAlertError(
                f"{' and '.join(given)} were given for one alert, and a run that is one's may not be the other's; "
                "make one alert of each"
            )
        if not (given or self.tags or self.everything):
            raise InvalidAlertError(
                "it has no target; name a flow, deployment=, task= or tags=, or say everything=True for every flow run"
            )
        for name in (*self.flows, *self.tags):
            _check(name)
        _grouped(self.deployments or self.tasks)

    @property
    def kind(self) -> Kind:
        """Whose events tell: a flow run's or a task run's."""
        return "task-run" if self.tasks else "flow-run"

    @property
    def label(self) -> str:
        """What it is called in a key and in a name: `etl`, `etl/prod`, `tag prod`, `everything`."""
        names = [*self.flows, *self.deployments, *self.tasks]
        tags = [f"tag {tag}" for tag in self.tags]
        return ", ".join([*names, *tags]) or "everything"

    @property
    def task_id(self) -> str | None:
        """The one task that it is about, where it is about one."""
        names = {_parts(pair)[1] for pair in self.tasks}
        return names.pop() if len(names) == 1 and "*" not in names else None

    @property
    def names_flows(self) -> bool:
        """Whether it says which flows it is about."""
        return bool(self.flows or self.deployments or self.tasks) and not any(
            pair.startswith("*/") for pair in (*self.deployments, *self.tasks)
        )

    def is_about(self, flow: str) -> bool:
        """Whether it names this flow."""
        return flow in self.flows or any(_parts(pair)[0] == flow for pair in (*self.deployments, *self.tasks))

    def labels(self) -> list[tuple[Labels, tuple[Labels, ...]]]:
        """Labels of the run, and of what it belongs to; a run has all of at most one of the pairs."""
        tags: tuple[Labels, ...] = ()
        if self.tags:
            tags = ({RUN: tuple(f"prefect.tag.{_literal(tag)}" for tag in self.tags)},)
        run: Labels = {RUN: (f"prefect.{self.kind}.*",)}
        if self.flows:
            return [(run, (_related("flow", self.flows), *tags))]
        if self.deployments:
            return [
                (run, (*_flow_labels(flow), _deployment_labels(names), *tags))
                for flow, names in _grouped(self.deployments)
            ]
        if self.tasks:
            return [
                ({**run, **_task_labels(names)}, (*_flow_labels(flow), *tags)) for flow, names in _grouped(self.tasks)
            ]
        return [(run, tags)]


def other_flow(name: str) -> Labels:
    """Labels of any flow but this one."""
    return {_ROLE: ("flow",), RUN_NAME: (f"!{_literal(name)}",)}


def _related(role: str, names: Iterable[str]) -> Labels:
    return {_ROLE: (role,), RUN_NAME: tuple(_literal(name) for name in names)}


def _flow_labels(flow: str) -> tuple[Labels, ...]:
    return () if flow == "*" else (_related("flow", (flow,)),)


def _deployment_labels(names: tuple[str, ...]) -> Labels:
    # A run of no deployment is none of any deployment.
    return {_ROLE: ("deployment",)} if "*" in names else _related("deployment", names)


def _task_labels(names: tuple[str, ...]) -> Labels:
    if "*" in names:
        return {}
    return {RUN_NAME: tuple(_literal(name) + suffix for name in names for suffix in _RUN_SUFFIXES)}


def _grouped(pairs: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The flows, each with its names. A run is of one flow, so that no alert fires twice for it."""
    found: dict[str, list[str]] = {}
    for flow, name in map(_parts, pairs):
        found.setdefault(flow, []).append(name)
    anywhere = found.get("*", [])
    if anywhere and len(found) > 1:
        raise InvalidAlertError(f"*/{anywhere[0]} stands beside others, and a run may be of both; make two alerts")
    return [(flow, tuple(dict.fromkeys(names))) for flow, names in found.items()]


def _parts(pair: str) -> tuple[str, str]:
    flow, slash, name = pair.partition("/")
    if not (flow and slash and name) or "/" in name:
        raise InvalidAlertError(f"{pair!r} isn't of the form flow/name; write for example 'etl/prod'")
    if flow == name == "*":
        raise InvalidAlertError("'*/*' is every run; name a flow or the second part")
    for part in (flow, name):
        if part != "*":
            _check(part)
    return flow, name


def _check(name: str) -> None:
    if not name or not isinstance(name, str):
        raise InvalidAlertError(f"{name!r} names no flow, deployment, task or tag; give its name as text")
    if name.startswith("!"):
        # To Prefect it means "not", and its patterns have no way to say otherwise.
        raise InvalidAlertError(f"{name!r} begins with '!', which Prefect's triggers take for 'not'; rename it")


def _literal(name: str) -> str:
    """The pattern that matches this name alone."""
    return _SPECIAL.sub(lambda found: f"[{found[0]}]", name)
