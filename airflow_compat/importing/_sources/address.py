"""The grammar of a source: `kind:place?argument=value&argument=value`.

The arguments have Airflow's own names and defaults, as in the `backend_kwargs` of its configuration. As there, `null`
for a prefix or path means that Airflow does not ask for that kind. Values are percent-decoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ..errors import SourceError

NULL = "null"


def place(source: str) -> str:
    """What stands between the kind and the arguments."""
    return source.partition(":")[2].partition("?")[0]


def arguments(source: str, defaults: Mapping[str, str | None]) -> dict[str, str | None]:
    """The arguments of a source, each with its default where it isn't given.

    Args:
        source: The source.
        defaults: The arguments that the kind takes.

    Raises:
        SourceError: One is unknown, there twice, or not `name=value`. The message shows no value.
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
                f"{kind}: {'given twice' if name in given else 'unknown argument'} {_shown(name)}; "
                f"it takes {', '.join(defaults)}, each once and as name=value"
            )
        given.add(name)
        found[name] = None if value == NULL else value
    return found


def matches_pattern(pattern: str | None, id_: str, shown: str) -> bool:
    """Whether Airflow would ask for this id: a `connections_lookup_pattern` or `variables_lookup_pattern`.

    Raises:
        SourceError: The pattern is not a regular expression.
    """
    try:
        return not pattern or re.match(pattern, id_, re.IGNORECASE) is not None
    except re.error:
        raise SourceError(f"{shown} its lookup pattern is not a regular expression; mend it") from None


def _shown(name: str) -> str:
    # What isn't a name may be a part of a value.
    return repr(name) if re.fullmatch(r"[a-z_]{1,40}", name) else "(not a name)"
