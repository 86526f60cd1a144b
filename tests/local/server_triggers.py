"""Prefect's own evaluation of triggers, in this process, with a separate database and clock."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prefect.server.database import provide_database_interface
from prefect.server.events import triggers
from prefect.server.events.models import automations as automation_models
from prefect.server.events.schemas.automations import Automation, EventTrigger, Firing, Posture
from prefect.server.events.schemas.events import ReceivedEvent
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, temporary_settings

from airflow_compat.automations._specs import AutomationSpec


def fired(specs: Iterable[AutomationSpec], events: Iterable[dict[str, Any]], until: datetime) -> dict[str, list[str]]:
    """The ids of the runs that each alert fires for, in the order of its key, with repetitions.

    Timeouts fire exactly on time, while a real server checks at intervals.
    """
    with pytest.MonkeyPatch.context() as patch, _database():
        return asyncio.run(_fired(list(specs), list(events), until, patch))


@contextmanager
def _database() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/server.db"
        with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: url}):
            yield


async def _fired(
    specs: list[AutomationSpec], events: list[dict[str, Any]], until: datetime, patch: pytest.MonkeyPatch
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {spec.key: [] for spec in specs}

    async def act(firing: Firing) -> None:
        assert firing.triggering_event
        found[firing.trigger.automation.name].append(firing.triggering_event.resource.id)

    async def no_offset() -> float:
        return 0.0

    async def nothing(*_: object) -> None:
        return None

    patch.setattr(triggers, "act", act)
    patch.setattr(triggers, "get_events_clock_offset", no_offset)
    # It is loaded here, before the first event.
    patch.setattr(automation_models, "_notify", nothing)
    patch.setattr(automation_models, "emit_automation_created_event", nothing)
    db = provide_database_interface()
    await db.create_db()
    try:
        await triggers.reset()
        for spec in specs:
            data = {"name": spec.key, "trigger": spec.trigger_dict(), "actions": [{"type": "do-nothing"}]}
            async with db.session_context(begin_transaction=True) as session:
                automation = await automation_models.create_automation(session, Automation(id=uuid4(), **data))
            triggers.load_automation(automation)
        await _play([ReceivedEvent.model_validate({"received": event["occurred"], **event}) for event in events], until)
    finally:
        await triggers.reset()
        await (await db.engine()).dispose()
    return found


async def _play(events: list[ReceivedEvent], until: datetime) -> None:
    looks: dict[Any, tuple[EventTrigger, Any]] = {}
    events.sort(key=lambda event: event.occurred)
    for trigger in triggers.triggers.values():
        if trigger.posture == Posture.Proactive:
            looks[trigger.id] = (trigger, events[0].occurred - timedelta(seconds=1))

    async def look(now: Any) -> None:
        while due := [(moment, id_) for id_, (_, moment) in looks.items() if moment <= now]:
            moment, id_ = min(due)
            trigger = looks[id_][0]
            looks[id_] = (trigger, await triggers.proactive_evaluation(trigger, moment))

    for event in events:
        await look(event.occurred)
        await triggers.reactive_evaluation(event)
    await look(until)
