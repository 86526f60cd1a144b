"""What an expression of a DAG file comes to without running it: plain data, and three marks for what isn't data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Computed:
    """Something that only running the file would tell.

    Attributes:
        why: What stands in the way, as the end of a sentence: "reads an Airflow Variable". Never a value.
        line: Where.
        path: The file of that line; empty for the DAG file itself.
        options: The values between which a condition decides; empty where they are not known.
    """

    why: str
    line: int = 0
    path: str = ""
    options: tuple[Any, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.why} ({self.path}:{self.line})" if self.path else self.why


@dataclass(frozen=True)
class Called:
    """A call of something of Airflow's that isn't a plain value, such as a timetable, an asset or a `Param`.

    Attributes:
        name: The last part of the name that it was imported under: `CronTriggerTimetable`.
        arguments: What was given by position.
        keywords: What was given by name.
    """

    name: str
    arguments: tuple[Any, ...] = field(default=(), repr=False)
    keywords: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def __repr__(self) -> str:
        # As a message shows it, which never has a value in it.
        return f"{self.name}(...)"

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """What was given for a parameter, by position or by name."""
        if position < len(self.arguments):
            return self.arguments[position]
        return self.keywords.get(name, default)


@dataclass(frozen=True)
class PastMoment:
    """A moment that lies so many days before the file is read, whenever that is: `days_ago(2)`.

    Attributes:
        days: How many.
        timezone: The name of the time zone that its day begins in; empty for Airflow's default time zone.
        is_day: True for the beginning of the day, and False for the time of day at which the file is read.
    """

    days: int
    timezone: str = "UTC"
    is_day: bool = True

    def __repr__(self) -> str:
        return f"days_ago({self.days})" if self.is_day else f"now() - timedelta(days={self.days})"


def computed_parts(value: Any) -> Iterator[Computed]:
    """What in a value isn't known, at any depth."""
    todo = [value]
    while todo:
        match todo.pop():
            case Computed() as found:
                yield found
            case Called(arguments=arguments, keywords=keywords):
                todo += [*reversed(list(keywords.values())), *reversed(arguments)]
            case dict() as found:
                todo += [part for pair in reversed(list(found.items())) for part in reversed(pair)]
            case list() | tuple() | set() | frozenset() as found:
                todo += reversed(list(found))
