"""Generate `prefect.yaml` from DAG files without running them, and check any `prefect.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import timezone as _timezone
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._dag_source.dags import DagFile, DagSource
from .._dag_source.ignore import IgnoreSyntax
from .._dag_source.problems import Problem
from .._dag_source.values import AirflowCall, RuntimeValue
from ._names import DEFAULT_ENTRYPOINTS
from ._specs import GenerateOptions

if TYPE_CHECKING:
    from ._generate import Generated

__all__ = [
    "DEFAULT_ENTRYPOINTS",
    "AirflowCall",
    "DagFile",
    "DagSource",
    "Problem",
    "RuntimeValue",
    "check_prefect_yaml",
    "read_dag_files",
    "to_prefect_yaml",
]  # fmt: skip


def read_dag_files(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]], *, ignore_syntax: IgnoreSyntax = "glob"
) -> tuple[DagFile, ...]:
    """Find the DAGs in Python files and folders by parsing the source.

    The files are neither imported nor run, and Airflow is not needed.

    As Airflow's scheduler does, search folders at any depth for Python files that mention Airflow and DAGs, except
    files that an `.airflowignore` excludes. For each of these files, the result has at least one DAG or problem. A file
    that can't be read doesn't stop the search.

    A DAG file may import values from other modules. These modules are searched in the folder that the caller gives, in
    its parent folder, and in the folders `plugins` and `config` next to it.

    Args:
        paths: Files and folders.
        ignore_syntax: Airflow's `[core] dag_ignore_file_syntax`: `glob`; or `regexp`, which is the default of Airflow
            2.

    Returns:
        The files that may hold DAGs, sorted by name, each with its DAGs and problems.

    Raises:
        DagFileError: A path doesn't exist.

    Example:
        ```python
        from airflow_compat import deployments

        for file in deployments.read_dag_files("."):
            for dag in file.dags:
                print(dag.dag_id, dag.get("schedule"))
        ```
    """
    from .._dag_source.files import read_files

    given = [paths] if isinstance(paths, (str, PathLike)) else list(paths)
    return read_files(given, syntax=ignore_syntax)


def to_prefect_yaml(
    files: Iterable[DagFile],
    output: str | PathLike[str] = "prefect.yaml",
    *,
    entrypoints: str = DEFAULT_ENTRYPOINTS,
    work_pool: str = "",
    timezone: str = "UTC",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    git: str = "",
    branch: str = "",
    image: str = "",
) -> Generated:
    """Generate the text of `prefect.yaml` with a deployment for each DAG. Call `write()` on the result to save it.

    The deployment's name is the dag_id. If the file already has an entry of this name, its keys `entrypoint`,
    `description`, `tags`, `parameters`, `schedules`, `triggers` and `concurrency_limit` are updated from the DAG,
    unless the comment `# keep` follows the key. Keys whose new value is unknown, all other keys and entries, and all
    comments are kept.

    Args:
        files: The result of `read_dag_files`.
        output: The path of the file; an existing file is updated.
        entrypoints: The pattern from which the entrypoints of the flows are made. Placeholders: `{path}` is the DAG
            file's path without suffix, relative to the given folder; `{folder}` and `{file}` are the two parts of this
            path; `{dag_id}` is the dag_id; `{function}` is a function name made from the dag_id.
        work_pool: The work pool for entries that have no work pool.
        timezone: Airflow's `[core] default_timezone`, which applies to dates without a time zone.
        airflow_version: "2" or "3": the release that determines the defaults of `schedule` and `catchup`.
        git: The repository that workers clone; ignored if the file has `pull` steps.
        branch: The branch that workers clone.
        image: The image that is built with the code, as `name:tag`, if the file has no `build` steps.

    Raises:
        PrefectFileError: The file can't be read, isn't YAML, or has several entries that could belong to one DAG.
        DagFileError: `entrypoints` is invalid.
    """
    from ._generate import make_prefect_yaml

    options = GenerateOptions(datetime.now(_timezone.utc), entrypoints, work_pool, {}, timezone, airflow_version)
    return make_prefect_yaml(files, Path(output), options, git=git, branch=branch, image=image)


def check_prefect_yaml(path: str | PathLike[str] = "prefect.yaml", *, server: bool = False) -> tuple[Problem, ...]:
    """Find problems in any `prefect.yaml`, without importing or running anything.

    - Keys that Prefect ignores, and values that make Prefect skip the whole file.
    - Schedules and triggers that Prefect refuses, the key `sla`, and repeated names.
    - Entrypoints whose file does not exist or does not define the flow, and steps without a module, a function or a
      required input.
    - Placeholders such as `{{ build_image.image }}` for which no earlier step provides a value.
    - With `server=True`: missing work pools, and job variables that a work pool doesn't accept.

    Args:
        path: The file. Entrypoints and modules are searched in the folder that contains this file.
        server: Whether to check the file against the server's work pools.

    Returns:
        The problems, each with its line, its deployment, and, for a misspelt name, the most similar valid name.

    Raises:
        PrefectFileError: The file doesn't exist or isn't YAML.
        ServerError: The server can't be reached.
    """
    from ..errors import PrefectFileError
    from ._check import check_text
    from ._generate import read_text

    text = read_text(Path(path))
    if text is None:
        raise PrefectFileError(f"{path}: no such file. Generate the file, or pass the path of an existing one")
    return check_text(text, Path(path), entrypoints=True, server=server)
