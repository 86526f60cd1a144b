"""Runs triggers in this process until their first event."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

from ..authoring import BaseTrigger, TriggerEvent
from ..exceptions import TaskDeferralError
from ._outcome import Deferral, Resume


async def run_trigger(trigger: BaseTrigger) -> TriggerEvent:
    """Return the first event of a trigger, after closing the trigger's generator and calling its `cleanup`.

    Raises:
        TaskDeferralError: The trigger ended without an event.
    """
    events: Any = trigger.run()
    try:
        async for event in events:
            return cast("TriggerEvent", event)
    finally:
        # Close the generator, because the trigger's code may release resources at the end of a `with` or `try` block.
        for close in (events.aclose, trigger.cleanup):
            with contextlib.suppress(Exception):
                await close()
    raise TaskDeferralError(
        f"Trigger {type(trigger).__name__} ended without an event. Let the trigger's run() yield an event."
    )


async def until_triggered(deferral: Deferral) -> Resume:
    """Wait until a deferral's trigger fires, fails or times out. Return the data with which the task continues."""
    timeout = None if deferral.timeout is None else deferral.timeout.total_seconds()
    try:
        event = await asyncio.wait_for(run_trigger(deferral.trigger), timeout)
    except asyncio.TimeoutError:
        return Resume(deferral.method, deferral.kwargs, timed_out=True)
    except Exception as error:  # noqa: BLE001 - the task continues with it
        return Resume(deferral.method, deferral.kwargs, error=error)
    return Resume(deferral.method, deferral.kwargs, event=event)
