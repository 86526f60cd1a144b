"""`env:`: the variables AIRFLOW_CONN_* and AIRFLOW_VAR_* of the environment; `env:.env`: those in a file.

Names of environment variables are upper-case, so the case of an id's letters is unknown. Ids become lower-case, unless
another source in the same call of `read` contains the id in another spelling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..._airflow.export_data import Export, Kind, Note, Problem
from .._text_values import export_from_stored
from .address import arguments, place
from .environment_file import EnvironmentFile, read_environment_file

SCHEME = "env:"

_CONNECTION, _VARIABLE = "AIRFLOW_CONN_", "AIRFLOW_VAR_"


def name(source: str) -> str:
    """Return the source's name for messages."""
    return SCHEME + place(source)


def read(source: str, environ: Mapping[str, str]) -> Export:
    """Return the connections and variables that environment variables define.

    Raises:
        SourceError: The source's text has an argument, but this kind accepts none.
        InvalidExportError: The environment file is missing, unreadable or malformed.
    """
    arguments(source, {})
    file = place(source)
    held = read_environment_file(Path(file)) if file else EnvironmentFile(environ, {}, {})
    refused = (Problem(kind, id_, reason) for kind, id_, reason in _told(held.problems))
    notes = tuple(Note(kind, id_, text) for kind, id_, text in _told(held.notes))
    found = export_from_stored(_named(_CONNECTION, held.values), _named(_VARIABLE, held.values), refused)
    return found + Export(notes=notes)


def _told(texts: Mapping[str, str]) -> Iterator[tuple[Kind, str, str]]:
    """Yield, for each name of an environment variable, the kind and id that the name means, and the text."""
    kinds: dict[str, Kind] = {_CONNECTION: "connection", _VARIABLE: "variable"}
    for prefix, kind in kinds.items():
        yield from ((kind, id_, text) for id_, text in _named(prefix, texts).items())


def _named(prefix: str, environ: Mapping[str, str]) -> dict[str, str]:
    names = sorted(name for name in environ if name.startswith(prefix) and name != prefix)
    return {name.removeprefix(prefix).lower(): environ[name] for name in names}
