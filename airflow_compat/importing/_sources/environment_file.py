"""A project's environment file, as Docker Compose, python-dotenv and the Astro CLI read it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from ..errors import InvalidExportError
from .environ import Environ
from .export_file import content


def read_environment_file(path: Path) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The variables that the file sets, without quotes around their values, and by name what can't be read.

    Raises:
        InvalidExportError: The file is missing, can't be read, or has a line that sets nothing.
    """
    from dotenv.parser import parse_stream

    problem = ""
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    try:
        text = content(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = "not text in UTF-8; save it as such"
    else:
        for line in parse_stream(io.StringIO(text)):
            if line.error:
                problem = problem or f"line {line.original.line} is not NAME=value; correct that line"
            elif line.key is not None and line.key in values:
                problem = problem or f"{line.key} is set twice; remove one of the two"
            elif line.key and line.value and "${" in line.value:
                problems[line.key] = "it refers to another variable with ${...}; write the value itself"
            elif line.key and line.value is not None:
                values[line.key] = line.value
        del text
    if problem:
        raise InvalidExportError(f"{path}: {problem}")
    return Environ(values), problems
