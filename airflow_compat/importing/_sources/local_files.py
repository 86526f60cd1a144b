"""`local-files:`: the files of Airflow's `LocalFilesystemBackend`.

`local-files:?connections_file_path=/files/conn.json&variables_file_path=/files/var.yaml`
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .._airflow.export_data import Export
from .._airflow.export_text import NotAnExportError, decode_env, decode_json
from .._airflow.local_files import READERS
from .._airflow.resolve import Rank
from ..errors import InvalidExportError, SourceError
from .arguments import arguments, place
from .export_file import content, decode_yaml

RANK = Rank.SECRETS_BACKEND

_SCHEME = "local-files:"
_DEFAULTS: dict[str, str | None] = {"connections_file_path": None, "variables_file_path": None}
_DECODERS = {".env": decode_env, ".json": decode_json, ".yaml": decode_yaml, ".yml": decode_yaml}


def matches(source: str) -> bool:
    """Whether this is the local files backend."""
    return source.startswith(_SCHEME)


def name(source: str) -> str:  # noqa: ARG001
    """The source in messages."""
    return _SCHEME


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """The connections of the one file and the variables of the other.

    Raises:
        SourceError: No file is named, or an argument is wrong.
        InvalidExportError: A file is missing, can't be read, or holds something else.
    """
    given = arguments(source, _DEFAULTS)
    if place(source) or not any(given.values()):
        raise SourceError(
            f"{_SCHEME} names its files by arguments; write {_SCHEME}?connections_file_path=/files/conn.json"
        )
    found = Export()
    for argument, read_entries in READERS.items():
        path = given[argument]
        if path:
            found += read_entries(_entries(Path(path)))
    return found


def _entries(path: Path) -> Mapping[str, object]:
    problem = ""
    try:
        # A name that is all suffix, `.env`, has none for pathlib.
        decode = _DECODERS.get((path.suffix or path.name).lower())
        if decode is None:
            raise NotAnExportError("its name ends in none of .env, .json, .yaml, .yml; Airflow refuses it, too")
        entries = decode(content(path))
        if not isinstance(entries, dict):
            raise NotAnExportError("it holds no object of ids; check the file")
    except NotAnExportError as exc:
        problem = str(exc)
    else:
        return entries
    raise InvalidExportError(f"{path}: {problem}")
