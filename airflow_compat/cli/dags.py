"""`airflow-compat dags`: list, check, show, test and deploy DAG files."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from .. import dags
from .._airflow.version import DEFAULT_VERSION
from ..errors import DagFileError
from ._dag_printing import LEVELS, graph_dict, print_ended, print_problems, result_dict
from ._dag_test_checks import check_conf, check_server, conf_of
from ._dates import moment_of
from ._options import Flag, Isolation, JsonFlag, Many, Version
from ._printing import count, filled_table, new_console, print_json, write_file

if TYPE_CHECKING:
    from ..hosting import AirflowHost

app: App = App(name="dags", help="List, check, show, test and deploy DAG files.")


@app.command(name="list")
def list_dags(
    path: str,
    /,
    *,
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    host: str = "",
    json_: JsonFlag = False,
) -> int:
    """List the DAGs of a file or folder, and the files that can't be loaded.

    The files are loaded in a child process, and no DAG runs.

    Example: airflow-compat dags list dags

    Args:
        path: A DAG file, or a folder of them. In a folder, an .airflowignore file applies.
        airflow_version: The Airflow version for which the files were written.
        search_path: One more folder from which the files import modules; repeat it for several.
        host: The Python interpreter of an Airflow host; by default the configured one, if any.
        json_: Print JSON instead of a table.
    """
    from ..dags._surveys import survey

    found = survey(path, airflow_version=airflow_version, search_path=search_path, host=_host(host))
    errors = found.import_errors
    if json_:
        print_json({"dags": [asdict(dag) for dag in found.dags], "import_errors": [each.as_dict() for each in errors]})
        return int(bool(errors))
    console = new_console()
    if found.dags:
        rows = (("", dag.dag_id, dag.file, str(dag.tasks), dag.schedule) for dag in found.dags)
        console.print(filled_table(("dag_id", "file", "tasks", "schedule"), rows))
    print_problems(errors)
    console.print(f"\n{count(len(found.dags), 'DAG')}, {count(len(errors), 'import error')}.")
    return int(bool(errors))


@app.command
def check(
    path: str,
    /,
    *,
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    isolation: Isolation = "thread",
    offline: Flag = False,
    host: str = "",
    json_: JsonFlag = False,
) -> int:
    """Find the problems that runs of the DAGs would meet, without running them.

    The files are loaded in a child process. If a Prefect server is configured, it is asked for the pools, connections
    and variables that the files name.

    Example: airflow-compat dags check dags

    Args:
        path: A DAG file, or a folder of them. In a folder, an .airflowignore file applies.
        airflow_version: The Airflow version for which the files were written.
        search_path: One more folder from which the files import modules; repeat it for several.
        isolation: Where tasks will run. With `process`, the check accepts code that changes the state of its process.
        offline: Contact no server.
        host: The Python interpreter of an Airflow host; by default the configured one, if any.
        json_: Print JSON instead of lines.
    """
    problems = dags.check(
        path,
        airflow_version=airflow_version,
        search_path=search_path,
        isolation=isolation,
        host=_host(host),
        server=not offline,
    )
    if json_:
        print_json([problem.as_dict() for problem in problems])
    else:
        print_problems(problems)
        found = Counter(problem.level for problem in problems)
        said = ", ".join(count(found[level], level) for level in LEVELS)
        new_console().print(f"{said} in {path}.", soft_wrap=True)
    return int(any(problem.level == "error" for problem in problems))


@app.command
def show(
    path: str,
    /,
    *,
    mermaid: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    host: str = "",
    json_: JsonFlag = False,
) -> None:
    """Show the graph of a DAG as a tree of groups and tasks.

    Example: airflow-compat dags show dags/etl.py:etl --mermaid etl.mmd

    Args:
        path: The DAG file, followed by a colon and the dag_id if the file has several DAGs.
        mermaid: Write the graph to this file as a Mermaid flowchart; - prints it in place of the tree.
        airflow_version: The Airflow version for which the file was written.
        search_path: One more folder from which the file imports modules; repeat it for several.
        host: The Python interpreter of an Airflow host; by default the configured one, if any.
        json_: Print JSON instead of a tree.
    """
    from ..dags._entrypoint import load_dag
    from ..dags._graph_of_dag import graph_of
    from ..dags._graph_text import tree_text
    from ..dags._mermaid import mermaid_text

    with contextlib.redirect_stdout(sys.stderr):
        _, dag = load_dag(path, airflow_version=airflow_version, search_path=search_path, host=_host(host))
    graph = graph_of(dag)
    operators = {task_id: task.task_type for task_id, task in dag.task_dict.items()}
    if mermaid and mermaid != "-":
        write_file(mermaid, f"{mermaid_text(graph)}\n", DagFileError, "Pass another path to --mermaid")
    if json_:
        print_json(graph_dict(graph, operators))
    else:
        print(mermaid_text(graph) if mermaid == "-" else tree_text(graph, operators))


@app.command
def test(
    path: str,
    /,
    *,
    conf: str = "",
    logical_date: str = "",
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    isolation: Isolation = "thread",
    host: str = "",
    json_: JsonFlag = False,
) -> int:
    """Run a DAG once in this process, and show each task instance when it ends.

    Example: airflow-compat dags test dags/etl.py:etl --conf '{"table": "planes"}'

    Args:
        path: The DAG file, followed by a colon and the dag_id if the file has several DAGs.
        conf: The run's conf as a JSON object.
        logical_date: The logical date in ISO format, in UTC if it has no offset; now by default.
        airflow_version: The Airflow version for which the file was written.
        search_path: One more folder from which the file imports modules; repeat it for several.
        isolation: Run tasks in threads or in child processes.
        host: The Python interpreter of an Airflow host; by default the configured one, if any.
        json_: Print JSON instead of a table.
    """
    from ..authoring import NOTSET
    from ..dags._test import test_flow

    values = conf_of(conf)
    date = moment_of("--logical-date", logical_date) if logical_date else NOTSET
    with contextlib.redirect_stdout(sys.stderr):
        flow = dags.load_flow(
            path, airflow_version=airflow_version, search_path=search_path, isolation=isolation, host=_host(host)
        )
        check_conf(flow.dag, values)
        check_server()
        result = test_flow(flow, logical_date=date, conf=values, ended=print_ended)
    if json_:
        print_json(result_dict(result))
    else:
        print(result)
    return int(result.state != "success")


@app.command(name="deploy-config")
def deploy_config(
    path: str,
    /,
    *,
    output: str = "prefect.yaml",
    module: str = "dag_flows.py",
    work_pool: str = "",
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    isolation: Isolation = "thread",
    git: str = "",
    branch: str = "",
    image: str = "",
    operations: Flag = False,
    summary: Flag = False,
    create_limits: Flag = False,
    dry_run: Flag = False,
    diff: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Write what prefect deploy --all needs for the DAGs of a folder: a module with their flows, and prefect.yaml.

    The files are loaded in a child process, and no DAG runs. Other keys, deployments, comments and lines marked
    `# keep` of prefect.yaml stay.

    Example: airflow-compat dags deploy-config dags --work-pool prod

    Args:
        path: A DAG file, or a folder of them. In a folder, an .airflowignore file applies.
        output: The prefect.yaml to write or update.
        module: The name of the module's file, which is written next to prefect.yaml.
        work_pool: The work pool for deployments that have none.
        airflow_version: The Airflow version for which the files were written.
        search_path: One more folder from which the files import modules; repeat it for several.
        isolation: Run tasks in threads or in child processes.
        git: The repository from which workers clone the code, if the file has no pull steps.
        branch: The branch of that repository.
        image: The image to build with the code, as name:tag, if the file has no build steps.
        operations: Also deploy the flows that call the callbacks of alerts, change runs, and fail lost runs.
        summary: Let each run show a summary of its tasks as an artifact.
        create_limits: Create the tag limits for max_active_tis_per_dag that the server lacks.
        dry_run: Print what would happen, and write nothing.
        diff: Print the changes of prefect.yaml; with --dry-run, those that would be made.
        json_: Print JSON instead of a table.
    """
    from ..dags._deploy_config import make_deploy_config
    from ..dags._tag_limits import create_tag_limits
    from .deployments import generated_as_dict, print_generated

    config = make_deploy_config(
        path,
        output,
        module=module,
        work_pool=work_pool,
        airflow_version=airflow_version,
        search_path=search_path,
        isolation=isolation,
        git=git,
        branch=branch,
        image=image,
        operations=operations,
        summary=summary,
    )
    created = create_tag_limits(config.tag_limits, dry_run=dry_run) if create_limits else ()
    if not dry_run:
        config.write()
    if json_:
        data = generated_as_dict(config.generated, dry_run=dry_run, diff=diff)
        modules = {"module": str(config.module), "more_modules": [str(file) for file in config.more]}
        print_json({**modules, "tag_limits": [asdict(each) for each in created], **data})
    else:
        print_generated(config.generated, dry_run=dry_run, diff=diff)
        if config.alerts:
            print(f"After the deployment, run airflow-compat automations apply {config.alerts}.")
        for each in created:
            print(f"Tag limit {each.tag}: {each.limit} {'would be ' if dry_run else ''}created.")
    return int(any(problem.level == "error" for problem in config.generated.problems))


def _host(python: str) -> AirflowHost | None:
    from ..hosting._settings import VARIABLE, host_of

    return host_of({**os.environ, VARIABLE: python} if python else os.environ, Path.cwd())
