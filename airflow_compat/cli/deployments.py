"""`airflow-compat deployments`: write `prefect.yaml` from DAG files, and check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cyclopts import App
from rich.text import Text

from .. import deployments
from .._dag_source.problems import group_problems
from ..deployments import DEFAULT_ENTRYPOINTS
from ._dag_printing import LEVELS, print_problems
from ._options import Files, Flag, JsonFlag, Version
from ._printing import count, counted, filled_table, new_console, print_json, result_of

if TYPE_CHECKING:
    from ..deployments._generate import Generated

app: App = App(name="deployments", help="Write prefect.yaml from DAG files, and check it.")


@app.command
def generate(
    dags: Files,
    /,
    *,
    output: str = "prefect.yaml",
    entrypoints: str = DEFAULT_ENTRYPOINTS,
    work_pool: str = "",
    timezone: str = "UTC",
    airflow: Version = "3",
    ignore: Literal["glob", "regexp"] = "glob",
    git: str = "",
    branch: str = "",
    image: str = "",
    dry_run: Flag = False,
    diff: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Write or update prefect.yaml, with a deployment for each DAG.

    DAG files are read, but not run. Other keys, deployments, comments and lines marked `# keep` stay.

    Example: airflow-compat deployments generate dags --work-pool prod --dry-run

    Args:
        dags: DAG files and folders.
        output: The file to write or update.
        entrypoints: The location of ported flows; {path}, {folder}, {file}, {dag_id} and {function} are placeholders.
        work_pool: The work pool for deployments that have none.
        timezone: The `default_timezone` of your Airflow configuration.
        airflow: The Airflow version for defaults.
        ignore: The syntax of .airflowignore files.
        git: The repository from which workers clone the code, if the file has no pull steps.
        branch: The branch of that repository.
        image: The image to build with the code, as name:tag, if the file has no build steps.
        dry_run: Print what would happen, and write nothing.
        diff: Print the changes of the file; with --dry-run, those that would be made.
        json_: Print JSON instead of a table.
    """
    generated = deployments.to_prefect_yaml(
        deployments.read_dag_files(dags, ignore_syntax=ignore),
        output,
        entrypoints=entrypoints,
        work_pool=work_pool,
        timezone=timezone,
        airflow_version=airflow,
        git=git,
        branch=branch,
        image=image,
    )
    if not dry_run:
        generated.write()
    if json_:
        print_json(generated_as_dict(generated, dry_run=dry_run, diff=diff))
    else:
        print_generated(generated, dry_run=dry_run, diff=diff)
    return int(any(problem.level == "error" for problem in generated.problems))


@app.command
def check(
    path: str = "prefect.yaml",
    /,
    *,
    offline: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Find problems in a prefect.yaml, mainly keys and values that Prefect ignores.

    If a Prefect server is configured, the file is also compared with the server's work pools.

    Example: airflow-compat deployments check prefect.yaml

    Args:
        path: The file.
        offline: Contact no server, and skip work pools and job variables.
        json_: Print JSON instead of a table.
    """
    from ..deployments._prefect_models import is_server_configured

    server = not offline and is_server_configured()
    problems = deployments.check_prefect_yaml(path, server=server)
    if json_:
        print_json([problem.as_dict() for problem in problems])
    else:
        console = new_console()
        print_problems(sorted(problems, key=lambda problem: list(LEVELS).index(problem.level)))
        console.print(f"{count(len(problems), 'problem')} in {path}.", soft_wrap=True)
        if not server:
            console.print("Work pools were not compared: no server was asked.", soft_wrap=True)
    return int(bool(problems))


def generated_as_dict(generated: Generated, *, dry_run: bool, diff: bool) -> dict[str, object]:
    """Return the changes to a prefect.yaml as JSON data."""
    found: dict[str, object] = {
        "path": str(generated.path),
        "written": generated.changes and not dry_run,
        "deployments": [
            {
                "name": entry.name,
                "action": entry.action,
                "keys": list(entry.keys),
                "kept": list(entry.kept),
                "entrypoint": entry.entrypoint,
                "dag_file": entry.path,
                "params_schema": generated.schemas.get(entry.name, {}),
            }
            for entry in generated.entries
        ],
        "problems": [problem.as_dict() for problem in generated.problems],
    }
    return {**found, "diff": generated.diff} if diff else found


def print_generated(generated: Generated, *, dry_run: bool, diff: bool) -> None:
    """Print the changes to a prefect.yaml, and the problems."""
    console = new_console()
    results = [result_of(entry.action, planned=dry_run) for entry in generated.entries]
    if generated.entries:
        rows = (
            (
                style,
                entry.name,
                result,
                entry.entrypoint,
                ", ".join([*(entry.keys if entry.action == "update" else ()), *(f"{key} kept" for key in entry.kept)]),
            )
            for entry, (result, style) in zip(generated.entries, results, strict=True)
        )
        console.print(filled_table(("deployment", "result", "flow", "changes"), rows))
    if diff and generated.changes:
        console.print()
        console.print(generated.diff, end="", soft_wrap=True)
    for group in group_problems(generated.problems):
        for line in group.lines():
            console.print(Text(line, style=LEVELS[group.level]), soft_wrap=True)
    summary = counted((result for result, _ in results), nothing="no DAG was found")
    wrote = generated.changes and not dry_run
    end = f"Written to {generated.path}." if wrote else "Nothing was written."
    console.print(f"\n{summary}. {end}", soft_wrap=True)
