"""A host that can't be started."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from airflow_compat.errors import HostError
from airflow_compat.hosting import AirflowHost
from airflow_compat.hosting._processes import Processes


class _LateThread(threading.Thread):
    """A thread that begins when another thread waits for its end."""

    def start(self) -> None: ...

    def join(self, timeout: float | None = None) -> None:
        super().start()
        super().join(timeout)


def test_the_error_has_the_last_lines_of_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nfor number in 1 2 3 4 5 6; do echo line $number; done\n")
    python.chmod(0o755)
    monkeypatch.setattr(threading, "Thread", _LateThread)

    with pytest.raises(HostError, match=r"can't be imported by .*/python: line 2 line 3 line 4 line 5 line 6\. Check"):
        Processes(AirflowHost(python=str(python))).start()
