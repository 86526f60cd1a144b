"""A base class with methods for coroutines, which the state stores of Airflow 3.3 share."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any


class StateStore(ABC):
    """Values by key. Coroutines must use `aget`, `aset`, `adelete` and `aclear`."""

    @abstractmethod
    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default if it is missing."""

    @abstractmethod
    def set(self, key: str, value: Any) -> None:
        """Store a JSON value."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove a value, if it exists."""

    @abstractmethod
    def clear(self) -> None:
        """Remove all values."""

    async def aget(self, key: str, default: Any = None) -> Any:
        return await asyncio.to_thread(self.get, key, default)

    async def aset(self, key: str, value: Any, **options: Any) -> None:
        await asyncio.to_thread(self.set, key, value, **options)

    async def adelete(self, key: str) -> None:
        await asyncio.to_thread(self.delete, key)

    async def aclear(self) -> None:
        await asyncio.to_thread(self.clear)
