"""Runs triggers in one event loop, as Airflow's triggerer does."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

from . import messages
from .channel import Closed


class Triggers:
    """Runs the triggers of one process.

    Args:
        channel: The channel. A thread reads from this channel, so that waiting for messages does not block the event
            loop.
        encode: A function that converts a value to JSON.
        decode: A function that converts the JSON back to the value.
    """

    def __init__(self, channel: Any, encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> None:
        self._channel, self._encode, self._decode = channel, encode, decode
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._answers: list[Any] = []
        self._answered = threading.Semaphore(0)

    def run(self) -> None:
        """Run the requested triggers until the run closes the channel."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        closed = asyncio.Event()
        receive = self._channel.receive

        def read() -> None:
            with contextlib.suppress(Closed):
                while True:
                    request = receive()
                    if isinstance(request, messages.Answer):
                        self._answers.append(request)
                        self._answered.release()
                    else:
                        loop.call_soon_threadsafe(self._take, request)
            loop.call_soon_threadsafe(closed.set)

        self._channel.receive = self._next_answer
        threading.Thread(target=read, daemon=True).start()
        await closed.wait()

    def _next_answer(self) -> Any:
        self._answered.acquire()
        return self._answers.pop(0)

    def _take(self, request: Any) -> None:
        if isinstance(request, messages.StartTrigger):
            self._tasks[request.number] = asyncio.ensure_future(self._follow(request))
        elif request.number in self._tasks:
            self._tasks.pop(request.number).cancel()

    async def _follow(self, request: Any) -> None:
        try:
            fired = await self._first(request)
        except Exception:
            fired = messages.Fired(request.number, error=traceback.format_exc())
        self._tasks.pop(request.number, None)
        self._channel.send(fired)

    async def _first(self, request: Any) -> Any:
        """Return the first event of a trigger, after closing the trigger's generator and calling its `cleanup`."""
        module, _, name = request.classpath.rpartition(".")
        trigger = getattr(import_module(module), name)(**self._decode(request.kwargs))
        trigger.trigger_id = request.number
        events = trigger.run()
        try:
            async for event in events:
                state = getattr(event, "task_instance_state", None)
                if state is not None:
                    xcoms = {key: self._encode(value) for key, value in (event.xcoms or {}).items()}
                    ends = {"state": str(getattr(state, "value", state)), "xcoms": xcoms}
                    return messages.Fired(request.number, ends_task=ends)
                return messages.Fired(request.number, event=self._encode(event.payload), has_event=True)
        finally:
            for close in (getattr(events, "aclose", None), getattr(trigger, "cleanup", None)):
                if close is not None:
                    with contextlib.suppress(Exception):
                        await close()
        return messages.Fired(request.number)
