"""`airflow-compat doctor`: problems of the installation, the server and a flow, and how to fix them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from ..doctor._checks import Check, ServerHealth, check_all
from ._options import JsonFlag
from ._printing import count, new_console, new_table, print_json

SETTINGS_REFUSED = (
    "Prefect refuses its settings; check the environment variables that start with PREFECT_, and Prefect's "
    "profiles.toml"
)
_STYLES = {"ok": "green", "note": "yellow", "unknown": "yellow", "problem": "red"}


def doctor(
    flow: Annotated[str, Parameter(show_default=False)] = "",
    /,
    *,
    json_: JsonFlag = False,
) -> int:
    """Check the installation and the server, or a flow.

    Prints how to fix each problem. Changes nothing, and starts no server. If an Airflow host is configured, it is
    started, and its release and providers are shown. With a flow, the command imports the flow's file, and
    checks that the server has each pool, tag limit, connection, variable, block and alert target that the code names.
    To check the pools themselves, use `airflow-compat pools doctor`.

    Example: airflow-compat doctor flows.py:etl

    Args:
        flow: The flow's entrypoint, such as flows.py:etl.
        json_: Print JSON instead of a table.
    """
    if flow:
        from ..doctor import check_flow

        checks = check_flow(flow)
    else:
        from ..doctor._host import host_checks
        from ..doctor._installation import read_installation

        checks = (*check_all(read_installation(), _server()), *host_checks())
    if json_:
        print_json({"checks": [check.as_dict() for check in checks]})
    else:
        _print(checks)
    return int(any(check.result == "problem" for check in checks))


def _server() -> ServerHealth:
    try:
        from ..doctor._server import read_server_health
    except ImportError as exc:
        # The checks of the packages show the reason.
        return ServerHealth("unasked", error=f"Prefect can't be imported ({exc}); fix the packages first")
    except ValueError:
        # Prefect reads its settings on import. The message of Prefect's error quotes the settings, so the message is
        # not shown.
        return ServerHealth("unasked", error=SETTINGS_REFUSED)
    return read_server_health()


def _print(checks: Sequence[Check]) -> None:
    console = new_console()
    table = new_table("check", "result", "found")
    for check in checks:
        result = Text(check.result, style=_STYLES[check.result])
        table.add_row(check.subject, result, Text(check.found, overflow="fold"))
    console.print(table)
    steps = dict.fromkeys(f"{check.subject}: {check.next}" for check in checks if check.next)
    if steps:
        console.print("\nWhat to do:")
    for step in steps:
        console.print(f"- {step}", soft_wrap=True)
    found = Counter(check.result for check in checks)
    problems, notes = count(found["problem"], "problem"), count(found["note"], "note")
    console.print(f"\n{count(len(checks), 'check')}: {problems}, {notes}, {found['unknown']} unknown.")
