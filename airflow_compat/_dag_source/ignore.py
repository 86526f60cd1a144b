"""`.airflowignore`: which files of a folder Airflow doesn't load, in both of its syntaxes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

IgnoreSyntax: TypeAlias = Literal["glob", "regexp"]
"""Airflow's `[core] dag_ignore_file_syntax`: `glob`, as 3.x has it by default, or `regexp`, as 2.x has."""

_LONGEST_PATTERN = 1000


class IgnoreRule(Protocol):
    """One line of such a file."""

    def decides(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether the path, from the topmost folder on, is ignored; None where the rule says nothing of it."""


@dataclass(frozen=True)
class RegexpRule:
    """A regular expression that is searched for in the path from the topmost folder on."""

    pattern: re.Pattern[str]

    def decides(self, path: str, *, is_folder: bool) -> bool | None:  # noqa: ARG002 - it makes no difference here
        """Whether it is found."""
        return True if self.pattern.search(path) else None


@dataclass(frozen=True)
class GlobRule:
    """A pattern as `.gitignore` has it.

    Attributes:
        pattern: The pattern, as a regular expression for the path below `folder`, or for a name alone.
        folder: The folder that the file lies in, from the topmost one on; empty for that one.
        anchored: Whether it is meant from there on, and not for a name at any depth.
        folders_only: Whether it is about folders alone.
        ignores: False for what a `!` lets in again.
    """

    pattern: re.Pattern[str]
    folder: str
    anchored: bool
    folders_only: bool
    ignores: bool

    def decides(self, path: str, *, is_folder: bool) -> bool | None:
        """What the rule says, where it is about the path."""
        if self.folders_only and not is_folder:
            return None
        below = path.removeprefix(f"{self.folder}/") if self.folder else path
        subject = below if self.anchored else path.rpartition("/")[2]
        return self.ignores if self.pattern.fullmatch(f"{subject}/" if is_folder else subject) else None


def read_ignore_rules(text: str, folder: str, syntax: IgnoreSyntax) -> tuple[list[IgnoreRule], list[str]]:
    """The rules of a file, and the lines that are no rules, with what is wrong.

    Args:
        text: What the file has.
        folder: Its folder, from the topmost one on.
        syntax: Which of the two.
    """
    rules: list[IgnoreRule] = []
    problems: list[str] = []
    for number, whole in enumerate(text.splitlines(), 1):
        line = re.sub(r"\s*#.*", "", whole)
        if not line.strip():
            continue
        try:
            if len(line) > _LONGEST_PATTERN:
                raise ValueError("it is too long")
            rules.append(RegexpRule(re.compile(line)) if syntax == "regexp" else _glob_rule(line.rstrip(), folder))
        except (re.error, ValueError, RecursionError, OverflowError) as exc:
            problems.append(f"line {number} is no {syntax}, and Airflow passes over it too: {exc}")
    return rules, problems


def is_ignored(path: str, rules: Iterable[IgnoreRule], *, is_folder: bool) -> bool:
    """Whether a path is ignored: the last rule that says something of it decides."""
    ignored = False
    for rule in rules:
        found = rule.decides(path, is_folder=is_folder)
        if found is not None:
            ignored = found
    return ignored


def _glob_rule(line: str, folder: str) -> GlobRule:
    ignores = not line.startswith("!")
    pattern = line if ignores else line[1:]
    folders_only = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    if not pattern:
        raise ValueError("it names nothing")
    anchored = "/" in pattern
    # A folder's path ends in a slash. What is below one that matches is meant, too, where it was let in all the same.
    below = "" if pattern.endswith("/**") else "(?:/.*)?"
    return GlobRule(re.compile(_regexp(pattern.lstrip("/")) + below), folder, anchored, folders_only, ignores)


def _regexp(pattern: str) -> str:
    """A pattern of `.gitignore`, as a regular expression."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith("**/"):
            parts.append("(?:.+/)?")
            position += 3
        elif rest == "**":
            parts.append(".*")
            position += 2
        elif rest[0] == "*":
            parts.append("[^/]*")
            position += 1
        elif rest[0] == "?":
            parts.append("[^/]")
            position += 1
        elif rest[0] == "\\" and len(rest) > 1:
            parts.append(re.escape(rest[1]))
            position += 2
        elif found := re.match(r"\[([!^]?)(\]?[^\]]*)\]", rest):
            inner = found[2].replace("\\", "\\\\").replace("[", "\\[")
            parts.append(f"[{'^/' if found[1] else ''}{inner}]")
            position += found.end()
        else:
            parts.append(re.escape(rest[0]))
            position += 1
    return "".join(parts)
