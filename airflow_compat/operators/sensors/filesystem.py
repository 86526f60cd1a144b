"""A sensor that waits for files (`airflow.providers.standard.sensors.filesystem`)."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from ...authoring import BaseSensorOperator
from ...authoring._current import setting
from ...exceptions import AirflowException
from ..hooks import FSHook
from ..triggers import FileTrigger
from ..triggers.file import has_file


class FileSensor(BaseSensorOperator):
    """Waits until the path is that of a file, or of a folder that contains a file at any depth.

    Args:
        filepath: The path of the file, or a pattern of paths, relative to the path in the connection.
        fs_conn_id: The id of a connection of type `fs`.
        recursive: Whether `**` in the pattern matches folders at any depth.
        deferrable: Whether the task is deferred while it waits.
        start_from_trigger: Has no effect: the task starts first, and then defers itself.
        trigger_kwargs: Has no effect.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("filepath", "fs_conn_id")
    ui_color = "#91818a"

    def __init__(
        self,
        *,
        filepath: str,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: bool | None = None,
        start_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable
        self.start_from_trigger = start_from_trigger

    @cached_property
    def path(self) -> str:
        """The full path, which starts with the path in the connection."""
        return str(Path(FSHook(self.fs_conn_id).get_path()) / self.filepath)

    def poke(self, context: MutableMapping[str, Any]) -> bool:
        self.log.info("Poking for file %s", self.path)
        return has_file(self.path, recursive=self.recursive)

    def execute(self, context: MutableMapping[str, Any]) -> Any:
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            self.defer(
                trigger=FileTrigger(self.path, recursive=self.recursive, poke_interval=self.poke_interval),
                method_name="execute_complete",
                timeout=timedelta(seconds=self.timeout),
            )
        return None

    def execute_complete(self, context: MutableMapping[str, Any], event: bool | None = None) -> None:
        """Fail the task if the trigger has found no file."""
        if not event:
            raise AirflowException(f"{self.task_id} task failed as {self.filepath} not found.")
