"""`airflow-compat doctor`: what is wrong with the installation and the server, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from .._specs.health import Check, ServerHealth, check_all
from .printing import count, new_console, new_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SETTINGS_REFUSED = (
    "Prefect refuses its settings; look at the environment variables that begin with PREFECT_, and at Prefect's "
    "profiles.toml"
)
_STYLES = {"ok": "green", "note": "yellow", "unknown": "yellow", "problem": "red"}


def doctor(*, json_: Annotated[bool, Parameter(name="--json", negative=())] = False) -> int:
    """Check the installation and the server.

    It says how to mend what it finds. Nothing is changed, and no server is started. One that doesn't answer is a
    problem, and the rest is checked all the same. For the pools there is `airflow-compat pools doctor`.

    Exit codes: 0 no problem, though there may be notes; 1 a problem; 2 wrong use.

    Example: airflow-compat doctor

    Args:
        json_: Print JSON instead of a table.
    """
    from .._prefect.installation import read_installation

    checks = check_all(read_installation(), _server())
    if json_:
        print(json.dumps({"checks": [check.as_dict() for check in checks]}, indent=2))
    else:
        _print(new_console(), checks)
    return int(any(check.result == "problem" for check in checks))


def _server() -> ServerHealth:
    try:
        from .._prefect.server_health import read_server_health
    except ImportError as exc:
        # What is installed says why.
        return ServerHealth("unasked", error=f"Prefect can't be imported here ({exc}); mend the packages first")
    except ValueError:
        # Prefect reads its settings as it is imported, and its message quotes them.
        return ServerHealth("unasked", error=SETTINGS_REFUSED)
    return read_server_health()


def _print(console: Console, checks: Sequence[Check]) -> None:
    console.print(_table(checks))
    steps = dict.fromkeys(f"{check.subject}: {check.next}" for check in checks if check.next)
    if steps:
        console.print("\nWhat to do:")
    for step in steps:
        console.print(f"- {step}", soft_wrap=True)
    problems, notes = (sum(check.result == result for check in checks) for result in ("problem", "note"))
    console.print(f"\n{count(len(checks), 'check')}: {count(problems, 'problem')}, {count(notes, 'note')}.")


def _table(checks: Sequence[Check]) -> Table:
    table = new_table("check", "result", "found")
    for check in checks:
        style = _STYLES[check.result]
        table.add_row(check.subject, Text(check.result, style=style), Text(check.found, overflow="fold"))
    return table
