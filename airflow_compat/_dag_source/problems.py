"""Report problems of DAG files and deployments, singly or grouped by cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["error", "warning", "note"]

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Problem:
    """A problem: one line of a report.

    Attributes:
        path: The file.
        message: The text with the cause and the next step; problems with the same cause have the same text.
        line: The line in the file; 0 if there is none.
        name: The DAG or deployment; empty if the problem concerns the whole file.
        level: `error` if the result leaves out a part of the DAG, `warning` if a part behaves differently than in
            Airflow, `note` for information.
        detail: Details; empty if there are none.
    """

    path: str
    message: str
    line: int = 0
    name: str = ""
    level: Level = "error"
    detail: str = ""

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    def __str__(self) -> str:
        parts = (self.place, self.name, f"{self.message} ({self.detail})" if self.detail else self.message)
        return ": ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, object]:
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
    """The problems of several places that have the same cause."""

    level: Level
    message: str
    problems: tuple[Problem, ...]

    def lines(self) -> tuple[str, ...]:
        """Return the text of the cause and, below it, a line for each place."""
        places = (": ".join(part for part in (each.place, each.name, each.detail) if part) for each in self.problems)
        return f"{self.level}: {self.message}", *(f"    {place}" for place in places)


def group_problems(problems: Iterable[Problem]) -> tuple[ProblemGroup, ...]:
    """Group problems by level and message: errors first, then warnings, then notes."""
    groups: dict[tuple[Level, str], list[Problem]] = {}
    for each in problems:
        groups.setdefault((each.level, each.message), []).append(each)
    found = [ProblemGroup(level, message, tuple(members)) for (level, message), members in groups.items()]
    return tuple(sorted(found, key=lambda group: _LEVELS.index(group.level)))
