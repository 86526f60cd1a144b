"""Triggers that wait for files (`airflow.providers.standard.triggers.file`)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from glob import glob
from pathlib import Path
from typing import Any

from ...authoring import BaseTrigger, TriggerEvent


class FileTrigger(BaseTrigger):
    """Fires when the path is a file, or a folder that contains a file at any depth.

    Args:
        filepath: The path to wait for, or a glob pattern.
        recursive: Whether `**` in the pattern matches folders at any depth.
        poke_interval: The seconds between two checks of the path.
        kwargs: Ignored, as in Airflow.
    """

    def __init__(self, filepath: str, recursive: bool = False, poke_interval: float = 5.0, **kwargs: Any) -> None:
        super().__init__()
        self.filepath = filepath
        self.recursive = recursive
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            "airflow.providers.standard.triggers.file.FileTrigger",
            {"filepath": self.filepath, "recursive": self.recursive, "poke_interval": self.poke_interval},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while not await asyncio.to_thread(has_file, self.filepath, recursive=self.recursive):
            await asyncio.sleep(self.poke_interval)
        yield TriggerEvent(True)


def has_file(pattern: str, *, recursive: bool) -> bool:
    """Return True if a path that matches the pattern is a file, or a folder that contains a file at any depth."""
    return any(
        Path(path).is_file() or any(files for _, _, files in os.walk(path))
        for path in glob(pattern, recursive=recursive)  # noqa: PTH207 - Airflow's patterns, also absolute ones
    )
