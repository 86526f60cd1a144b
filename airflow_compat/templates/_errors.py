"""What can be wrong with a template; each is Jinja2's own error too.

They stand here and not in `errors`, so that an `except` clause for one of ours need not import Jinja2.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import TemplateNotFound, TemplateSyntaxError

from ..errors import AirflowCompatError

_SHOWN = 40


class InvalidTemplateError(AirflowCompatError, TemplateSyntaxError):
    """A template can't be parsed, or uses a filter that there isn't. Also Jinja2's `TemplateSyntaxError`."""

    # Jinja2's adds the whole line.
    def __str__(self) -> str:
        return str(self.message)


class TemplateFileNotFoundError(AirflowCompatError, TemplateNotFound):
    """A template's file is in none of the searched folders. Also Jinja2's `TemplateNotFound`, and an `OSError`."""


def invalid_template(text: str, error: TemplateSyntaxError) -> InvalidTemplateError:
    """Ours for Jinja2's own: it names the file, or how the template begins, and the line."""
    if error.filename is None:
        beginning = " ".join(text.split())
        where = repr(beginning if len(beginning) <= _SHOWN else beginning[:_SHOWN] + "...")
    else:
        where = f"file {error.filename!r}"
    problem = str(error.message).rstrip(".")
    hint = "give it in user_defined_filters" if problem.startswith("No filter") else "mend it there"
    message = f"template {where}, line {error.lineno}: {problem}; {hint}"
    return InvalidTemplateError(message, error.lineno, error.name, error.filename)


def file_not_found(name: str, folders: Sequence[str]) -> TemplateFileNotFoundError:
    """The file, and where it was looked for."""
    searched = f"is in none of {', '.join(map(repr, folders))}" if folders else "has no folder to be searched in"
    hint = "add its folder to search_path, or wrap the text in literal() if it names no file"
    return TemplateFileNotFoundError(name, f"template file {name!r} {searched}; {hint}")
