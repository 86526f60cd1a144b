"""Loads DAG files with Airflow's own loader. Each version of a file is loaded once."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from pathlib import Path
from typing import Any

from .describe import described


class DagFileError(Exception):
    """The host can't load a DAG file, or the file does not define the DAG or the task."""


_loaded: dict[str, tuple[tuple[int, int], Any]] = {}


def task_of(file: str, search_path: list[str], dag_id: str, task_id: str) -> Any:
    """Return a task of a DAG file.

    Raises:
        DagFileError: The file does not define the task, or can't be loaded.
    """
    bag = _bag(file, search_path)
    dag = bag.dags.get(dag_id)
    if dag is None:
        problems = "\n".join(str(text) for text in bag.import_errors.values())
        raise DagFileError(
            f"The host can't load {file}: {problems}. Correct the file, or install what the file needs in the host."
            if problems
            else f"{file} has no DAG {dag_id!r} in the host. Check dags_folder of AirflowHost."
        )
    task = dag.task_dict.get(task_id)
    if task is None:
        raise DagFileError(
            f"DAG {dag_id!r} has no task {task_id!r} in the host. Make the file define the same tasks there."
        )
    return task


def load(file: str, search_path: list[str]) -> None:
    """Load a DAG file.

    If the file can't be loaded, its tasks report the reason later. Operators in ordinary flows have no DAG file.
    """
    if not file:
        from airflow.configuration import conf

        _extend_path([*search_path, conf.get("core", "dags_folder")])
        return
    with contextlib.suppress(DagFileError):
        _bag(file, search_path)


def _extend_path(folders: list[str]) -> None:
    sys.path[:0] = [folder for folder in dict.fromkeys(folders) if folder not in sys.path]


def call_of_dag(dag: Any, state: str, context: Any) -> None:
    """Call the callbacks of a DAG.

    If a callback raises an exception, the exception is logged, and the next callback is called, as in Airflow.
    """
    given = (dag.on_success_callback if state == "success" else dag.on_failure_callback) or []
    for callback in given if isinstance(given, list) else [given]:
        try:
            callback(context)
        except Exception:
            logging.getLogger("airflow.processor").exception("failed to invoke dag state update callback")


def describe(file: str, search_path: list[str]) -> dict[str, Any]:
    """Return the DAGs of a file as data, and the reasons why other DAGs of the file can't be loaded."""
    try:
        return described(_bag(file, search_path))
    except DagFileError as error:
        return {"dags": [], "errors": [str(error)]}


def _bag(file: str, search_path: list[str]) -> Any:
    try:
        found = Path(file).stat()
    except OSError as error:
        raise DagFileError(
            f"The host can't read {file} ({error.strerror}). Check dags_folder of AirflowHost."
        ) from None
    state = found.st_mtime_ns, found.st_size
    held = _loaded.get(file)
    if held is None or held[0] != state:
        _extend_path(search_path)
        held = _loaded[file] = state, _read(file)
    return held[1]


def _read(file: str) -> Any:
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models.dagbag import DagBag
    import inspect

    known = inspect.signature(DagBag.__init__).parameters
    wanted = {"include_examples": False, "safe_mode": False, "load_op_links": False, "collect_dags": False}
    bag = DagBag(file, **{name: value for name, value in wanted.items() if name in known})
    bag.process_file(file, only_if_updated=False, safe_mode=False)
    # Airflow's loader sets a signal handler for segmentation faults and does not remove it. The handler would repeat
    # the fault endlessly.
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    return bag
