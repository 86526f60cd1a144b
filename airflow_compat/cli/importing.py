"""`airflow-compat import`: copy connections, variables and pools of Airflow to the active Prefect server."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import Progress

from .. import importing
from ..importing import Item, Outcome
from ._options import Files, Flag, JsonFlag
from ._printing import new_console, print_outcomes


def import_sources(
    sources: Files,
    /,
    *,
    dry_run: Flag = False,
    only: Annotated[list[str] | None, Parameter(negative=())] = None,
    replace: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Import connections, variables and pools from Airflow.

    Existing objects stay unless --replace is given, so you can repeat the command. The command prints no secrets.

    Example: airflow-compat import connections.json variables.json pools.json --dry-run

    Args:
        sources: In any order: export files of `airflow connections|variables|pools export`, an `airflow_settings.yaml`,
            `env:` for the environment, `env:FILE` for an environment file, a metadata database's URL, or a secrets
            backend.
        dry_run: Print what would happen, and write nothing.
        only: Import only ids that match this shell pattern, such as 'warehouse_*'; may be repeated.
        replace: Replace objects that differ.
        json_: Print JSON instead of a table.
    """
    items = importing.plan(importing.read(*sources), only=only or (), replace=replace)
    outcomes = tuple(Outcome(item) for item in items) if dry_run else _apply(items)
    print_outcomes(
        new_console(),
        outcomes,
        ("kind", "id", "result", "kept as", "notes"),
        lambda item, result, notes: (item.kind, item.id, result, item.home, notes),
        json_=json_,
        planned=dry_run,
        nothing="nothing to import",
    )
    return 1 if any(outcome.error or outcome.item.action in ("differs", "refused") for outcome in outcomes) else 0


def _apply(items: tuple[Item, ...]) -> tuple[Outcome, ...]:
    """Apply the plan, with a progress bar if standard error is a terminal."""
    bar = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task("Importing", total=len(items))
        return importing.apply(items, progress=lambda _: bar.advance(task))
