"""Reports the flow runs that are shown as running although their process is gone. Sends no requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# The maximum number of runs that are listed.
_MOST = 20
_NEXT = (
    "airflow-compat runs lost --restart continues runs of DAGs; set the state of other runs to Crashed in Prefect's "
    "UI, and retry them"
)


@dataclass(frozen=True)
class RunWithoutProcess:
    """A flow run that is shown as running although its process is gone.

    Attributes:
        reason: The evidence that the process is gone.
    """

    name: str
    flow_name: str
    reason: str


def run_findings(lost: tuple[RunWithoutProcess, ...] | None) -> Iterator[tuple[Literal["ok", "problem"], str, str]]:
    """Yield result, finding and next step of each check; nothing if it is unknown whether such runs exist."""
    if lost == ():
        yield "ok", "no running flow run is known to have lost its process", ""
    for run in (lost or ())[:_MOST]:
        yield (
            "problem",
            f"flow run {run.name!r} of flow {run.flow_name!r} is shown as running, but {run.reason}",
            _NEXT,
        )
    if lost and len(lost) > _MOST:
        more = len(lost) - _MOST
        runs = "running flow run has lost its" if more == 1 else "running flow runs have lost their"
        yield "problem", f"{more} more {runs} process", _NEXT
