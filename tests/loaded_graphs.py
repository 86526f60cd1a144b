"""Load DAG files in child processes, and return the graphs of their DAGs.

A file may end or block the process that loads it. The parent then continues with the next file, in a new process.
`python loaded_graphs.py FOLDERS...` is the child: it reads lines with a release and a path from standard input.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import Timer
from typing import Any

SECONDS = 20
"""The time limit of each file. Its process is killed after three times as long."""


def loaded_graphs(
    files: Mapping[Path, str], search_path: Sequence[Path] = (), *, python: str = sys.executable
) -> dict[Path, dict[str, Any]]:
    """Return the DAGs of each file: their graphs, as JSON data, by their ids. A file that can't be loaded has none.

    Args:
        files: The DAG files, each with its release of Airflow: `2` or `3`.
        search_path: More folders from which the files import modules.
        python: A Python with Prefect and airflow_compat.
    """
    found: dict[Path, dict[str, Any]] = {}
    waiting = list(files)
    while waiting:
        with subprocess.Popen(
            [python, __file__, *map(str, search_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # A file may start processes, which end with this one.
            start_new_session=True,
        ) as process:
            try:
                while waiting:
                    limit = Timer(3 * SECONDS, os.killpg, (process.pid, signal.SIGKILL))
                    limit.start()
                    line = _answer(process, f"{files[waiting[0]]} {waiting[0]}\n")
                    limit.cancel()
                    found[waiting.pop(0)] = json.loads(line) if line else {}
                    if not line:
                        break
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    return found


def _answer(process: subprocess.Popen[str], question: str) -> str:
    """Return the child's answer; empty if the child has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(question)
        process.stdin.flush()
    except BrokenPipeError:
        return ""
    return process.stdout.readline()


def _main(search_path: list[str]) -> None:
    from airflow_compat.dags._graph_of_dag import graph_of
    from airflow_compat.dags._loading import load_file

    # What a file prints must not be mixed with the answers. A file that reads standard input gets its end.
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    process = os.getpid()
    for line in questions:
        release, _, path = line.rstrip("\n").partition(" ")
        version: Any = release
        loaded = load_file(path, airflow_version=version, search_path=search_path, timeout=SECONDS)
        graphs = {} if loaded.import_errors else {name: _plain(graph_of(dag)) for name, dag in loaded.dags.items()}
        if os.getpid() != process:
            os._exit(0)
        answers.write(json.dumps(graphs) + "\n")
        answers.flush()
    os._exit(0)


def _plain(value: Any) -> Any:
    """Return frozen data as JSON data. The order of a set has no meaning."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


if __name__ == "__main__":
    _main(sys.argv[1:])
