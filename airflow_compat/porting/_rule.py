"""Define rules, and the findings of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from ._file import PythonFile
from ._source import Edit

Tier: TypeAlias = Literal["safe", "unsafe", "display-only"]
"""The safety of an edit.

`safe`: the file behaves as before. `unsafe`: the file may behave differently; only `--unsafe` applies the edit.
`display-only`: there is no edit, and the message says what to do.
"""


@dataclass(frozen=True)
class Finding:
    """A place that a rule has found.

    Attributes:
        code: The code of the rule: `AC101`.
        line: The line.
        message: The code at the place, and its replacement.
        next: The next step if there is no edit; else empty.
        tier: The safety of the edit.
    """

    code: str
    path: str
    line: int
    message: str
    next: str = ""
    tier: Tier = "safe"
    edits: tuple[Edit, ...] = field(default=(), repr=False, compare=False)

    @property
    def place(self) -> str:
        """The file and line: `dags/etl.py:12`."""
        return f"{self.path}:{self.line}"

    def __str__(self) -> str:
        text = f"{self.place}: {self.code} {self.message}"
        return f"{text}. {self.next}" if self.next else text

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON data."""
        data = asdict(self)
        del data["edits"]
        return data


@dataclass(frozen=True)
class Rule:
    """A rule: finds places of one kind in a file, and edits them.

    Attributes:
        code: The code. A code never gets another meaning.
        name: A short name.
        tier: The safety of the edits. Single edits of a safe rule may be less safe.
        about: What the rule finds and why, as Markdown.
        safety: The cases in which an edit is not safe, as Markdown; empty if there are none.
        before: An example of code that the rule finds; may be empty.
        after: The code after the edit; equal to `before` for a rule without edits.
        unchanged: Code that resembles `before`, in which the rule finds nothing.
        find: Yields the findings in a file.
    """

    code: str
    name: str
    tier: Tier
    about: str
    before: str
    after: str
    unchanged: str
    find: Callable[[PythonFile], Iterable[Finding]]
    safety: str = ""
