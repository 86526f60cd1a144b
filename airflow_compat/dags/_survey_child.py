"""The process that loads DAG files for a survey.

If a file ends or blocks this process, the parent process continues.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..hosting import AirflowHost
from ._deployment_entries import entries_of
from ._loading import LoadedFile, Loader
from ._problem import Problem
from ._survey import FileSurvey, survey_of


def main(descriptor: int) -> None:
    """Survey the files that standard input names, and send each survey as JSON.

    Args:
        descriptor: The file descriptor to which the surveys are written.
    """
    connection = Connection(descriptor, readable=False)
    # If a DAG file reads standard input, there is nothing to read.
    with os.fdopen(os.dup(0), "rb", buffering=0) as source, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        request: dict[str, Any] = json.loads(source.readline())
        threading.Thread(target=_end_with_parent, args=(os.dup(source.fileno()),), daemon=True).start()
    connection.send_bytes(b"ready")
    loader = Loader(
        airflow_version=request["airflow_version"],
        search_path=request["search_path"],
        dag_folder=request["dag_folder"],
        airflow_cfg=None,
        timeout=None,
        host=AirflowHost(**request["host"]) if request["host"] else None,
    )
    process = os.getpid()
    for file in request["files"]:
        survey = _survey(loader.load(file), request["module"])
        if os.getpid() != process:
            # The file's code has forked this process. Only the original process sends surveys, so that surveys of
            # different processes don't mix.
            os._exit(0)
        connection.send_bytes(json.dumps(survey.as_dict()).encode())
    # Threads that a file started would keep the process alive.
    os._exit(0)


def _end_with_parent(descriptor: int) -> None:
    """End the process when the parent closes the pipe, even if the parent was killed."""
    os.read(descriptor, 1)
    os._exit(1)


def _survey(loaded: LoadedFile, module: str) -> FileSurvey:
    try:
        entries = tuple(entries_of(loaded, module)) if module else ()
        return replace(survey_of(loaded), entries=entries)
    except Exception as exc:  # noqa: BLE001 - attributes of the file's own classes may raise anything
        message = f"the attributes of the file's DAGs or tasks can't be read ({type(exc).__name__})"
        file = str(loaded.path)
        return FileSurvey(
            file, problems=(Problem(file, 0, "import", message, "Correct the classes of the file's operators"),)
        )
