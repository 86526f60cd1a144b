"""Hold values that are not plain data: unknown values, Airflow objects and past moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

LONGEST_TEXT = 1_000_000
"""The maximum length of a text that is read from a DAG file."""


@dataclass(frozen=True)
class RuntimeValue:
    """A value that is known only when the file runs.

    Attributes:
        why: The reason, as the end of a sentence: "reads an Airflow Variable". The reason never quotes a value.
        line: The line of the cause.
        path: The file that contains the line; empty for the DAG file itself.
        options: The possible values of a conditional expression; empty if unknown.
    """

    why: str
    line: int = 0
    path: str = ""
    options: tuple[Any, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.why} ({self.path}:{self.line})" if self.path else self.why


@dataclass(frozen=True)
class AirflowCall:
    """A call that creates an Airflow object, such as a timetable, an asset or a `Param`.

    Attributes:
        name: The last part of the imported name: `CronTriggerTimetable`.
    """

    name: str
    arguments: tuple[Any, ...] = field(default=(), repr=False)
    keywords: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def __repr__(self) -> str:
        # Messages must not show values.
        return f"{self.name}(...)"

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        return self.arguments[position] if position < len(self.arguments) else self.keywords.get(name, default)


@dataclass(frozen=True)
class PastMoment:
    """A moment that is always the same number of days before the file is read: `days_ago(2)`.

    Attributes:
        timezone: The name of the day's time zone; empty for Airflow's default time zone.
        is_day: True if the moment is the start of the day; False if it has the time of day at which the file is read.
    """

    days: int
    timezone: str = "UTC"
    is_day: bool = True

    def __repr__(self) -> str:
        return f"days_ago({self.days})" if self.is_day else f"now() - timedelta(days={self.days})"


def computed_parts(value: Any) -> Iterator[RuntimeValue]:
    """Yield the unknown parts of a value, at any depth."""
    todo = [value]
    while todo:
        match todo.pop():
            case RuntimeValue() as found:
                yield found
            case AirflowCall(arguments=arguments, keywords=keywords):
                todo += [*reversed(list(keywords.values())), *reversed(arguments)]
            case dict() as found:
                todo += [part for pair in reversed(list(found.items())) for part in reversed(pair)]
            case list() | tuple() | set() | frozenset() as found:
                todo += reversed(list(found))
