"""Surveys the DAG files of a folder in a child process, so that no file can end or block the caller.

One process loads all files, because starting a process takes longer than loading most files. If a file ends this
process, another process continues with the next file.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from .._airflow.version import AirflowVersion
from .._prefect.child_processes import environment
from ..errors import DagFileError
from ..hosting import AirflowHost
from ..hosting._processes import STARTED_WITHIN
from ._load_folder import FoundFiles, find_dag_files
from ._problem import Problem
from ._survey import DagFacts, FileSurvey, import_problem

# If the code of a file can't be interrupted at the time limit, its process is killed this many seconds later.
GRACE = 10.0
_TEMPORARY_SERVER = "PREFECT_SERVER_EPHEMERAL_ENABLED", "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"
_MODULE = "airflow_compat.dags._survey_child"


@dataclass(frozen=True)
class Surveys:
    """The surveys of one file, or of the files in a folder.

    Attributes:
        problems: The problems of files that can't be read, and of dag_ids that several files use.
    """

    files: tuple[FileSurvey, ...]
    problems: tuple[Problem, ...]

    @property
    def import_errors(self) -> tuple[Problem, ...]:
        """The problems because of which files can't be loaded; Airflow calls them import errors.

        Cycles of tasks and repeated dag_ids are import errors, too.
        """
        found = [*self.problems, *(problem for survey in self.files for problem in survey.problems)]
        return tuple(problem for problem in found if problem.kind == "import")

    @property
    def dags(self) -> tuple[DagFacts, ...]:
        """The DAGs, in the order of their ids.

        If several files define a DAG with the same dag_id, only the DAG of the first file is listed.
        """
        found: dict[str, DagFacts] = {}
        for survey in self.files:
            for dag in survey.dags:
                found.setdefault(dag.dag_id, dag)
        return tuple(found[dag_id] for dag_id in sorted(found))


def survey(
    path: str | os.PathLike[str],
    *,
    airflow_version: AirflowVersion,
    search_path: Iterable[str | os.PathLike[str]],
    module: str = "",
    host: AirflowHost | None = None,
    only: Collection[str] | None = None,
) -> Surveys:
    """Load the DAG files of a folder, or one file, in a child process.

    Args:
        path: The folder or file.
        airflow_version: See `load_file`.
        search_path: See `load_file`.
        module: The module that contains the flows, if the caller wants entries of `prefect.yaml`.
        host: See `load_file`. The names that tasks need are looked up in this host.
        only: If given, only these files of the folder are loaded.

    Raises:
        DagFileError: The path does not exist.
    """
    found = find_dag_files(path, airflow_version=airflow_version)
    if only is not None:
        found = replace(found, files=tuple(file for file in found.files if file in only))
    request = {
        "airflow_version": airflow_version,
        "search_path": [os.fspath(each) for each in search_path],
        "dag_folder": str(found.folder) if found.folder else None,
        "module": module,
        "host": None if host is None else asdict(host),
    }
    files = tuple(_survey_all(found, request))
    return Surveys(files, (*(import_problem(*each) for each in found.problems.items()), *_same_ids(files)))


def _same_ids(files: Iterable[FileSurvey]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for each in files:
        for dag in each.dags:
            other = first.setdefault(dag.dag_id, each.file)
            if other != each.file:
                yield Problem(
                    each.file, 0, "import", f"the DAG {dag.dag_id!r} is also in {other}", "Rename one of them"
                )


def _survey_all(found: FoundFiles, request: dict[str, Any]) -> Iterator[FileSurvey]:
    waiting = list(found.files)
    while waiting:
        with _process({**request, "files": waiting}) as (process, connection):
            while waiting:
                if not connection.poll(_limit(found.timeout, has_host=request["host"] is not None)):
                    yield _ended(
                        waiting.pop(0), f"it runs for more than {found.timeout:g} seconds and can't be stopped"
                    )
                    break
                try:
                    data = json.loads(connection.recv_bytes())
                except EOFError:
                    yield _ended(waiting.pop(0), f"the code ends the process with {_exit(process.wait())}")
                    break
                yield FileSurvey.from_dict(data)
                waiting.pop(0)


def _limit(timeout: float, *, has_host: bool) -> float | None:
    """Return after how many seconds the process of a file is killed; None means never."""
    if timeout <= 0:
        return None
    # If the file can't be loaded here, the host starts and loads it.
    return timeout + GRACE + (STARTED_WITHIN + timeout if has_host else 0)


def _ended(file: str, message: str) -> FileSurvey:
    return FileSurvey(file, problems=(Problem(file, 0, "import", message, "Move the code into a task, or remove it"),))


def _exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


@contextmanager
def _process(request: dict[str, Any]) -> Iterator[tuple[subprocess.Popen[bytes], Connection]]:
    receiver, sender = Pipe(duplex=False)
    code = f"import sys; sys.path[:] = {sys.path!r}; from {_MODULE} import main; main({sender.fileno()})"
    # The process gets its own session, so that processes that a file starts can be ended too.
    process = subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        # Lines that the files print must not be mixed with the caller's output.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(sender.fileno(),),
        start_new_session=True,
        env=_environment(),
    )
    sender.close()
    try:
        _send(process, receiver, request)
        yield process, receiver
    finally:
        receiver.close()
        _kill_session(process)


def _send(process: subprocess.Popen[bytes], receiver: Connection, request: dict[str, Any]) -> None:
    """Send the request to the child process, and wait until the process has started.

    The child process ends when its standard input is closed.
    """
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        receiver.recv_bytes()
    except (BrokenPipeError, EOFError):
        raise DagFileError(
            f"The process that loads DAG files does not start ({_exit(process.wait())}). Run `airflow-compat doctor`"
        ) from None


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment() -> dict[str, str]:
    """Return the environment with the caller's Prefect settings. The child process must start no temporary server."""
    # The setting that forbids temporary servers has two names. The environment may contain either name: set both.
    return {**environment(), **dict.fromkeys(_TEMPORARY_SERVER, "false")}
