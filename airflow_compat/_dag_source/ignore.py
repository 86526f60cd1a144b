"""Read `.airflowignore`, which excludes files from loading, in both of Airflow's syntaxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

IgnoreSyntax: TypeAlias = Literal["glob", "regexp"]
"""Airflow's `[core] dag_ignore_file_syntax`: `glob`, the default of 3.x, or `regexp`, the default of 2.x."""

_LONGEST_PATTERN = 1000
_PART = re.compile(r"\*\*/|\*\*\Z|\*|\?|\\(?P<escaped>.)|\[(?P<negated>[!^]?)(?P<set>\]?[^\]]*)\]|.", re.DOTALL)
_WILDCARDS = {"**/": "(?:.+/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class RegexpRule:
    """A regular expression for paths relative to the DAG folder."""

    pattern: re.Pattern[str]

    def decides(self, path: str, *, is_folder: bool) -> bool | None:  # noqa: ARG002 - regular expressions treat files and folders alike
        """Return True if the path is ignored, and None if the rule does not match."""
        return True if self.pattern.search(path) else None


@dataclass(frozen=True)
class GlobRule:
    """A pattern in the syntax of `.gitignore`.

    Attributes:
        pattern: The pattern as a regular expression for the path below `folder`, or for a name alone.
        folder: The folder of the ignore file, relative to the DAG folder; empty for the DAG folder.
        anchored: True if the pattern matches paths relative to `folder`, False if it matches names at any depth.
        ignores: False for a `!` pattern, which includes paths again.
    """

    pattern: re.Pattern[str]
    folder: str
    anchored: bool
    folders_only: bool
    ignores: bool

    def decides(self, path: str, *, is_folder: bool) -> bool | None:
        """Return whether the path is ignored, and None if the rule does not match."""
        if self.folders_only and not is_folder:
            return None
        below = path.removeprefix(f"{self.folder}/") if self.folder else path
        subject = below if self.anchored else path.rpartition("/")[2]
        return self.ignores if self.pattern.fullmatch(f"{subject}/" if is_folder else subject) else None


IgnoreRule: TypeAlias = RegexpRule | GlobRule


def read_ignore_rules(text: str, folder: str, syntax: IgnoreSyntax) -> tuple[list[IgnoreRule], list[str]]:
    """Return the rules of an ignore file, and messages about invalid lines."""
    rules: list[IgnoreRule] = []
    problems: list[str] = []
    for number, whole in enumerate(text.splitlines(), 1):
        line = re.sub(r"\s*#.*", "", whole)
        if not line.strip():
            continue
        try:
            if len(line) > _LONGEST_PATTERN:
                raise ValueError("the pattern is too long")
            rules.append(RegexpRule(re.compile(line)) if syntax == "regexp" else _glob_rule(line.rstrip(), folder))
        except (re.error, ValueError, RecursionError, OverflowError) as exc:
            problems.append(f"line {number} is not a valid {syntax}, so it is skipped, as in Airflow: {exc}")
    return rules, problems


def is_ignored(path: str, rules: Sequence[IgnoreRule], *, is_folder: bool) -> bool:
    """Return True if a path is ignored. The last matching rule decides."""
    decisions = (rule.decides(path, is_folder=is_folder) for rule in reversed(rules))
    return next((each for each in decisions if each is not None), False)


def _glob_rule(line: str, folder: str) -> GlobRule:
    whole = line.removeprefix("!")
    pattern = whole.rstrip("/")
    if not pattern:
        raise ValueError("the pattern is empty")
    anchored = "/" in pattern
    # A folder's path ends in a slash. The pattern also matches paths below the folder, because another rule may include
    # the folder again.
    below = "" if pattern.endswith("/**") else "(?:/.*)?"
    regexp = re.compile(_PART.sub(_regexp, pattern.lstrip("/")) + below)
    return GlobRule(regexp, folder, anchored, folders_only=whole.endswith("/"), ignores=not line.startswith("!"))


def _regexp(part: re.Match[str]) -> str:
    if part["set"] is not None:
        inner = part["set"].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{'^/' if part['negated'] else ''}{inner}]"
    return _WILDCARDS.get(part[0]) or re.escape(part["escaped"] or part[0])
