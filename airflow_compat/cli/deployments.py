"""`airflow-compat deployments`: `prefect.yaml` from DAG files, and what is wrong with one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from rich.text import Text

from .. import deployments
from .._airflow.dag_problems import group_problems
from ..deployments import DEFAULT_ENTRYPOINTS, Problem
from .printing import count, new_console, new_table

if TYPE_CHECKING:
    from rich.console import Console

    from .._deployments.generate import Generated

app: App = App(name="deployments", help="Write prefect.yaml from DAG files, and check it.")

_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}


@app.command
def generate(
    dags: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    output: str = "prefect.yaml",
    entrypoints: str = DEFAULT_ENTRYPOINTS,
    work_pool: str = "",
    timezone: str = "UTC",
    airflow: Literal["2", "3"] = "3",
    ignore: Literal["glob", "regexp"] = "glob",
    git: str = "",
    branch: str = "",
    image: str = "",
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    diff: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Write or update prefect.yaml, with a deployment for each DAG. DAG files are read, and never run.

    To run it again changes nothing. What isn't the DAG's stays: other keys, other deployments, comments, and what the
    comment `# keep` stands behind.

    Example: airflow-compat deployments generate dags --work-pool prod --dry-run

    Args:
        dags: DAG files, and folders of them.
        output: The file to write or update.
        entrypoints: Where ported flows are expected; {path}, {folder}, {file}, {dag_id} and {function} are filled in.
        work_pool: The work pool of deployments that have none.
        timezone: Airflow's own default time zone.
        airflow: The Airflow release whose defaults hold.
        ignore: The syntax of .airflowignore files.
        git: The repository that workers clone the code from, where the file has no pull steps.
        branch: Its branch.
        image: The image to build with the code, as name:tag, where the file has no build steps.
        dry_run: Print what would happen, and write nothing.
        diff: Print what changes in the file; with --dry-run, what would change.
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
        print(json.dumps(_as_dict(generated, dry_run=dry_run, diff=diff), indent=2))
    else:
        _print(generated, dry_run=dry_run, diff=diff)
    return int(any(problem.level == "error" for problem in generated.problems))


@app.command
def check(
    path: str = "prefect.yaml",
    /,
    *,
    offline: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Find what is wrong with a prefect.yaml: above all what Prefect leaves out in silence.

    Where a Prefect server is configured, the file is compared with its work pools.

    Example: airflow-compat deployments check prefect.yaml

    Args:
        path: The file.
        offline: Ask no server; work pools and job variables aren't compared.
        json_: Print JSON instead of a table.
    """
    from .._prefect.deployment_checks import is_server_configured

    server = not offline and is_server_configured()
    problems = deployments.check_prefect_yaml(path, server=server)
    if json_:
        print(json.dumps([problem.as_dict() for problem in problems], indent=2))
    else:
        console = new_console()
        _print_problems(problems, console)
        console.print(f"{count(len(problems), 'problem')} in {path}.", soft_wrap=True)
        if not server:
            console.print("Work pools were not compared: no server was asked.", soft_wrap=True)
    return int(bool(problems))


def _as_dict(generated: Generated, *, dry_run: bool, diff: bool) -> dict[str, object]:
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


def _print(generated: Generated, *, dry_run: bool, diff: bool) -> None:
    console = new_console()
    table = new_table("deployment", "result", "flow", "changes")
    for entry in generated.entries:
        result, style = _result(entry.action, dry_run=dry_run)
        changes = ", ".join((*(entry.keys if entry.action == "update" else ()), *(f"{key} kept" for key in entry.kept)))
        cells = (entry.name, result, entry.entrypoint, changes)
        table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    if generated.entries:
        console.print(table)
    if diff and generated.changes:
        console.print()
        console.print(generated.diff, end="", soft_wrap=True)
    for group in group_problems(generated.problems):
        for line in group.lines():
            console.print(Text(line, style=_STYLES[group.level]), soft_wrap=True)
    counted = Counter(_result(entry.action, dry_run=dry_run)[0] for entry in generated.entries)
    said = ", ".join(f"{number} {word}" for word, number in counted.items()) or "no DAG was found"
    wrote = generated.changes and not dry_run
    end = f"Written to {generated.path}." if wrote else "Nothing was written."
    console.print(f"\n{said}. {end}", soft_wrap=True)


def _print_problems(problems: Iterable[Problem], console: Console) -> None:
    problems = tuple(problems)
    for level, style in _STYLES.items():
        for problem in problems:
            if problem.level == level:
                console.print(Text(f"{level}: {problem}", style=style), soft_wrap=True)


def _result(action: str, *, dry_run: bool) -> tuple[str, str]:
    """What the table says of an entry, and its style."""
    words = {
        "create": ("would create" if dry_run else "created", "green"),
        "update": ("would update" if dry_run else "updated", "green"),
        "unchanged": ("unchanged", "dim"),
    }
    return words[action]
