"""What an automation on the server should be: its trigger and its actions as frozen data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias

Labels: TypeAlias = Mapping[str, tuple[str, ...]]
"""Labels of a resource, each with the patterns of which its value matches one."""

RUN = "prefect.resource.id"
"""The label that tells one run's events from another's."""

RUN_NAME = "prefect.resource.name"
"""The label with the run's name."""


@dataclass(frozen=True)
class TriggerSpec:
    """A Prefect `EventTrigger` of threshold 1 that looks at each run apart.

    Attributes:
        match: Labels of the run that the event is about.
        match_related: Labels of what the run belongs to: for each entry there is one related resource that has them.
        expect: The events that it fires at, or that keep it from firing.
        after: The events that start the time; empty for a trigger that fires at an event.
        within: How long an expected event may take; zero for a trigger that fires at an event.
    """

    match: Labels
    match_related: tuple[Labels, ...]
    expect: tuple[str, ...]
    after: tuple[str, ...] = ()
    within: timedelta = timedelta(0)

    @property
    def posture(self) -> Literal["Reactive", "Proactive"]:
        """Whether it fires at an event, or because none came in time."""
        return "Proactive" if self.after else "Reactive"

    def as_dict(self) -> dict[str, Any]:
        """The trigger as Prefect's API takes it."""
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
    """Any other of Prefect's triggers, as its API takes it."""

    data: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """As `TriggerSpec.as_dict`."""
        return dict(self.data)


@dataclass(frozen=True)
class Need:
    """What must be on the server: a block, `type/name`, a connection, by its id, or a deployment, `flow/deployment`.

    Or what the server must be able to: a trigger's or action's type that Prefect Cloud alone has.
    """

    kind: Literal["notification", "connection", "webhook", "deployment", "cloud"]
    name: str


CLOUD_TYPES = {"metric": "metric triggers", "declare-incident": "declare-incident actions"}
"""What Prefect's models have and a server of one's own has not, by the type."""


@dataclass(frozen=True)
class NotifyAction:
    """Send a message through a notification block, which is named by its type's slug and its own name.

    With no type, the name is the id of a connection that is kept as such a block.
    """

    block_type: str
    block_name: str
    subject: str
    body: str

    def as_dict(self, ids: Mapping[Need, str]) -> dict[str, Any]:
        """The action as Prefect's API takes it; `ids` has the server's id of what it needs."""
        return {
            "type": "send-notification",
            "block_document_id": ids[self.need],
            "subject": self.subject,
            "body": self.body,
        }

    @property
    def need(self) -> Need:
        """The block, or the connection."""
        if not self.block_type:
            return Need("connection", self.block_name)
        return Need("notification", f"{self.block_type}/{self.block_name}")


@dataclass(frozen=True)
class WebhookAction:
    """Call what a block of Prefect's type `webhook` says."""

    block_name: str
    payload: str

    def as_dict(self, ids: Mapping[Need, str]) -> dict[str, Any]:
        """As `NotifyAction.as_dict`."""
        return {"type": "call-webhook", "block_document_id": ids[self.need], "payload": self.payload}

    @property
    def need(self) -> Need:
        """The block."""
        return Need("webhook", f"webhook/{self.block_name}")


@dataclass(frozen=True)
class RunAction:
    """Run a deployment, `flow/deployment`."""

    deployment: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def flow_name(self) -> str:
        """The flow that is run."""
        return self.deployment.partition("/")[0]

    def as_dict(self, ids: Mapping[Need, str]) -> dict[str, Any]:
        """As `NotifyAction.as_dict`."""
        return {
            "type": "run-deployment",
            "source": "selected",
            "deployment_id": ids[self.need],
            "parameters": dict(self.parameters),
        }

    @property
    def need(self) -> Need:
        """The deployment."""
        return Need("deployment", self.deployment)


@dataclass(frozen=True)
class NamedAction:
    """Any of Prefect's actions, as its API takes it, that names a block or a deployment in place of its id.

    Attributes:
        data: The action without the id.
        id_field: Where the id is to stand: `block_document_id` or `deployment_id`.
        need: What is named.
    """

    data: Mapping[str, Any]
    id_field: str
    need: Need

    def as_dict(self, ids: Mapping[Need, str]) -> dict[str, Any]:
        """As `NotifyAction.as_dict`."""
        return {**self.data, self.id_field: ids[self.need]}


@dataclass(frozen=True)
class PlainAction:
    """An action that names nothing: any of Prefect's, as its API takes it."""

    data: Mapping[str, Any]

    def as_dict(self, ids: Mapping[Need, str]) -> dict[str, Any]:  # noqa: ARG002 - as its siblings
        """As `NotifyAction.as_dict`."""
        return dict(self.data)

    @property
    def need(self) -> None:
        """Nothing."""
        return None


ActionSpec: TypeAlias = NotifyAction | WebhookAction | RunAction | NamedAction | PlainAction


@dataclass(frozen=True)
class AutomationSpec:
    """What an automation should be. `airflow_compat.automations` makes them.

    Attributes:
        key: What it is known by on the server, whatever its name: a second spec of this key is the same automation.
        name: What Prefect's UI shows.
        triggers: It fires when one of them does.
        actions: What happens then, in order.
        description: More for Prefect's UI.
        deployments: Those that it is about.
        tags: More of the automation's tags than those that tell its owner and its key.
        enabled: Whether it is switched on when it is created.
    """

    key: str
    name: str
    triggers: tuple[TriggerSpec | PlainTrigger, ...]
    actions: tuple[ActionSpec, ...]
    description: str = ""
    deployments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    enabled: bool = True

    def __str__(self) -> str:
        return f"automation {self.key}"

    @property
    def needs(self) -> tuple[Need, ...]:
        """What must be on the server before it."""
        named = (Need("deployment", name) for name in self.deployments)
        types = {*trigger_types(self.trigger_dict())}
        types |= {action.data.get("type", "") for action in self.actions if isinstance(action, PlainAction)}
        of_cloud = (Need("cloud", type_) for type_ in CLOUD_TYPES if type_ in types)
        return tuple(dict.fromkeys([*named, *(action.need for action in self.actions if action.need), *of_cloud]))

    def trigger_dict(self) -> dict[str, Any]:
        """The trigger as Prefect's API takes it."""
        if len(self.triggers) == 1:
            return self.triggers[0].as_dict()
        children = [trigger.as_dict() for trigger in self.triggers]
        return {"type": "compound", "require": "any", "within": None, "triggers": children}


def trigger_types(data: Mapping[str, Any]) -> Iterator[str]:
    """The types of a trigger and of those in it, which its data has."""
    yield data["type"]
    for child in data.get("triggers", ()):
        yield from trigger_types(child)
