"""A worker in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from child_processes import end


@contextmanager
def working(pool: str) -> Iterator[None]:
    """Run a worker of a work pool during the block."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool]
    environment = {**os.environ, "PREFECT_WORKER_QUERY_SECONDS": "0.5"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker:
        try:
            yield
        finally:
            end(worker)
