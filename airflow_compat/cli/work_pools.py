"""`airflow-compat work-pools`: work pools for what DAGs say: recommended, planned, written; values for Helm."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from textwrap import indent
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from rich.text import Text

from .. import work_pools
from ..errors import InvalidWorkPoolError
from ..work_pools import WorkPoolOutcome, WorkPoolSpec
from .printing import new_console, new_table

if TYPE_CHECKING:
    from rich.table import Table

app: App = App(name="work-pools", help="Make work pools of executors, pods, containers.")

_RESULTS = {
    "create": ("would create", "created", "green"),
    "update": ("would update", "updated", "green"),
    "unchanged": ("unchanged", "unchanged", "dim"),
    "differs": ("differs", "differs", "yellow"),
    "refused": ("refused", "refused", "red"),
}


@app.command
def recommend(
    files: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Tell which work pool each entry of the files asks for, why, and what has no place in it. No server is asked.

    Example: airflow-compat work-pools recommend pools.yaml

    Args:
        files: YAML or JSON of what `work_pools.recommend` is given, or Python modules with what it returns.
        json_: Print JSON instead of text.
    """
    specs = _specs(files)
    if json_:
        print(json.dumps([spec.as_dict() for spec in specs], indent=2))
        return 0
    console = new_console()
    for spec in specs:
        console.print(Text(f"{spec.name}: a {spec.type} pool", style="bold"))
        for reason in spec.reasons:
            console.print(f"  because {reason}", soft_wrap=True)
        for note in spec.notes:
            console.print(Text(f"  note {note}", style="yellow"), soft_wrap=True)
        console.print("  in prefect.yaml, its deployments have")
        console.print(Text(indent(_yaml({"work_pool": spec.work_pool()}), "    ")), soft_wrap=True)
    return 0


@app.command
def plan(
    files: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    replace: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Compare work pools with what the server holds. Nothing is written there.

    Example: airflow-compat work-pools plan pools.yaml

    Args:
        files: YAML or JSON of what `work_pools.recommend` is given, or Python modules with what it returns.
        replace: Show what `apply --replace` would change.
        json_: Print JSON instead of a table.
    """
    items = work_pools.plan(_specs(files), replace=replace)
    _print(map(WorkPoolOutcome, items), json_=json_, planned=True)
    return int(any(item.action in ("differs", "refused") for item in items))


@app.command
def apply(
    files: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    replace: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Make the server hold these work pools. What is there already is left as it is, also where it differs.

    Nothing is written where one is refused. No pool is deleted.

    Example: airflow-compat work-pools apply pools.yaml

    Args:
        files: YAML or JSON of what `work_pools.recommend` is given, or Python modules with what it returns.
        replace: Change what differs.
        json_: Print JSON instead of a table.
    """
    from .._work_pools.administration import apply_items

    items = work_pools.plan(_specs(files), replace=replace)
    if any(item.action == "refused" for item in items):
        error = "not tried, since another is refused"
        tried = ("create", "update")
        outcomes = tuple(WorkPoolOutcome(item, error if item.action in tried else "") for item in items)
    else:
        outcomes = apply_items(items)
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
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Print the values with which Prefect's Helm chart `prefect-worker` starts a worker of a kubernetes pool.

    Example: airflow-compat work-pools helm-values pools.yaml --api-url http://prefect-server.prefect:4200/api

    Args:
        file: YAML, JSON or a Python module with the pool.
        pool: The pool's name, where the file has several.
        api_url: The server's API as the cluster sees it.
        account_id: For Prefect Cloud: the account.
        workspace_id: For Prefect Cloud: the workspace.
        limit: How many flow runs one worker starts at once.
        json_: Print JSON instead of YAML.
    """
    values = work_pools.helm_values(
        _chosen(_specs([file]), pool, file),
        api_url=api_url,
        account_id=account_id,
        workspace_id=workspace_id,
        limit=limit,
    )
    print(json.dumps(values, indent=2) if json_ else _yaml(values).rstrip("\n"))
    return 0


def _specs(files: list[str]) -> tuple[WorkPoolSpec, ...]:
    from .._work_pools.files import read_work_pools_files

    return read_work_pools_files(files)


def _chosen(specs: tuple[WorkPoolSpec, ...], name: str, file: str) -> WorkPoolSpec:
    names = list(dict.fromkeys(spec.name for spec in specs))
    if not name and len(names) > 1:
        raise InvalidWorkPoolError(f"{file}: it has the pools {', '.join(names)}; choose one with --pool")
    found = [spec for spec in specs if not name or spec.name == name]
    if not found:
        raise InvalidWorkPoolError(f"{file}: it has no pool {name!r}; choose one of {', '.join(names)} with --pool")
    return found[0]


def _yaml(data: Mapping[str, Any]) -> str:
    import yaml

    # What stands in several places is one object in them; a reader wants to see each.
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    return str(yaml.dump(dict(data), Dumper=dumper, sort_keys=False, allow_unicode=True, width=float("inf")))


def _print(outcomes: Iterable[WorkPoolOutcome], *, json_: bool, planned: bool = False) -> None:
    outcomes = tuple(outcomes)
    if json_:
        print(json.dumps([_as_dict(outcome, planned=planned) for outcome in outcomes], indent=2))
        return
    console = new_console()
    console.print(_table(outcomes, planned=planned))
    counted = Counter(_result(outcome, planned=planned)[0] for outcome in outcomes)
    said = ", ".join(f"{number} {word}" for word, number in counted.items())
    console.print(f"\n{said}." + (" Nothing was written." if planned else ""))


def _table(outcomes: Iterable[WorkPoolOutcome], *, planned: bool) -> Table:
    table = new_table("name", "type", "result", "notes")
    for outcome in outcomes:
        result, style = _result(outcome, planned=planned)
        notes = outcome.error or "; ".join(outcome.item.notes)
        cells = (outcome.item.name, outcome.item.type, result, notes)
        table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    return table


def _result(outcome: WorkPoolOutcome, *, planned: bool) -> tuple[str, str]:
    if outcome.error:
        return "failed", "red"
    would, was, style = _RESULTS[outcome.item.action]
    return would if planned else was, style


def _as_dict(outcome: WorkPoolOutcome, *, planned: bool) -> dict[str, object]:
    result = {} if planned else {"done": outcome.done, "error": outcome.error}
    return {**outcome.item.as_dict(), **result}
