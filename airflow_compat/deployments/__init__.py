"""`prefect.yaml` from DAG files, which are read and never run; and `check_prefect_yaml` for any such file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import timezone as _timezone
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ._airflow.dag_ignore import IgnoreSyntax
from ._airflow.dag_problems import Problem
from ._airflow.dag_source import DagFile, DagSource
from ._airflow.source_values import Called, Computed
from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._specs.deployment_names import DEFAULT_ENTRYPOINTS
from ._specs.deployments import GenerateOptions

if TYPE_CHECKING:
    from ._deployments.generate import Generated

__all__ = [
    "DEFAULT_ENTRYPOINTS", "Called", "Computed", "DagFile", "DagSource", "Problem", "check_prefect_yaml",
    "read_dag_files", "to_prefect_yaml",
]  # fmt: skip


def read_dag_files(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]], *, ignore_syntax: IgnoreSyntax = "glob"
) -> tuple[DagFile, ...]:
    """Read the DAGs of files and folders from their text. Nothing of them is imported or run, nor is Airflow.

    A folder is searched as Airflow's scheduler does: for Python files that speak of Airflow and of DAGs, at any depth,
    but for what an `.airflowignore` names. What can't be read is a problem of its file, and stops nothing.

    Values may come from modules that a DAG file imports: they are searched in the folder, in `plugins` and `config`
    beside it, and in the folder around it. Each file that Airflow would load has a DAG or a problem.

    Args:
        paths: Files and folders.
        ignore_syntax: Airflow's `[core] dag_ignore_file_syntax`: `glob`, or `regexp`, which is 2.x's default.

    Returns:
        One of each file that may hold DAGs, in the order of their names, with its DAGs and its problems.

    Raises:
        DagFileError: One of the paths doesn't exist.

    Example:
        ```python
        from airflow_compat import deployments

        for file in deployments.read_dag_files("."):
            for dag in file.dags:
                print(dag.dag_id, dag.get("schedule"))
        ```
    """
    from ._sources.dag_files import read_files

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
    """Make what `prefect.yaml` is to be for these DAGs, one deployment each. Nothing is written: `write()` does that.

    A deployment is known by its name, which is the dag_id. Of an entry that is there, `entrypoint`, `description`,
    `tags`, `parameters`, `schedules`, `triggers` and `concurrency_limit` follow the DAG, unless the comment `# keep`
    stands behind the key; a key whose value the DAG file doesn't tell, every other key, every other entry, and all
    comments stay as they are.

    Args:
        files: What `read_dag_files` returned.
        output: The file, which is read where it is there.
        entrypoints: Where the ported flows are: `{path}` stands for the DAG file's path from the folder on that was
            given, without its suffix, `{folder}` and `{file}` for the parts of it, `{dag_id}` for the dag_id, and
            `{function}` for a function's name that is made of it.
        work_pool: The work pool of entries that have none.
        timezone: Airflow's `[core] default_timezone`, in which dates without a time zone are meant.
        airflow_version: "2" or "3": what a DAG without a schedule, or without `catchup`, means.
        git: The repository that workers clone the code from, where the file has no `pull` steps.
        branch: Its branch.
        image: The image that is to be built with the code, as `name:tag`, where the file has no `build` steps.

    Raises:
        PrefectFileError: The file can't be read, or is no YAML; or two of its entries have a DAG's name.
        DagFileError: The pattern of entrypoints is none.
    """
    from ._deployments.generate import make_prefect_yaml

    now = datetime.now(_timezone.utc)
    options = GenerateOptions(now, entrypoints, work_pool, {}, timezone, airflow_version)
    return make_prefect_yaml(files, Path(output), options, git=git, branch=branch, image=image)


def check_prefect_yaml(path: str | PathLike[str] = "prefect.yaml", *, server: bool = False) -> tuple[Problem, ...]:
    """Find what is wrong with a `prefect.yaml`, whoever wrote it. Nothing is imported or run.

    - Keys that Prefect doesn't know and leaves out, and values for which it skips the whole file.
    - Schedules and triggers that it refuses, `sla`, and names that are there twice.
    - Entrypoints whose file does not exist or does not define the name, and steps without a module, a function or an
      input that they need.
    - Placeholders such as `{{ build_image.image }}` that no earlier step has a value for.
    - With `server`: work pools that the server doesn't hold, and job variables that a pool doesn't take.

    Args:
        path: The file. Entrypoints and modules are looked for in its folder.
        server: Compare the file with the work pools that the Prefect server holds.

    Returns:
        A problem for each, with its line, the deployment, and the nearest right name.

    Raises:
        PrefectFileError: There is no such file, or it is no YAML.
        ServerError: The server can't be asked.
    """
    from ._deployments.check import check_text
    from ._deployments.generate import read_text
    from .errors import PrefectFileError

    text = read_text(Path(path))
    if text is None:
        raise PrefectFileError(f"{path}: there is no such file; generate it, or give its path")
    return check_text(text, Path(path), entrypoints=True, server=server)
