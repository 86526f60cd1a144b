"""What a report says about DAG files and deployments, one by one and grouped by cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["error", "warning", "note"]

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Problem:
    """One line of a report.

    Attributes:
        path: The file.
        message: The cause and the next step, in the same words wherever the cause is the same.
        line: The line in the file; 0 if there is none.
        name: The DAG or the deployment; empty for the whole file.
        level: `error` if something is left out, `warning` if something differs, or `note`.
        detail: What is special about this place; empty for nothing.
    """

    path: str
    message: str
    line: int = 0
    name: str = ""
    level: Level = "error"
    detail: str = ""

    @property
    def place(self) -> str:
        """The file and the line."""
        return f"{self.path}:{self.line}" if self.line else self.path

    def __str__(self) -> str:
        parts = (self.place, self.name, f"{self.message} ({self.detail})" if self.detail else self.message)
        return ": ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "path": self.path,
            "line": self.line,
            "name": self.name,
            "level": self.level,
            "message": self.message,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class ProblemGroup:
    """All places that have the same cause.

    Attributes:
        level: The level of the problems.
        message: Their message.
        problems: The problems, in the order in which they were found.
    """

    level: Level
    message: str
    problems: tuple[Problem, ...]

    def lines(self) -> tuple[str, ...]:
        """The report: the cause, and each place below it."""
        places = (": ".join(part for part in (each.place, each.name, each.detail) if part) for each in self.problems)
        return f"{self.level}: {self.message}", *(f"    {place}" for place in places)


def group_problems(problems: Iterable[Problem]) -> tuple[ProblemGroup, ...]:
    """Group problems by level and message: errors first, then warnings, then notes."""
    groups: dict[tuple[Level, str], list[Problem]] = {}
    for each in problems:
        groups.setdefault((each.level, each.message), []).append(each)
    found = [ProblemGroup(level, message, tuple(members)) for (level, message), members in groups.items()]
    return tuple(sorted(found, key=lambda group: _LEVELS.index(group.level)))
