"""`airflow-compat work-pools`: recommend, plan and apply work pools, and print Helm values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from textwrap import indent
from typing import Any

from cyclopts import App
from rich.text import Text

from .. import work_pools
from ..errors import InvalidWorkPoolError
from ..work_pools import WorkPoolOutcome, WorkPoolSpec
from ..work_pools._files import read_work_pools_files
from ._options import Files, Flag, JsonFlag
from ._printing import new_console, not_tried, print_json, print_outcomes

app: App = App(name="work-pools", help="Create work pools from executors, pods, containers.")


@app.command
def recommend(
    files: Files,
    /,
    *,
    json_: JsonFlag = False,
) -> None:
    """Show which work pool each entry needs and why, and its unsupported settings.

    The command contacts no server.

    Example: airflow-compat work-pools recommend pools.yaml

    Args:
        files: YAML or JSON files with arguments of `work_pools.recommend`, or Python files that assign its result to a
            variable.
        json_: Print JSON instead of text.
    """
    specs = read_work_pools_files(files)
    if json_:
        print_json([spec.as_dict() for spec in specs])
        return
    console = new_console()
    for spec in specs:
        console.print(Text(f"{spec.name}: a {spec.type} pool", style="bold"))
        for reason in spec.reasons:
            console.print(f"  because {reason}", soft_wrap=True)
        for note in spec.notes:
            console.print(Text(f"  note {note}", style="yellow"), soft_wrap=True)
        console.print("  in prefect.yaml, deployments of this pool have")
        console.print(Text(indent(_yaml({"work_pool": spec.work_pool()}), "    ")), soft_wrap=True)


@app.command
def plan(
    files: Files,
    /,
    *,
    replace: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Compare work pools with the server, and write nothing there.

    Example: airflow-compat work-pools plan pools.yaml

    Args:
        files: YAML or JSON files with arguments of `work_pools.recommend`, or Python files that assign its result to a
            variable.
        replace: Show what `apply --replace` would change.
        json_: Print JSON instead of a table.
    """
    items = work_pools.plan(read_work_pools_files(files), replace=replace)
    _print(map(WorkPoolOutcome, items), json_=json_, planned=True)
    return int(any(item.action in ("differs", "refused") for item in items))


@app.command
def apply(
    files: Files,
    /,
    *,
    replace: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Create these work pools on the server.

    If a pool is refused, nothing is written. Existing pools stay unless --replace is given.

    Example: airflow-compat work-pools apply pools.yaml

    Args:
        files: YAML or JSON files with arguments of `work_pools.recommend`, or Python files that assign its result to a
            variable.
        replace: Update pools that differ.
        json_: Print JSON instead of a table.
    """
    from ..work_pools._apply import apply_items

    items = work_pools.plan(read_work_pools_files(files), replace=replace)
    outcomes = not_tried(items, WorkPoolOutcome) or apply_items(items)
    _print(outcomes, json_=json_)
    return int(not all(outcome.done for outcome in outcomes))


@app.command(name="helm-values")
def helm_values(
    file: str,
    /,
    *,
    pool: str = "",
    api_url: str = "",
    account_id: str = "",
    workspace_id: str = "",
    limit: int | None = None,
    json_: JsonFlag = False,
) -> None:
    """Print the values for Prefect's Helm chart `prefect-worker`, which starts a worker of a kubernetes pool.

    Example: airflow-compat work-pools helm-values pools.yaml --api-url http://prefect-server.prefect:4200/api

    Args:
        file: YAML, JSON or a Python module with the pool.
        pool: The pool's name, if the file has several.
        api_url: The server's API URL inside the cluster.
        account_id: For Prefect Cloud: the account.
        workspace_id: For Prefect Cloud: the workspace.
        limit: How many flow runs one worker starts at once.
        json_: Print JSON instead of YAML.
    """
    values = work_pools.helm_values(
        _chosen(read_work_pools_files([file]), pool, file),
        api_url=api_url,
        account_id=account_id,
        workspace_id=workspace_id,
        limit=limit,
    )
    print(json.dumps(values, indent=2) if json_ else _yaml(values).rstrip("\n"))


def _chosen(specs: tuple[WorkPoolSpec, ...], name: str, file: str) -> WorkPoolSpec:
    names = list(dict.fromkeys(spec.name for spec in specs))
    if not name and len(names) > 1:
        raise InvalidWorkPoolError(f"{file} has the pools {', '.join(names)}; choose one with --pool")
    found = [spec for spec in specs if not name or spec.name == name]
    if not found:
        raise InvalidWorkPoolError(f"{file} has no pool {name!r}; choose one of {', '.join(names)} with --pool")
    return found[0]


def _yaml(data: Mapping[str, Any]) -> str:
    import yaml

    # Aliases for repeated objects would be hard to read.
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    return str(yaml.dump(dict(data), Dumper=dumper, sort_keys=False, allow_unicode=True, width=float("inf")))


def _print(outcomes: Iterable[WorkPoolOutcome], *, json_: bool, planned: bool = False) -> None:
    print_outcomes(
        new_console(),
        outcomes,
        ("name", "type", "result", "notes"),
        lambda item, result, notes: (item.name, item.type, result, notes),
        json_=json_,
        planned=planned,
        nothing="nothing to do",
    )
