"""Base classes of the triggers that deferred tasks wait for."""

from __future__ import annotations

import abc
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ._templating import Templater


class TriggerEvent:
    """The event that a trigger sends to its task.

    Attributes:
        payload: The value that the task's method receives as `event`.
    """

    def __init__(self, payload: Any) -> None:
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TriggerEvent) and other.payload == self.payload

    def __hash__(self) -> int:
        return hash(repr(self.payload))

    def __repr__(self) -> str:
        return f"TriggerEvent<{self.payload!r}>"


@dataclass(frozen=True)
class StartTriggerArgs:
    """For a task that starts deferred: the trigger that it waits for, and the method that then continues it."""

    trigger_cls: str
    next_method: str
    trigger_kwargs: dict[str, Any] | None = None
    next_kwargs: dict[str, Any] | None = None
    timeout: timedelta | None = None


class BaseTrigger(abc.ABC, Templater):
    """A trigger: waits asynchronously, and yields events. Subclasses override `serialize` and `run`."""

    supports_triggerer_queue: bool = True

    def __init__(self, **kwargs: Any) -> None:  # noqa: ARG002
        self.task_instance: Any = None
        self.trigger_id: int | None = None
        self.task_id: str | None = None

    @property
    def task(self) -> Any:
        """The operator that waits for the trigger."""
        return getattr(self.task_instance, "task", None)

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"airflow.triggers.{type(self).__module__}.{type(self).__qualname__}")

    @abc.abstractmethod
    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the import path of the class, and the arguments with which to create the trigger again."""

    @abc.abstractmethod
    def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield events. The first event continues the task."""

    async def cleanup(self) -> None:
        """Release the resources of a trigger that is no longer needed."""

    async def on_kill(self) -> None:
        """Stop the work on other systems, when the task is killed."""

    def __repr__(self) -> str:
        path, arguments = self.serialize()
        return f"<{path} {', '.join(f'{key}={value}' for key, value in arguments.items())}>"


class BaseEventTrigger(BaseTrigger):
    """A trigger that can watch an asset."""
