"""A reader's terminals. Each runs commands in a real shell, one after another. The last may run in the background."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from shown import after

# Seconds. The commands take a few seconds, but longer on a busy machine.
PATIENCE = 120

# Runs a command, and saves its folder and environment for the next one.
SHELL = '{{ {command}\n}}; code=$?; {{ pwd; env -0; }} > "{state}"; exit $code'


class Terminal:
    """A shell's folder and environment, and its background command, if any."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str], state: Path) -> None:
        self.name = name
        self._folder = str(folder)
        self._environment = dict(environment)
        self._state = state
        self._running: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._printed: list[str] = []
        self._seen = 0
        self._more = threading.Condition()

    def run(self, command: str, seconds: float = PATIENCE) -> tuple[str, int]:
        """Run a command to its end. Return its output and exit code."""
        done = subprocess.run(
            ["bash", "-c", SHELL.format(command=command, state=self._state)],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )
        folder, _, environment = self._state.read_text().partition("\n")
        self._folder = folder
        self._environment = dict(pair.split("=", 1) for pair in environment.rstrip("\0").split("\0"))
        return done.stdout, done.returncode

    def start(self, command: str) -> None:
        """Start a background command. `wait_for` waits for its output."""
        assert self._running is None, f"{self.name} has a running command"
        self._running = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Like a terminal's foreground job: Ctrl-C reaches only the command and its children.
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._running,))
        self._listener.start()

    def wait_for(self, shown: str) -> str | None:
        """Wait until the command has printed these lines after those of the last call. Return a complaint if not."""
        with self._more:
            found = self._more.wait_for(lambda: self._after(shown) is not None or self._ended(), PATIENCE)
            end = self._after(shown)
            if not found or end is None:
                printed = "".join(self._printed[self._seen :])
                return f"{self.name} was to show:\n{shown}\nbut this is printed:\n{printed}"
            self._seen = end
            return None

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        assert self._running is not None, f"nothing runs in {self.name}"
        os.killpg(self._running.pid, signal.SIGINT)

    def wait_for_the_end(self) -> None:
        assert self._running is not None, f"nothing runs in {self.name}"
        self._running.wait(PATIENCE)

    def close(self) -> None:
        """Stop the background command."""
        if self._running is None or self._listener is None:
            return
        if self._running.poll() is None:
            self.interrupt()
            try:
                self._running.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._running.pid, signal.SIGKILL)
                self._running.wait()
        self._listener.join()

    def _listen(self, running: subprocess.Popen[str]) -> None:
        assert running.stdout is not None
        with running.stdout as lines:
            for line in lines:
                with self._more:
                    self._printed.append(line)
                    self._more.notify_all()
        running.wait()
        with self._more:
            self._more.notify_all()

    def _after(self, shown: str) -> int | None:
        found = after(shown, self._printed[self._seen :])
        return None if found is None else self._seen + found

    def _ended(self) -> bool:
        return self._running is None or self._running.poll() is not None
