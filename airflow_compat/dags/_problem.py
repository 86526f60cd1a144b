"""A problem that would occur in a run of a DAG."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Level: TypeAlias = Literal["error", "warning", "note"]
"""How serious a problem is."""
Kind: TypeAlias = Literal[
    "import",
    "schedule",
    "missing operator",
    "missing name",
    "host",
    "unsupported argument",
    "template",
    "alert",
    "pool",
    "tag limit",
    "connection",
    "variable",
    "threads",
    "result storage",
    "server",
]


@dataclass(frozen=True)
class Problem:
    """A problem that would occur in a run of a DAG, found without running the DAG. `str(problem)` is one line.

    Attributes:
        file: The file; empty for problems that concern all files.
        line: The line; 0 if it is unknown.
        kind: The kind of problem.
        message: The cause.
        next: What the user should do next; empty if there is nothing to do.
        reason: Why an Airflow name has no stand-in, as on the documentation's page of names: `provider`, `database`;
            else empty.
        level: `error` if a run or task fails, `warning` if it can fail or differ from Airflow, `note` for information.
    """

    file: str
    line: int
    kind: Kind
    message: str
    next: str = ""
    level: Level = "error"
    reason: str = ""

    @property
    def place(self) -> str:
        """The file and line: `dags/etl.py:12`."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        start = f"{self.place}: {self.kind}" if self.file else self.kind
        text = f"{start}: {self.message}"
        return f"{text}. {self.next}" if self.next else text

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as JSON data."""
        return asdict(self)
