"""A sensor that waits until a Bash command succeeds (`airflow.providers.standard.sensors.bash`)."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from functools import cached_property
from typing import Any

from ...authoring import BaseSensorOperator
from ...exceptions import AirflowFailException
from ..hooks import SubprocessHook


class BashSensor(BaseSensorOperator):
    """Runs a Bash command repeatedly, until it ends with the exit code 0.

    Args:
        bash_command: The command. Templates are rendered.
        env: The environment variables of the command, instead of those of this process.
        output_encoding: The encoding of the output.
        retry_exit_code: The exit code after which the sensor continues to wait. Any other exit code except 0 fails the
            task. By default, the sensor continues to wait after every exit code except 0.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("bash_command", "env")

    def __init__(
        self,
        *,
        bash_command: str,
        env: dict[str, str] | None = None,
        output_encoding: str = "utf-8",
        retry_exit_code: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.retry_exit_code = retry_exit_code

    @cached_property
    def subprocess_hook(self) -> SubprocessHook:
        return SubprocessHook()

    def poke(self, context: MutableMapping[str, Any]) -> bool:
        code = self.subprocess_hook.run_command(
            ["bash", "-c", self.bash_command], env=self.env, output_encoding=self.output_encoding
        ).exit_code
        if code and self.retry_exit_code is not None and code != self.retry_exit_code:
            raise AirflowFailException(f"Command exited with return code {code}")
        return code == 0

    def on_kill(self) -> None:
        self.subprocess_hook.send_sigterm()
