"""An operator that runs a Bash command (`airflow.providers.standard.operators.bash`)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Container, Mapping, MutableMapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..authoring import BaseOperator
from ..authoring._current import definition_release
from ..exceptions import AirflowException, AirflowSkipException
from ._environment import airflow_variables
from ._release import release_of
from .hooks import SubprocessHook, SubprocessResult, working_directory


class BashOperator(BaseOperator):
    """Runs a Bash command. The last line of the command's output is the task's return value.

    Args:
        bash_command: The command, or the name of a file that ends with `.sh` or `.bash`. Templates in the command or in
            the file are rendered. To run a command that ends with `.sh`, instead of reading a file, add a space at the
            end.
        env: The environment variables of the command, instead of those of this process. Templates are rendered.
        append_env: Whether the command gets the environment variables of this process in addition to those in `env`.
        output_encoding: The encoding of the output.
        skip_on_exit_code: The exit code or codes after which the task is skipped.
        cwd: The working folder of the command. Defaults to a temporary folder.
        output_processor: A function that converts the last line of the output to the return value.
        kwargs: Arguments of `BaseOperator`.
    """

    template_fields: Sequence[str] = ("bash_command", "env", "cwd")
    template_fields_renderers: Mapping[str, str] = {"bash_command": "bash", "env": "json"}
    template_ext: Sequence[str] = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(
        self,
        *,
        bash_command: Any,
        env: dict[str, str] | None = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_on_exit_code: int | Container[int] | None = 99,
        cwd: str | None = None,
        output_processor: Callable[[str], Any] = lambda result: result,
        **kwargs: Any,
    ) -> None:
        # Before Airflow 2.4, `skip_on_exit_code` was called `skip_exit_code`.
        old_code = kwargs.pop("skip_exit_code", None) if definition_release() == "2" else None
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.skip_on_exit_code: Container[int] = exit_codes(skip_on_exit_code if old_code is None else old_code)
        self.cwd = cwd
        self.append_env = append_env
        self.output_processor = output_processor
        self._unrendered_bash_command = bash_command

    @cached_property
    def subprocess_hook(self) -> SubprocessHook:
        return SubprocessHook()

    def get_env(self, context: MutableMapping[str, Any]) -> dict[str, str]:
        """Return the environment variables of the command, including those that describe the task instance."""
        env = dict(os.environ) if self.env is None or self.append_env else {}
        return {**env, **(self.env or {}), **airflow_variables(context, release_of(self))}

    def execute(self, context: MutableMapping[str, Any]) -> Any:
        bash = shutil.which("bash") or "bash"
        if self.cwd is not None:
            if not Path(self.cwd).exists():
                raise AirflowException(f"Can not find the cwd: {self.cwd}")
            if not Path(self.cwd).is_dir():
                raise AirflowException(f"The cwd {self.cwd} must be a directory")
        env = self.get_env(context)
        result = self._run_inline(bash, env) if self._is_inline() else self._run_script(bash, env)
        if result.exit_code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {result.exit_code}. Skipping.")
        if result.exit_code != 0:
            raise AirflowException(
                f"Bash command failed. The command returned a non-zero exit code {result.exit_code}."
            )
        return self.output_processor(result.output)

    def _is_inline(self) -> bool:
        """Return True if `bash_command` is a command, and not the name of a file.

        Airflow 2 checks the text before templates are rendered, Airflow 3 afterwards.
        """
        is_known = release_of(self) == "2" and isinstance(self._unrendered_bash_command, str)
        command = self._unrendered_bash_command if is_known else self.bash_command
        return not command.endswith(tuple(type(self).template_ext))

    def _run_inline(self, bash: str, env: dict[str, str]) -> SubprocessResult:
        return self.subprocess_hook.run_command(
            [bash, "-c", self.bash_command], env=env, output_encoding=self.output_encoding, cwd=self.cwd
        )

    def _run_script(self, bash: str, env: dict[str, str]) -> SubprocessResult:
        with working_directory(self.cwd) as cwd, tempfile.NamedTemporaryFile("w", dir=cwd, suffix=".sh") as file:
            file.write(self.bash_command)
            file.flush()
            return self.subprocess_hook.run_command(
                [bash, Path(file.name).name], env=env, output_encoding=self.output_encoding, cwd=cwd
            )

    def on_kill(self) -> None:
        self.subprocess_hook.send_sigterm()


def exit_codes(given: int | Container[int] | None) -> Container[int]:
    """Return the value of the argument `skip_on_exit_code` as a collection of exit codes."""
    if isinstance(given, Container):
        return given
    return () if given is None else (given,)
