"""Errors of templates. Each error class is also one of Jinja2's errors.

These classes are not in `airflow_compat.errors`, so that the import of that module does not need Jinja2.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import TemplateNotFound, TemplateSyntaxError

from ..errors import AirflowCompatError

_SHOWN = 40


class InvalidTemplateError(AirflowCompatError, TemplateSyntaxError):
    """A template can't be parsed, or uses an unknown filter. The error is also Jinja2's `TemplateSyntaxError`."""

    # Jinja2's own text adds the whole line of the template.
    def __str__(self) -> str:
        return str(self.message)


class TemplateFileNotFoundError(AirflowCompatError, TemplateNotFound):
    """No folder has the template file. The error is also Jinja2's `TemplateNotFound`, and an `OSError`."""


def invalid_template(text: str, error: TemplateSyntaxError) -> InvalidTemplateError:
    """Convert Jinja2's error to ours, with the line, and the file name or the start of the template."""
    if error.filename is None:
        beginning = " ".join(text.split())
        where = repr(beginning if len(beginning) <= _SHOWN else beginning[:_SHOWN] + "...")
    else:
        where = f"file {error.filename!r}"
    problem = str(error.message).rstrip(".")
    hint = "Pass the filter in user_defined_filters." if problem.startswith("No filter") else "Correct the template."
    return InvalidTemplateError(
        f"Template {where}, line {error.lineno}: {problem}. {hint}", error.lineno, error.name, error.filename
    )


def file_not_found(name: str, folders: Sequence[str]) -> TemplateFileNotFoundError:
    searched = f"is in none of {', '.join(map(repr, folders))}" if folders else "can't be found without search_path"
    hint = "Add the file's folder to search_path, or wrap the text in literal() if it is not a file name."
    return TemplateFileNotFoundError(name, f"Template file {name!r} {searched}. {hint}")
