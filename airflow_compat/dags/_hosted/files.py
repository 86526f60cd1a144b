"""Loads DAG files that need real Airflow for their imports, in an Airflow host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import AirflowCompatError, HostError
from ...hosting._processes import processes_of
from ...hosting._task_processes import DagFile
from ...operators._hosted.steps import check_release
from .._import_errors import problem_of_dag
from .._search_path import search_path_of
from .graphs import dag_from

if TYPE_CHECKING:
    from ...authoring import DAG
    from ...hosting import AirflowHost
    from .._loading import FileSource


def file_in(host: AirflowHost, source: FileSource) -> DagFile:
    """Return a DAG file with the path that it has in the host."""
    where = search_path_of(source.path, dag_folder=source.dag_folder, given=source.search_path)
    folder = str(where.dag_folder)
    return DagFile(host.file_of(str(source.path), folder), tuple(host.file_of(each, folder) for each in where.folders))


def load_in_host(source: FileSource) -> tuple[dict[str, DAG], dict[str, str]]:
    """Let the host load a file, and return its DAGs and, by file, the reasons why DAGs can't be loaded.

    The tasks of the returned DAGs run in the host.

    Raises:
        HostError: The host can't load the file.
    """
    host, path = source.host, str(source.path)
    assert host is not None
    check_release(host, source.airflow_version, "the DAG file was loaded")
    found: dict[str, Any] = processes_of(host).describe(file_in(host, source))
    problems = [str(each) for each in found["errors"]]
    if not found["dags"]:
        raise HostError("; ".join(problems) or "the file has no DAG there")
    errors = {path: f"{path}: in the Airflow host: {'; '.join(problems)}"} if problems else {}
    dags = {}
    for data in found["dags"]:
        try:
            dag = dag_from(data, source.airflow_version)
        except AirflowCompatError as error:
            errors[path] = f"{path}: DAG {data['dag_id']!r}: {error}"
            continue
        dag.fileloc = path
        if problem := problem_of_dag(dag):
            errors[path] = problem
        else:
            dags[dag.dag_id] = dag
    return dags, errors


def with_why_not(problem: str, error: HostError) -> str:
    """Return why a file can't be loaded, with the reason why its host can't load it either."""
    cause, _, step = problem.rpartition(". ")
    why = str(error).rstrip(".").replace(". ", "; ")
    return f"{cause or step}; the Airflow host can't load it either ({why})" + (f". {step}" if cause else "")
