"""Labels that name a run's process, so that others on the same host can see whether this process is alive."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_HOST, _STARTED = "airflow-compat.host", "airflow-compat.started"
PID = "airflow-compat.pid"
"""The label with the process id."""
ATTEMPT = "airflow-compat.attempt"
"""The label with the flow run's `run_count` in this process.

After a restart, the labels name the old process until the new process replaces them.
"""


def labels_of_process() -> dict[str, str]:
    """Return the labels that name this process."""
    pid = str(os.getpid())
    return {_HOST: _host(), PID: pid, _STARTED: _started(pid)}


def is_of_this_host(labels: Mapping[str, Any]) -> bool:
    """Return True if the labels name a process of this host."""
    return str(labels.get(_HOST, "")) == _host()


def is_alive(labels: Mapping[str, Any]) -> bool:
    """Return True if the process that the labels name, on this host, is alive."""
    pid, started = (str(labels.get(label, "")) for label in (PID, _STARTED))
    if started:
        # The system reuses process ids, so compare the start times, too.
        return _started(pid) == started
    try:
        os.kill(int(pid), 0)
    except OSError as exc:
        # Other errors mean that the process belongs to another user.
        return not isinstance(exc, ProcessLookupError)
    return True


def _host() -> str:
    """Return an id of this host's set of process ids. Containers may share a host name but not process ids."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _started(pid: str) -> str:
    """Return the system's start time of a process; empty if the process is gone."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # A zombie process counts as dead.
    return "" if state in "ZX" else fields[18]
