"""`airflow-compat pools`: who holds the slots of pools, and how to repair them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from ..errors import ServerError
from ..pools._evidence import Finding
from ._options import Flag, JsonFlag
from ._printing import clock, count, filled_table, new_console, print_json

if TYPE_CHECKING:
    from ..pools._server_doctor import Report
    from ..pools._state import PoolState

app: App = App(name="pools", help="See who holds the slots of pools, and repair them.")

_SHORTEST_SECONDS = 1.0
_STYLES = {"held": "dim", "ending": "dim", "memory-leases": "yellow", "slow-repossessor": "yellow"}


@app.command(name="list")
def list_pools(
    pools: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    /,
    *,
    json_: JsonFlag = False,
    watch: Flag = False,
    interval: float = 5.0,
) -> None:
    """List the pools with their slots, the holders, and the number of waiters.

    The holders are known from the server's events, which are up to five seconds late.

    Example: airflow-compat pools list warehouse --watch

    Args:
        pools: The pools to list, all by default.
        json_: Print JSON instead of a table; with --watch, one line each time.
        watch: Repeat until Ctrl-C.
        interval: The seconds between repetitions, at least 1.
    """
    from ..pools._overview import read_states
    from ..pools._server_states import read_server_facts

    console = new_console()
    server = read_server_facts()

    def show() -> RenderableType:
        states = read_states(pools or (), server)
        if json_:
            return Text(json.dumps([state.as_dict() for state in states], indent=None if watch else 2), overflow="fold")
        table = filled_table(("pool", "slots", "held", "waiting", "who", "since"), _pool_rows(states))
        return Group(table, f"\n{_pools_summary(states)}")

    if watch:
        _watch(console, show, max(interval, _SHORTEST_SECONDS), live=console.is_terminal and not json_)
    else:
        console.print(show(), soft_wrap=json_)


def _watch(console: Console, show: Callable[[], RenderableType], interval: float, *, live: bool) -> None:
    """Refresh the list until Ctrl-C; in a pipe, append each list."""
    try:
        # An error at the start ends the command.
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
    # The user may be watching a restart of the server.
    try:
        return show()
    except ServerError as exc:
        return Text(str(exc), style="red")


@app.command
def doctor(
    pools: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    /,
    *,
    json_: JsonFlag = False,
    release_: Annotated[bool, Parameter(name="--release", negative=())] = False,
) -> int:
    """Find problems of the pools, such as leaked slots and inactive limits.

    Without --release, the command changes nothing. Confirming a problem takes ten seconds. Run the command when you
    need it, not every minute: its check of a dead process's lease extends that lease by a minute.

    Example: airflow-compat pools doctor warehouse --release

    Args:
        pools: The pools to check, all by default.
        json_: Print JSON instead of a table.
        release_: Give back slots that are proven to be leaked.
    """
    from ..pools._server_doctor import examine, release

    console = new_console()
    with console.status("Looking at the pools") if console.is_terminal else nullcontext():
        report = examine(pools or ())
        released = {pool.limit.name: release(pool) for pool in report.pools if pool.leaked} if release_ else {}
    if json_:
        findings = [{**each.as_dict(), "released": _is_released(each, released)} for each in report.findings]
        print_json({"findings": findings, "released": released})
    else:
        _print(console, report, released)
    return 1 if any(_is_left(finding, released) for finding in report.findings) else 0


def _is_left(finding: Finding, released: dict[str, int]) -> bool:
    return finding.is_problem and not _is_released(finding, released)


def _is_released(finding: Finding, released: dict[str, int]) -> bool:
    return finding.kind == "leaked" and bool(released.get(finding.pool))


def _print(console: Console, report: Report, released: dict[str, int]) -> None:
    shown = [finding for finding in report.findings if finding.pool]
    if shown:
        columns = ("pool", "finding", "slots", "who", "since", "why")
        console.print(filled_table(columns, (_finding_row(finding, released) for finding in shown)))
        console.print()
    steps = dict.fromkeys(finding.next for finding in shown if finding.next and not _is_released(finding, released))
    for step in steps:
        console.print(f"Next: {step}", soft_wrap=True)
    for finding in report.server:
        console.print(f"Server: {finding.reason}. Fix: {finding.next}", soft_wrap=True)
    console.print(_verdict(report, released))


def _finding_row(finding: Finding, released: dict[str, int]) -> tuple[str, ...]:
    from ..pools._server_history import acquisition_url

    is_released = _is_released(finding, released)
    kind = "released" if is_released else finding.kind
    style = "green" if is_released else _STYLES.get(finding.kind, "red")
    why = "" if finding.kind == "held" else finding.reason
    why += f" by {clock(finding.until)}" if finding.until else ""
    holder = finding.holder
    who = f"{holder} {acquisition_url(holder)}".rstrip() if holder else ""
    return style, finding.pool, kind, str(finding.slots or ""), who, clock(holder.since) if holder else "", why


def _verdict(report: Report, released: dict[str, int]) -> str:
    left = sum(_is_left(finding, released) for finding in report.findings)
    summary = "1 problem" if left == 1 else f"{left} problems" if left else "nothing is wrong"
    given_back = sum(released.values())
    slots = "1 slot was" if given_back == 1 else f"{given_back} slots were"
    return f"{count(len(report.pools), 'pool')}: {summary}." + (f" {slots} given back." if given_back else "")


def _pool_rows(states: Iterable[PoolState]) -> Iterator[tuple[str, ...]]:
    for state in states:
        style = "" if state.held else "dim"
        first = (state.name, str(state.slots), str(state.held), str(state.waiting or ""))
        rows = [
            (f"{count(holder.slots, 'slot')}: {holder.name} {holder.url}".rstrip(), clock(holder.since))
            for holder in state.holders
        ]
        if not state.active:
            rows.insert(0, ("inactive, so it limits nothing", ""))
        if state.unnamed:
            rows.append((f"{count(state.unnamed, 'slot')}: not known (yet)", ""))
        for number, row in enumerate(rows or [("", "")]):
            yield style, *(first if number == 0 else ("",) * len(first)), *row


def _pools_summary(states: Iterable[PoolState]) -> str:
    states = tuple(states)
    held, waiting = sum(state.held for state in states), sum(state.waiting for state in states)
    now = clock(datetime.now(timezone.utc))
    return f"{count(len(states), 'pool')}, {count(held, 'slot')} held, {waiting} waiting, at {now}."
