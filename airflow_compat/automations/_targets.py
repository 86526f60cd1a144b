"""Describes the runs that an alert applies to, as labels to match."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .._prefect.internals.names import RUN_NAME_ENDINGS
from ..errors import InvalidAlertError
from ._specs import RUN, RUN_NAME, Labels

Kind: TypeAlias = Literal["flow-run", "task-run"]

_ROLE = "prefect.resource.role"
_SPECIAL = re.compile(r"[*?[]")
# The last ending belongs to a mapped task of a DAG file: `load[3]`.
_ENDINGS = (*RUN_NAME_ENDINGS, "[[]*]")


@dataclass(frozen=True)
class Target:
    """The runs that an alert applies to. A run must match one value of each field that is set.

    Attributes:
        flows: Names of flows.
        deployments: Names as `flow/deployment`; the flow, the deployment or both may be `*`.
        tasks: Names as `flow/task`; the flow, the task or both may be `*`.
        tags: Tags of the run, its flow or its deployment.
        everything: Whether every flow run matches.
    """

    flows: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    everything: bool = False

    def __post_init__(self) -> None:
        given = [name for name in ("flows", "deployments", "tasks") if getattr(self, name)]
        if self.everything and (given or self.tags):
            raise InvalidAlertError("everything=True can't be combined with another target. Pass only one of the two.")
        if len(given) > 1:
            raise InvalidAlertError(f"{' and '.join(given)} can't be combined in one alert. Create an alert for each.")
        if not (given or self.tags or self.everything):
            raise InvalidAlertError(
                "The alert has no target. Pass a flow, deployment=, task= or tags=, or everything=True."
            )
        for name in (*self.flows, *self.tags):
            _check(name)
        _grouped(self.deployments or self.tasks)

    @property
    def kind(self) -> Kind:
        return "task-run" if self.tasks else "flow-run"

    @property
    def label(self) -> str:
        """The name of the target in keys and texts: `etl`, `etl/prod`, `tag prod`, `everything`."""
        tags = (f"tag {tag}" for tag in self.tags)
        return ", ".join([*self.flows, *self.deployments, *self.tasks, *tags]) or "everything"

    @property
    def task_id(self) -> str | None:
        """The id of the task if the target is exactly one task."""
        names = {_parts(pair)[1] for pair in self.tasks}
        return names.pop() if len(names) == 1 and "*" not in names else None

    @property
    def names_flows(self) -> bool:
        return bool(self.flows or self.deployments or self.tasks) and not any(
            pair.startswith("*/") for pair in (*self.deployments, *self.tasks)
        )

    def is_about(self, flow: str) -> bool:
        return flow in self.flows or any(_parts(pair)[0] == flow for pair in (*self.deployments, *self.tasks))

    def labels(self) -> list[tuple[Labels, tuple[Labels, ...]]]:
        """Return pairs: labels for the run, and labels for its related resources. A run matches at most one pair."""
        tags = ({RUN: tuple(f"prefect.tag.{_literal(tag)}" for tag in self.tags)},) if self.tags else ()
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
    """Return labels that match every flow except this one."""
    return {_ROLE: ("flow",), RUN_NAME: (f"!{_literal(name)}",)}


def _related(role: str, names: Iterable[str]) -> Labels:
    return {_ROLE: (role,), RUN_NAME: tuple(_literal(name) for name in names)}


def _flow_labels(flow: str) -> tuple[Labels, ...]:
    return () if flow == "*" else (_related("flow", (flow,)),)


def _deployment_labels(names: tuple[str, ...]) -> Labels:
    # "*" matches every run that has a deployment, but no run without one.
    return {_ROLE: ("deployment",)} if "*" in names else _related("deployment", names)


def _task_labels(names: tuple[str, ...]) -> Labels:
    return {} if "*" in names else {RUN_NAME: tuple(_literal(name) + ending for name in names for ending in _ENDINGS)}


def _grouped(pairs: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Group names by flow. Each run has one flow, so it matches at most one group and fires an alert at most once."""
    found: dict[str, list[str]] = {}
    for flow, name in map(_parts, pairs):
        found.setdefault(flow, []).append(name)
    anywhere = found.get("*", [])
    if anywhere and len(found) > 1:
        raise InvalidAlertError(f"The target */{anywhere[0]} overlaps with the other targets. Create two alerts.")
    return [(flow, tuple(dict.fromkeys(names))) for flow, names in found.items()]


def _parts(pair: str) -> tuple[str, str]:
    flow, slash, name = pair.partition("/")
    if not (flow and slash and name) or "/" in name:
        raise InvalidAlertError(f"{pair!r} isn't of the form flow/name. Use for example 'etl/prod'.")
    if flow == name == "*":
        raise InvalidAlertError("'*/*' matches every run. Replace one of the two * with a name.")
    for part in (flow, name):
        if part != "*":
            _check(part)
    return flow, name


def _check(name: str) -> None:
    if not name or not isinstance(name, str):
        raise InvalidAlertError(f"{name!r} isn't a name of a flow, deployment, task or tag. Pass the name as text.")
    if name.startswith("!"):
        # Prefect's patterns have no way to escape a "!".
        raise InvalidAlertError(f"{name!r} begins with '!', which means 'not' in Prefect's triggers. Use another name.")


def _literal(name: str) -> str:
    return _SPECIAL.sub(lambda found: f"[{found[0]}]", name)
