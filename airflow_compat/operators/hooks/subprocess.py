"""Runs a command in a child process (`airflow.providers.standard.hooks.subprocess`)."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from subprocess import PIPE, STDOUT, Popen, TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from ...connections import BaseHook

# The seconds that a process may take to end after SIGTERM.
_GRACE = 10


class SubprocessResult(NamedTuple):
    """The exit code of a command, and the last line of the command's output."""

    exit_code: int
    output: str


@contextlib.contextmanager
def working_directory(cwd: str | None = None) -> Iterator[str]:
    """Yield the given folder, or a temporary folder if none is given."""
    if cwd is not None:
        yield cwd
        return
    with TemporaryDirectory(prefix="airflowtmp") as folder:
        yield folder


class SubprocessHook(BaseHook):
    """Runs one command at a time, and logs each line of the command's output."""

    log: logging.Logger = logging.getLogger(
        "airflow.task.hooks.airflow.providers.standard.hooks.subprocess.SubprocessHook"
    )

    def __init__(self, **_: Any) -> None:
        self.sub_process: Popen[bytes] | None = None

    def run_command(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        output_encoding: str = "utf-8",
        cwd: str | None = None,
    ) -> SubprocessResult:
        """Run a command, and return its exit code and the last line of its output. The output includes stderr.

        Args:
            command: The program and its arguments.
            env: The environment variables. Defaults to those of this process.
            output_encoding: The encoding of the output.
            cwd: The working folder of the command. Defaults to a temporary folder.
        """
        with working_directory(cwd) as folder:
            self.log.info("Running command: %s", command)
            # The command runs in a new session, so that `send_sigterm` also ends the command's child processes.
            process = self.sub_process = Popen(  # noqa: S603 - the DAG author's command
                command,
                stdout=PIPE,
                stderr=STDOUT,
                cwd=folder,
                env=os.environ if env is None else env,
                start_new_session=True,
            )
            self.log.info("Output:")
            line = ""
            for raw in process.stdout or ():
                line = raw.decode(output_encoding, errors="backslashreplace").rstrip()
                self.log.info("%s", line)
            code = process.wait()
            self._close_output(process)
            self.log.info("Command exited with return code %s", code)
        return SubprocessResult(code, line)

    def send_sigterm(self) -> None:
        """End the command and its child processes with SIGTERM, and with SIGKILL if it still runs after 10 seconds."""
        process = self.sub_process
        if process is None or process.poll() is not None:
            return
        self.log.info("Sending SIGTERM signal to process group")
        # The process id can't have been reused, because this process has not yet waited for the ended child.
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal_number)
            with contextlib.suppress(TimeoutExpired):
                process.wait(_GRACE)
                break
        self._close_output(process)

    def _close_output(self, process: Popen[bytes]) -> None:
        if process.stdout is not None:
            process.stdout.close()
