"""Specs of automations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

Labels: TypeAlias = Mapping[str, tuple[str, ...]]
"""The patterns for each label of a resource. The value of a label must match one of the label's patterns."""

RUN = "prefect.resource.id"
"""The label that contains the run's id."""

RUN_NAME = "prefect.resource.name"
"""The label that contains the run's name."""


@dataclass(frozen=True)
class TriggerSpec:
    """A Prefect `EventTrigger` with threshold 1 that counts events for each run separately.

    Attributes:
        match: Labels that the run must have.
        match_related: Labels that related resources must have. Each mapping must match one related resource.
        expect: The events that make a reactive trigger fire, or prevent a proactive trigger from firing.
        after: The events that start a proactive trigger's timer.
        within: The timer's length.
    """

    match: Labels
    match_related: tuple[Labels, ...]
    expect: tuple[str, ...]
    after: tuple[str, ...] = ()
    within: timedelta = timedelta(0)

    @property
    def posture(self) -> Literal["Reactive", "Proactive"]:
        return "Proactive" if self.after else "Reactive"

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": "event",
            "match": {label: list(values) for label, values in self.match.items()},
            "match_related": [{label: list(values) for label, values in each.items()} for each in self.match_related],
            "after": sorted(self.after),
            "expect": sorted(self.expect),
            "for_each": [RUN],
            "posture": self.posture,
            "threshold": 1,
            "within": self.within.total_seconds(),
        }


@dataclass(frozen=True)
class PlainTrigger:
    """A Prefect trigger that `TriggerSpec` can't describe, in the format of Prefect's API."""

    data: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return dict(self.data)


@dataclass(frozen=True)
class Need:
    """An object or feature that an automation needs on the server.

    The name is `type/name` for a block, the id of a connection, `flow/deployment`, or a trigger or action type of
    Prefect Cloud.
    """

    kind: Literal["notification", "connection", "webhook", "deployment", "cloud"]
    name: str


CLOUD_TYPES = {"metric": "metric triggers", "declare-incident": "declare-incident actions"}
"""The triggers and actions that only Prefect Cloud has, by type."""


@dataclass(frozen=True)
class ActionSpec:
    """A Prefect action, in the format of Prefect's API. The id of the action's block or deployment is filled in later.

    Attributes:
        data: The action.
        id_field: The field that is set to the id: `block_document_id` or `deployment_id`.
        need: The block or deployment whose id is filled in.
    """

    data: Mapping[str, Any]
    id_field: str = ""
    need: Need | None = None

    def as_dict(self, ids: Mapping[Need, str]) -> dict[str, Any]:
        """Return the action for Prefect's API; `ids` contains the id of the block or deployment that it needs."""
        return {**self.data, self.id_field: ids[self.need]} if self.need else dict(self.data)


@dataclass(frozen=True)
class AutomationSpec:
    """The specification of an automation, from a builder in `airflow_compat.automations`.

    Attributes:
        key: Identifies the automation on the server.
        name: The name in Prefect's UI.
        triggers: The automation fires when any of these triggers fires.
        actions: The actions, in order.
        description: The description in Prefect's UI.
        deployments: The deployments that the alert applies to.
        tags: Additional tags, besides the tags for the owner and the key.
        enabled: Whether the automation is enabled when it is created.
        unread_files: The DAG files beside this alert's file that can't be loaded. While there are such files, no
            automation is pruned, because the files may need it.
    """

    key: str
    name: str
    triggers: tuple[TriggerSpec | PlainTrigger, ...]
    actions: tuple[ActionSpec, ...]
    description: str = ""
    deployments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    enabled: bool = True
    unread_files: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"automation {self.key}"

    @property
    def needs(self) -> tuple[Need, ...]:
        """The objects and features that the automation needs on the server."""
        named = (Need("deployment", name) for name in self.deployments)
        types = {*trigger_types(self.trigger_dict()), *(action.data.get("type", "") for action in self.actions)}
        of_cloud = (Need("cloud", type_) for type_ in CLOUD_TYPES if type_ in types)
        return tuple(dict.fromkeys([*named, *(action.need for action in self.actions if action.need), *of_cloud]))

    def trigger_dict(self) -> dict[str, Any]:
        """Return the trigger for Prefect's API."""
        children = [trigger.as_dict() for trigger in self.triggers]
        if len(children) == 1:
            return children[0]
        return {"type": "compound", "require": "any", "within": None, "triggers": children}


def trigger_types(data: Mapping[str, Any]) -> Iterator[str]:
    yield data["type"]
    for child in data.get("triggers", ()):
        yield from trigger_types(child)
