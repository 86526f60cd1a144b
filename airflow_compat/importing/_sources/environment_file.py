"""Reads a project's environment file, by the rules of Docker Compose, python-dotenv and the Astro CLI."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InvalidExportError
from .._environ import Environ
from .export_file import content

# Docker Compose and the Astro CLI replace `$NAME` by the variable's value, and `$$` by `$`, except in single quotes.
# python-dotenv replaces only `${NAME}`.
_REFERENCE = re.compile(r"\$[A-Za-z_$]")
_IN_SINGLE_QUOTES = re.compile(r"[^=]*=\s*'")


@dataclass(frozen=True)
class EnvironmentFile:
    """The contents of an environment file.

    Attributes:
        values: The variables' values by name, without the quotes around them.
        problems: The reasons why some variables can't be read, by the variable's name.
        notes: Notes on values that Docker Compose, python-dotenv and the Astro CLI read differently, by the variable's
            name.
    """

    values: Mapping[str, str] = field(repr=False)
    problems: Mapping[str, str]
    notes: Mapping[str, str]


def read_environment_file(path: Path) -> EnvironmentFile:
    """Read the variables of an environment file.

    Raises:
        InvalidExportError: The file is missing or unreadable, or a line is not NAME=value.
    """
    from dotenv.parser import parse_stream

    problem = ""
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    notes: dict[str, str] = {}
    try:
        text = content(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = "the file is not text in UTF-8. Save the file as UTF-8."
    else:
        for line in parse_stream(io.StringIO(text)):
            if line.error:
                problem = problem or f"line {line.original.line} is not NAME=value. Correct the line."
            elif line.key is not None and line.key in values:
                problem = problem or f"{line.key!r} is set twice. Remove one of the lines."
            elif line.key and line.value and "${" in line.value:
                problems[line.key] = (
                    "the value refers to another variable with ${...}; replace the reference with that variable's value"
                )
            elif line.key and line.value is not None:
                values[line.key] = line.value
                if _REFERENCE.search(line.value) and not _IN_SINGLE_QUOTES.match(line.original.string):
                    notes[line.key] = (
                        f"{line.key} is imported with a plain $, but Docker Compose and the Astro CLI would replace "
                        "$NAME with a variable's value; put the value in single quotes, or replace $NAME"
                    )
        del text
    if problem:
        raise InvalidExportError(f"{path}: {problem}")
    return EnvironmentFile(Environ(values), problems, notes)
