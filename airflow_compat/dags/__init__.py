"""Loads, checks and runs DAG files as Prefect flows, unedited and without Airflow.

```python
from airflow_compat import dags

etl = dags.load_flow("dags/etl.py:etl")
etl(conf={"table": "planes"})
```
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, get_args

from .._airflow.version import DEFAULT_VERSION, AirflowVersion, check_version
from ..authoring import NOTSET
from ..errors import InvalidArgumentError, UnsupportedFeatureError
from ._problem import Level, Problem
from ._run import Isolation

if TYPE_CHECKING:
    from ..hosting import AirflowHost
    from ._flow import DagFlow
    from ._folder import DagFlows
    from ._result import DagRunResult

__all__ = ["Level", "Problem", "check", "load_flow", "load_flows", "test"]


def load_flow(
    entrypoint: str,
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    isolation: Isolation = "thread",
    host: AirflowHost | None = None,
) -> DagFlow:
    """Return the Prefect flow of a DAG.

    A run of the flow is a run of the DAG. Each try of a task instance is a task run, with the name, state and edges
    that it has in Airflow. The flow has the parameters `logical_date` and `conf`, and can be called, nested, served,
    deployed and retried like any flow. A retry of the flow repeats the failed tasks and all tasks downstream of them,
    as Airflow's "clear" does. `flow.dag` is the DAG.

    Args:
        entrypoint: The path of the DAG's file, a colon, and the dag_id: `dags/etl.py:etl`. The dag_id may be left out
            if the file defines only one DAG.
        airflow_version: The Airflow version for which the file was written.
        search_path: Additional folders from which the file imports modules, besides its own folder.
        isolation: `"thread"`: tasks run in threads of the flow's process. `"process"`: tasks run in child processes,
            which start when the first tasks start, each load the file once, and together run up to `max_active_tasks`
            tasks at a time.
        host: The Python interpreter of an environment with Airflow. A task runs in this host if its code uses Airflow
            names that this library does not replace, such as most operators of providers. Defaults to the host that
            `AIRFLOW_COMPAT_HOST` or `pyproject.toml` names, if any.

    Raises:
        DagFileError: The file is missing, can't be imported, or does not define the DAG.
        HostError: The configuration of the host is invalid.
        InvalidArgumentError: `search_path` or `host` has the wrong type.
        UnsupportedFeatureError: `airflow_version` or `isolation` has an unsupported value.
    """
    from ..hosting import configured_host
    from ._entrypoint import load_dag
    from ._flow import make_flow

    _check_options(airflow_version, search_path, isolation, host)
    loaded, dag = load_dag(
        entrypoint, airflow_version=airflow_version, search_path=search_path, host=host or configured_host()
    )
    return make_flow(dag, loaded=loaded, airflow_version=airflow_version, isolation=isolation)


def load_flows(
    path: str | PathLike[str],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    isolation: Isolation = "thread",
    host: AirflowHost | None = None,
) -> DagFlows:
    """Return a mapping from dag_id to flow, for all DAGs in a file or folder.

    Args:
        path: The path of a file or folder. Files that the folder's `.airflowignore` excludes are not loaded.
        airflow_version: The Airflow version for which the files were written.
        search_path: Additional folders from which the files import modules.
        isolation: See `load_flow`.
        host: See `load_flow`.

    Raises:
        DagFileError: The path does not exist.
        HostError: See `load_flow`.
        InvalidArgumentError: `search_path` or `host` has the wrong type.
        UnsupportedFeatureError: `airflow_version` or `isolation` has an unsupported value.
    """
    from ..hosting import configured_host
    from ._folder import flows_of

    _check_options(airflow_version, search_path, isolation, host)
    return flows_of(
        path,
        airflow_version=airflow_version,
        search_path=search_path,
        isolation=isolation,
        host=host or configured_host(),
    )


def test(
    entrypoint: str,
    *,
    logical_date: datetime | None = NOTSET,
    conf: Mapping[str, Any] | None = None,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    isolation: Isolation = "thread",
    host: AirflowHost | None = None,
) -> DagRunResult:
    """Run a DAG once in this process, as `dag.test()` does, and return the result of the run.

    The run replaces an earlier test run of the same logical date. `print(result)` shows the states of the tasks.

    Args:
        entrypoint: See `load_flow`.
        logical_date: The run's logical date; by default, the current time. Under Airflow 3, None means a run without a
            logical date; under Airflow 2, None means the current time.
        conf: The run's `conf`.
        airflow_version: See `load_flow`.
        search_path: See `load_flow`.
        isolation: See `load_flow`.
        host: See `load_flow`.

    Raises:
        DagFileError: The file is missing, can't be imported, or does not define the DAG.
        InvalidArgumentError: `logical_date` is not a datetime.
        ParamValidationError: A value in `conf` does not match the schema of its Param.
    """
    from ._test import test_flow

    flow = load_flow(
        entrypoint, airflow_version=airflow_version, search_path=search_path, isolation=isolation, host=host
    )
    return test_flow(flow, logical_date=logical_date, conf=conf)


def check(
    path: str | PathLike[str],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    isolation: Isolation = "thread",
    host: AirflowHost | None = None,
    server: bool = True,
) -> tuple[Problem, ...]:
    """Find the problems that runs of the DAGs in a file or folder would meet, without running a DAG.

    The files are loaded in a child process, so that code that ends or blocks its process does no harm. If a Prefect
    server is configured, the check asks the server whether it has the pools, connections and variables that the files
    name. Names of such objects that are computed when a task runs are not checked.

    Args:
        path: The path of a file or folder. Files that the folder's `.airflowignore` excludes are not loaded.
        airflow_version: The Airflow version for which the files were written.
        search_path: Additional folders from which the files import modules.
        isolation: See `load_flow`. With `"process"`, code that changes the state of its process is not reported as a
            problem.
        host: See `load_flow`. The check asks the host whether it has the Airflow names that tasks need.
        server: Whether to ask the configured server. The check never starts a temporary server.

    Returns:
        The problems, sorted by file and line. Problems that belong to no file come last.

    Raises:
        DagFileError: The path does not exist.
        HostError: See `load_flow`.
        InvalidArgumentError: `search_path` or `host` has the wrong type.
        UnsupportedFeatureError: `airflow_version` or `isolation` has an unsupported value.
    """
    from ..hosting import configured_host
    from ._check import check_files

    _check_options(airflow_version, search_path, isolation, host)
    return check_files(
        path,
        airflow_version=airflow_version,
        search_path=search_path,
        isolation=isolation,
        server=server,
        host=host or configured_host(),
    )


def _check_options(version: object, search_path: object, isolation: object, host: object) -> None:
    from ..hosting import AirflowHost

    check_version(version)
    if isinstance(search_path, (str, bytes, PathLike)) or not isinstance(search_path, Iterable):
        raise InvalidArgumentError(f"search_path={search_path!r} is not a list of folders. Use [{search_path!r}].")
    if isolation not in get_args(Isolation):
        raise UnsupportedFeatureError(f"isolation={isolation!r} is not supported. Use 'thread' or 'process'.")
    if host is not None and not isinstance(host, AirflowHost):
        raise InvalidArgumentError(f"host={host!r} is not an AirflowHost. Use AirflowHost({host!r}).")
