"""Parses a source's text: `kind:place?argument=value&argument=value`.

The arguments have the same names and defaults as the keys in Airflow's `backend_kwargs`. As in Airflow, connections or
variables whose prefix or path is `null` are not read. Values are percent-decoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ...errors import SourceError

NULL = "null"


def place(source: str) -> str:
    """Return the part of a source's text between the kind and the arguments."""
    return source.partition(":")[2].partition("?")[0]


def arguments(source: str, defaults: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the arguments in a source's text, with defaults for missing arguments.

    Raises:
        SourceError: An argument is unknown, repeated, or not `name=value`. The message does not quote the argument's
            value.
    """
    kind, query = source.partition(":")[0], source.partition("?")[2]
    found = dict(defaults)
    given = set()
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        pairs = [("", "")]
    for name, value in pairs:
        if name not in defaults or name in given:
            raise SourceError(
                f"{kind}: {'repeated' if name in given else 'unknown'} argument {_shown(name)}. Use each of "
                f"{', '.join(defaults)} at most once, as name=value."
            )
        given.add(name)
        found[name] = None if value == NULL else value
    return found


def arguments_alone(source: str, defaults: Mapping[str, str | None], example: str) -> dict[str, str | None]:
    """Return the arguments of a source whose text has no place between kind and arguments; see `arguments`.

    Raises:
        SourceError: The source's text has a place, or an argument is invalid.
    """
    if place(source):
        scheme = source.partition(":")[0] + ":"
        raise SourceError(f"{scheme} takes only arguments. Use {scheme}?{example}.")
    return arguments(source, defaults)


def matches_pattern(pattern: str | None, id_: str, shown: str) -> bool:
    """Return True if the `connections_lookup_pattern` or `variables_lookup_pattern` is empty or matches the id.

    Raises:
        SourceError: The pattern is not a regular expression.
    """
    try:
        return not pattern or re.match(pattern, id_, re.IGNORECASE) is not None
    except re.error:
        raise SourceError(f"{shown} the lookup pattern is not a regular expression. Correct the pattern.") from None


def _shown(name: str) -> str:
    # Show only text that looks like an argument's name: other text may be part of a secret value.
    return repr(name) if re.fullmatch(r"[a-z_]{1,40}", name) else "(not a name)"
