"""A reader's terminals: commands in a real shell, one after another, and one that goes on in each further terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from shown import after

# Seconds. What is waited for takes a few; a machine that is busy takes longer.
PATIENCE = 120

# What runs a command, and keeps for the next one the folder and the environment that it leaves.
SHELL = '{{ {command}\n}}; code=$?; {{ pwd; env -0; }} > "{state}"; exit $code'


class Terminal:
    """A shell's folder and environment, and the command that goes on in it, if one does."""

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
        """Run a command to its end: what it printed, and its exit code."""
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
        """Start a command that goes on; what it prints is waited for by `wait_for`."""
        assert self._running is None, f"{self.name} is taken by a command that goes on"
        self._running = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # As a terminal's foreground job: Ctrl-C is for it and what it started, and for nothing else.
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._running,))
        self._listener.start()

    def wait_for(self, shown: str) -> str | None:
        """Wait until all the lines have been printed, below those of last time; else what is there instead."""
        with self._more:
            found = self._more.wait_for(lambda: self._after(shown) is not None or self._ended(), PATIENCE)
            end = self._after(shown)
            if not found or end is None:
                printed = "".join(self._printed[self._seen :])
                return f"{self.name} was to show:\n{shown}\nbut this is printed:\n{printed}"
            self._seen = end
            return None

    def interrupt(self) -> None:
        """Ctrl-C."""
        assert self._running is not None, f"nothing runs in {self.name}"
        os.killpg(self._running.pid, signal.SIGINT)

    def wait_for_the_end(self) -> None:
        assert self._running is not None, f"nothing runs in {self.name}"
        self._running.wait(PATIENCE)

    def close(self) -> None:
        """End what still runs in it."""
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
