"""`airflow-compat pools`: who holds the slots of the pools, what is wrong with them, and its repair."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from .._specs.pool_evidence import Finding
from ..errors import ServerError
from .printing import clock, count, new_console, new_table

if TYPE_CHECKING:
    from rich.table import Table

    from .._prefect.pool_doctor import Report
    from .._specs.pool_history import Acquisition
    from .._specs.pool_state import PoolState

app: App = App(name="pools", help="See who holds the slots of pools, and repair them.")

_SHORTEST_SECONDS = 1.0
_STYLES = {"held": "dim", "ending": "dim", "memory-leases": "yellow", "slow-repossessor": "yellow"}


@app.command(name="list")
def list_pools(
    pools: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    /,
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    watch: Annotated[bool, Parameter(negative=())] = False,
    interval: float = 5.0,
) -> int:
    """List the pools: their slots, how many are held and waited for, and who holds them since when.

    Who holds them is known from the server's events, which are up to five seconds late.

    Example: airflow-compat pools list warehouse --watch

    Args:
        pools: The pools to list; all when there are none.
        json_: Print JSON instead of a table; with --watch one line each time.
        watch: Show it again and again, until Ctrl-C.
        interval: The seconds between two times, 1 at least.
    """
    from .._pools.overview import read_states
    from .._prefect.pool_states import read_server_facts

    console = new_console()
    server = read_server_facts()

    def show() -> RenderableType:
        states = read_states(pools or (), server)
        if json_:
            return Text(json.dumps([state.as_dict() for state in states], indent=None if watch else 2), overflow="fold")
        return Group(_pools_table(states), f"\n{_pools_summary(states)}")

    if watch:
        _watch(console, show, max(interval, _SHORTEST_SECONDS), live=console.is_terminal and not json_)
    else:
        console.print(show(), soft_wrap=json_)
    return 0


def _watch(console: Console, show: Callable[[], RenderableType], interval: float, *, live: bool) -> None:
    """Show something again and again, in place in a terminal, else below each other."""
    try:
        # An error that there is from the start ends the command.
        if not live:
            while True:
                console.print(show(), soft_wrap=True)
                time.sleep(interval)
        with Live(show(), console=console, auto_refresh=False, vertical_overflow="visible") as screen:
            while True:
                time.sleep(interval)
                screen.update(_or_error(show), refresh=True)
    except KeyboardInterrupt:
        return


def _or_error(show: Callable[[], RenderableType]) -> RenderableType:
    # A server that is restarted is just what somebody may be watching.
    try:
        return show()
    except ServerError as exc:
        return Text(str(exc), style="red")


@app.command
def doctor(
    pools: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    /,
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    release_: Annotated[bool, Parameter(name="--release", negative=())] = False,
) -> int:
    """Find out what is wrong with the pools: slots that nobody will give back, limits that limit nothing.

    Nothing is changed without --release. Where something looks wrong, it takes ten seconds to be sure. Run it when you
    need it, not every minute: to ask for the lease of a process that is gone makes it last for another minute.

    Exit codes: 0 nothing is wrong, or all of it was repaired; 1 something is; 2 wrong use.

    Example: airflow-compat pools doctor warehouse --release

    Args:
        pools: The pools to look at; all when there are none.
        json_: Print JSON instead of a table.
        release_: Give back the slots that are proved to be leaked.
    """
    from .._prefect.pool_doctor import examine, release

    console = new_console()
    with console.status("Looking at the pools") if console.is_terminal else nullcontext():
        report = examine(pools or ())
        released = {pool.limit.name: release(pool) for pool in report.pools if pool.leaked} if release_ else {}
    if json_:
        print(json.dumps(_as_dict(report, released), indent=2))
    else:
        _print(console, report, released)
    return 1 if any(_is_left(finding, released) for finding in report.findings) else 0


def _is_left(finding: Finding, released: dict[str, int]) -> bool:
    return finding.is_problem and not _is_released(finding, released)


def _is_released(finding: Finding, released: dict[str, int]) -> bool:
    return finding.kind == "leaked" and bool(released.get(finding.pool))


def _as_dict(report: Report, released: dict[str, int]) -> dict[str, object]:
    findings = [{**finding.as_dict(), "released": _is_released(finding, released)} for finding in report.findings]
    return {"findings": findings, "released": released}


def _print(console: Console, report: Report, released: dict[str, int]) -> None:
    shown = [finding for finding in report.findings if finding.pool]
    if shown:
        console.print(_findings_table(shown, released))
        console.print()
    steps = dict.fromkeys(finding.next for finding in shown if finding.next and not _is_released(finding, released))
    for step in steps:
        console.print(f"Next: {step}", soft_wrap=True)
    for finding in report.server:
        console.print(f"Server: {finding.reason}. To mend it: {finding.next}", soft_wrap=True)
    console.print(_verdict(report, released))


def _findings_table(findings: Iterable[Finding], released: dict[str, int]) -> Table:
    table = new_table("pool", "finding", "slots", "who", "since", "why")
    for finding in findings:
        is_released = _is_released(finding, released)
        kind = "released" if is_released else finding.kind
        style = "green" if is_released else _STYLES.get(finding.kind, "red")
        why = "" if finding.kind == "held" else finding.reason
        if finding.until:
            why += f" by {clock(finding.until)}"
        who = str(finding.holder or "")
        url = _url(finding.holder) if finding.holder else ""
        since = clock(finding.holder.since) if finding.holder else ""
        cells = (finding.pool, kind, str(finding.slots or ""), f"{who} {url}".rstrip(), since, why)
        table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    return table


def _verdict(report: Report, released: dict[str, int]) -> str:
    left = sum(_is_left(finding, released) for finding in report.findings)
    said = "1 problem" if left == 1 else f"{left} problems" if left else "nothing is wrong"
    given_back = sum(released.values())
    slots = "1 slot was" if given_back == 1 else f"{given_back} slots were"
    return f"{count(len(report.pools), 'pool')}: {said}." + (f" {slots} given back." if given_back else "")


def _pools_table(states: Iterable[PoolState]) -> Table:
    table = new_table("pool", "slots", "held", "waiting", "who", "since")
    for state in states:
        style = "" if state.held else "dim"
        first = (state.name, str(state.slots), str(state.held), str(state.waiting or ""))
        rows = [
            (f"{count(holder.slots, 'slot')}: {holder.name} {holder.url}".rstrip(), clock(holder.since))
            for holder in state.holders
        ]
        if not state.active:
            rows.insert(0, ("inactive: it limits nothing", ""))
        if state.unnamed:
            rows.append((f"{count(state.unnamed, 'slot')}: not known (yet)", ""))
        for number, row in enumerate(rows or [("", "")]):
            cells = (*(first if number == 0 else ("",) * len(first)), *row)
            table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    return table


def _pools_summary(states: Iterable[PoolState]) -> str:
    states = tuple(states)
    held, waiting = sum(state.held for state in states), sum(state.waiting for state in states)
    now = clock(datetime.now(timezone.utc))
    return f"{count(len(states), 'pool')}, {count(held, 'slot')} held, {waiting} waiting, at {now}."


def _url(holder: Acquisition) -> str:
    from .._pools.overview import acquisition_url

    return acquisition_url(holder)
