"""`airflow-compat automations`: alerts on the server, from files: planned, written, listed, deleted, tried out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.progress import Progress

from .. import automations
from .._specs.automation_plan import DEFAULT_OWNER
from ..automations import AutomationItem, AutomationOutcome, AutomationSpec
from ..errors import AlertFileError, InvalidEventError
from .automation_tables import held_table, outcomes_summary, outcomes_table, trials_summary, trials_table
from .moments import moment_since
from .printing import count, new_console

if TYPE_CHECKING:
    from prefect.server.events.schemas.events import ReceivedEvent
    from rich.console import Console

app: App = App(name="automations", help="Keep alerts on the server, from Python or YAML.")

_SINCE = "7d"


@app.command
def plan(
    files: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    owner: str = DEFAULT_OWNER,
    prune_: Annotated[bool, Parameter(name="--prune", negative=())] = False,
    export: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Compare alerts with what the server holds. Nothing is written there.

    Example: airflow-compat automations plan alerts.py more-alerts.yaml --prune

    Args:
        files: Python modules with alerts in their variables, or YAML files as `prefect automation create` takes them.
        owner: Whose they are: a team or a repository, where several share a server.
        prune_: Also show what `prune` would delete.
        export: Write the automations to this YAML file, which `prefect automation create` takes too; - prints them.
        json_: Print JSON instead of a table.
    """
    if export and export != "-" and Path(export).suffix not in (".yaml", ".yml"):
        raise AlertFileError(f"--export {export}: its name ends in neither .yaml nor .yml; give it such a name")
    if export == "-" and json_:
        raise AlertFileError("--export - and --json both want the standard output; leave one of them out")
    items = automations.plan(_alerts(files, owner), owner=owner, prune=prune_)
    refused = any(item.action == "refused" for item in items)
    # What is exported to the standard output stands there alone.
    console = new_console(stderr=export == "-")
    _print(map(AutomationOutcome, items), console, json_=json_, planned=True)
    if export and refused:
        new_console(stderr=True).print(f"{export}: not exported, since what is refused can't be in it.", soft_wrap=True)
    elif export:
        _export(items, export, console, quiet=json_)
    return int(refused)


@app.command
def apply(
    files: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    owner: str = DEFAULT_OWNER,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Make the server hold these alerts. What is there already and doesn't differ is left alone.

    Nothing is written where one is refused. What a file no longer has stays on the server; see `prune`.

    Example: airflow-compat automations apply alerts.py

    Args:
        files: Python modules with alerts in their variables, or YAML files as `prefect automation create` takes them.
        owner: Whose they are.
        json_: Print JSON instead of a table.
    """
    from .._automations.administration import apply_items

    items = automations.plan(_alerts(files, owner), owner=owner)
    if any(item.action == "refused" for item in items):
        error = "not tried, since another is refused"
        outcomes = tuple(
            AutomationOutcome(item, "" if item.action in ("refused", "unchanged") else error) for item in items
        )
    else:
        outcomes = apply_items(items, owner=owner)
    _print(outcomes, new_console(), json_=json_)
    return int(not all(outcome.done for outcome in outcomes))


@app.command(name="list")
def list_automations(
    *,
    owner: str = DEFAULT_OWNER,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """List the owner's automations on the server: their keys and names, whether they are switched on, when they fire.

    Example: airflow-compat automations list --owner team-a

    Args:
        owner: Whose they are.
        json_: Print JSON instead of a table.
    """
    from .._prefect.automations import read_automations
    from .._specs.automation_descriptions import describe_trigger

    held = sorted(read_automations(owner), key=lambda each: (each.key, each.created))
    if json_:
        found = [
            {
                "key": each.key,
                "name": each.data["name"],
                "enabled": each.enabled,
                "fires_at": describe_trigger(each.data["trigger"]),
                "id": each.id,
            }
            for each in held
        ]
        print(json.dumps(found, indent=2))
        return 0
    console = new_console()
    if held:
        console.print(held_table(held))
    off = sum(not each.enabled for each in held)
    console.print(f"\n{count(len(held), 'automation')} of owner {owner!r}, {off} switched off.", soft_wrap=True)
    return 0


@app.command
def prune(
    files: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    owner: str = DEFAULT_OWNER,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Delete what the owner has on the server and these files don't. `plan --prune` shows it before.

    Give all of the owner's files. What others own, or what was made by hand, is never touched.

    Example: airflow-compat automations prune alerts.py

    Args:
        files: Python modules with alerts in their variables, or YAML files as `prefect automation create` takes them.
        owner: Whose they are.
        json_: Print JSON instead of a table.
    """
    items = automations.prune(_alerts(files, owner), owner=owner)
    _print(map(AutomationOutcome, items), new_console(), json_=json_)
    return 0


@app.command
def simulate(
    files: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    since: str | None = None,
    events: str | None = None,
    owner: str = DEFAULT_OWNER,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Tell which runs the alerts would have told of, and when, by what the server has recorded. Nothing is sent.

    The server keeps events for 7 days, unless it was told otherwise, and records them up to five seconds late.

    Example: airflow-compat automations simulate alerts.py --since 12h

    Args:
        files: Python modules with alerts in their variables, or YAML files as `prefect automation create` takes them.
        since: How far back: 7d, 12h, 30m, 2w, or an ISO date or time; 7d where it isn't given.
        events: Take the events from this file instead, a JSON list as Prefect's API gives them; no server is asked.
        owner: Whose they are.
        json_: Print JSON instead of a table.
    """
    from .._automations.event_files import read_event_file
    from .._automations.trials import try_alerts

    if since and events:
        raise InvalidEventError(
            "--since and --events stand beside each other; all of a file is looked at, leave one out"
        )
    now = datetime.now(timezone.utc)
    start = moment_since(since or _SINCE, now)
    alerts = _alerts(files, owner)
    history = read_event_file(events) if events else _recorded(alerts, start, now)
    trials = try_alerts(alerts, history, until=now)
    if json_:
        print(json.dumps({"events": len(history), "alerts": [trial.as_dict() for trial in trials]}, indent=2))
    else:
        console = new_console()
        console.print(trials_table(trials))
        console.print(trials_summary(trials, len(history)))
    return int(any(trial.refusal for trial in trials))


def _alerts(files: list[str], owner: str) -> tuple[AutomationSpec, ...]:
    from .._automations.files import read_alerts

    return read_alerts(files, owner=owner)


def _recorded(alerts: tuple[AutomationSpec, ...], since: datetime, until: datetime) -> list[ReceivedEvent]:
    """The server's events, with a progress bar on standard error where that is a terminal."""
    from .._automations.trials import recorded_events

    # A bar that is switched off still ends with an empty line in older releases of rich.
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
    from .._automations.yaml_files import to_yaml

    text = to_yaml(items)
    if path == "-":
        print(text, end="")
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise AlertFileError(f"--export {path}: can't be written ({exc.strerror}); give another path") from None
    if not quiet:
        console.print(f"Exported to {path}.", soft_wrap=True)


def _print(outcomes: Iterable[AutomationOutcome], console: Console, *, json_: bool, planned: bool = False) -> None:
    outcomes = tuple(outcomes)
    if json_:
        print(json.dumps([_as_dict(outcome, planned=planned) for outcome in outcomes], indent=2))
        return
    if outcomes:
        console.print(outcomes_table(outcomes, planned=planned))
    console.print(outcomes_summary(outcomes, planned=planned))


def _as_dict(outcome: AutomationOutcome, *, planned: bool) -> dict[str, object]:
    result = {} if planned else {"done": outcome.done, "error": outcome.error}
    return {**outcome.item.as_dict(), **result}
