"""Classes of Prefect's server with which alerts are simulated and checked without a running server.

The client's classes have the same fields, but not the methods that match events and validate data. The server's classes
are imported when needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.server.events.schemas.automations import EventTrigger as EventTrigger  # noqa: PLC0414 - exported
    from prefect.server.events.schemas.events import ReceivedEvent as ReceivedEvent  # noqa: PLC0414 - exported


def event_trigger(data: Mapping[str, Any]) -> EventTrigger:
    """Return a trigger that knows which events it matches.

    Prefect: the server's `EventTrigger` matches events by its methods `covers`, `covers_resources`, `expects`,
        `starts_after` and `bucketing_key`.
    Since: before 3.7.0.
    If this behaviour changes: make `automations.simulate` decide like `prefect.server.events.triggers`, and use the new
        methods of that module.

    Raises:
        pydantic.ValidationError: The data isn't that of a trigger.
    """
    from prefect.server.events.schemas.automations import EventTrigger

    return EventTrigger.model_validate(data)


def received_event(data: Mapping[str, Any]) -> ReceivedEvent:
    """Return an event of Prefect's API as an object of the class that the methods of triggers accept.

    Prefect: the server's `ReceivedEvent` has a time of receipt, which unsent events lack.
    Since: before 3.7.0.
    If this behaviour changes: see `event_trigger`.

    Raises:
        pydantic.ValidationError: The data isn't that of an event.
    """
    from prefect.server.events.schemas.events import ReceivedEvent

    return ReceivedEvent.model_validate({"received": data.get("occurred"), **data})


def check_automation(data: Mapping[str, Any]) -> None:
    """Check an automation by the rules of Prefect's server.

    Prefect: the server's `AutomationCore` refuses data that the client's class accepts, such as an automation that
        starts the deployment of its own trigger. The validation modifies the data.
    Since: before 3.7.0.
    If this behaviour changes: remove this check, and let the server validate the automation. The server's answer does
        not name the line in the user's file.

    Raises:
        pydantic.ValidationError: The server would refuse the automation.
    """
    from prefect.server.events.schemas.automations import AutomationCore

    AutomationCore.model_validate(data)
