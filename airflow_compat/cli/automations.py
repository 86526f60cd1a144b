"""`airflow-compat automations`: plan, apply, list, prune and simulate alerts from files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.progress import Progress

from .. import automations
from ..automations import AutomationItem, AutomationOutcome, AutomationSpec
from ..automations._descriptions import describe_trigger
from ..automations._files import read_alerts
from ..automations._plan import DEFAULT_OWNER
from ..errors import AlertFileError, InvalidEventError
from ._automation_tables import held_rows, trials_summary, trials_table
from ._dates import moment_since
from ._options import Files, JsonFlag
from ._printing import count, new_console, not_tried, print_json, print_outcomes, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from .._prefect.internals.server_models import ReceivedEvent

app: App = App(name="automations", help="Keep alerts on the server, from Python or YAML.")


@app.command
def plan(
    files: Files,
    /,
    *,
    owner: str = DEFAULT_OWNER,
    prune_: Annotated[bool, Parameter(name="--prune", negative=())] = False,
    export: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    json_: JsonFlag = False,
) -> int:
    """Compare alerts with the server, and write nothing there.

    Example: airflow-compat automations plan alerts.py more-alerts.yaml --prune

    Args:
        files: Python modules with alerts in variables, or YAML files for `prefect automation create`.
        owner: The alerts' owner: a team or repository, if several share a server.
        prune_: Also show what `prune` would delete.
        export: Write the automations to this YAML file, for `prefect automation create`; - prints them.
        json_: Print JSON instead of a table.
    """
    if export and export != "-" and Path(export).suffix not in (".yaml", ".yml"):
        raise AlertFileError(f"--export {export}: the file's name must end in .yaml or .yml; use such a name")
    if export == "-" and json_:
        raise AlertFileError("--export - and --json both print to standard output; use one of the two")
    items = automations.plan(read_alerts(files, owner=owner), owner=owner, prune=prune_)
    refused = any(item.action == "refused" for item in items)
    # Print only the export to standard output.
    console = new_console(stderr=export == "-")
    _print(map(AutomationOutcome, items), console, json_=json_, planned=True)
    if export and refused:
        new_console(stderr=True).print(
            f"{export}: the file was not written, because an alert is refused.", soft_wrap=True
        )
    elif export:
        _export(items, export, console, quiet=json_)
    return int(refused)


@app.command
def apply(
    files: Files,
    /,
    *,
    owner: str = DEFAULT_OWNER,
    json_: JsonFlag = False,
) -> int:
    """Create and update these alerts on the server.

    If an alert is refused, nothing is written. Alerts that were removed from a file stay on the server; see `prune`.

    Example: airflow-compat automations apply alerts.py

    Args:
        files: Python modules with alerts in variables, or YAML files for `prefect automation create`.
        owner: The alerts' owner.
        json_: Print JSON instead of a table.
    """
    from ..automations._apply import apply_items

    items = automations.plan(read_alerts(files, owner=owner), owner=owner)
    outcomes = not_tried(items, AutomationOutcome) or apply_items(items, owner=owner)
    _print(outcomes, new_console(), json_=json_)
    return int(not all(outcome.done for outcome in outcomes))


@app.command(name="list")
def list_automations(
    *,
    owner: str = DEFAULT_OWNER,
    json_: JsonFlag = False,
) -> None:
    """List the automations that `apply` wrote for an owner.

    Example: airflow-compat automations list --owner team-a

    Args:
        owner: The alerts' owner.
        json_: Print JSON instead of a table.
    """
    from ..automations._server import read_automations

    held = sorted(read_automations(owner), key=lambda each: (each.key, each.created))
    if json_:
        print_json(
            [
                {
                    "key": each.key,
                    "name": each.data["name"],
                    "enabled": each.enabled,
                    "fires_at": describe_trigger(each.data["trigger"]),
                    "id": each.id,
                }
                for each in held
            ]
        )
        return
    off = sum(not each.enabled for each in held)
    summary = f"{count(len(held), 'automation')} of owner {owner!r}, {off} switched off."
    print_table(new_console(), ("key", "name", "enabled", "fires at"), held_rows(held), summary)


@app.command
def prune(
    files: Files,
    /,
    *,
    owner: str = DEFAULT_OWNER,
    json_: JsonFlag = False,
) -> None:
    """Delete the owner's automations that are in none of these files.

    Pass all files of the owner: alerts that are in none of them are deleted. Automations of other owners, and those
        made by hand, stay. `plan --prune` lists the automations that would be deleted.

    Example: airflow-compat automations prune alerts.py

    Args:
        files: Python modules with alerts in variables, or YAML files for `prefect automation create`.
        owner: The alerts' owner.
        json_: Print JSON instead of a table.
    """
    items = automations.prune(read_alerts(files, owner=owner), owner=owner)
    _print(map(AutomationOutcome, items), new_console(), json_=json_)


@app.command
def simulate(
    files: Files,
    /,
    *,
    since: str | None = None,
    events: str | None = None,
    owner: str = DEFAULT_OWNER,
    json_: JsonFlag = False,
) -> int:
    """Show for which recorded runs the alerts would have fired, and when.

    Nothing is sent. By default, the server keeps events for 7 days. Events are recorded up to five seconds late.

    Example: airflow-compat automations simulate alerts.py --since 12h

    Args:
        files: Python modules with alerts in variables, or YAML files for `prefect automation create`.
        since: How far to look back: 7d (the default), 12h, 30m, 2w, or an ISO date or time.
        events: Read the events from this file, a JSON list in the format of Prefect's API, without a server.
        owner: The alerts' owner.
        json_: Print JSON instead of a table.
    """
    from ..automations._event_history import read_event_file
    from ..automations._simulation import try_alerts

    if since and events:
        raise InvalidEventError(
            "--since and --events can't be combined; --events reads the whole file, so leave --since out"
        )
    now = datetime.now(timezone.utc)
    start = moment_since(since or "7d", now)
    alerts = read_alerts(files, owner=owner)
    history = read_event_file(events) if events else _recorded(alerts, start, now)
    trials = try_alerts(alerts, history, until=now)
    if json_:
        print_json({"events": len(history), "alerts": [trial.as_dict() for trial in trials]})
    else:
        console = new_console()
        console.print(trials_table(trials))
        console.print(trials_summary(trials, len(history)))
    return int(any(trial.refusal for trial in trials))


def _recorded(alerts: tuple[AutomationSpec, ...], since: datetime, until: datetime) -> list[ReceivedEvent]:
    """Read the server's events, with a progress bar if standard error is a terminal."""
    from ..automations._event_history import recorded_events

    # In older releases of rich, a disabled bar prints an empty line.
    if not sys.stderr.isatty():
        return recorded_events(alerts, since=since, until=until)
    with Progress(console=new_console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading events", total=None)
        return recorded_events(
            alerts,
            since=since,
            until=until,
            progress=lambda more, total: bar.update(task, advance=more, total=total),
        )


def _export(items: tuple[AutomationItem, ...], path: str, console: Console, *, quiet: bool) -> None:
    from ..automations._yaml import to_yaml

    text = to_yaml(items)
    if path == "-":
        print(text, end="")
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise AlertFileError(
            f"--export {path}: the file can't be written ({exc.strerror}); pass another path"
        ) from None
    if not quiet:
        console.print(f"Exported to {path}.", soft_wrap=True)


def _print(outcomes: Iterable[AutomationOutcome], console: Console, *, json_: bool, planned: bool = False) -> None:
    print_outcomes(
        console,
        outcomes,
        ("key", "result", "name", "notes"),
        lambda item, result, notes: (item.key, result, item.name, notes),
        json_=json_,
        planned=planned,
        nothing="nothing to do",
    )
