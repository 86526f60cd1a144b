"""`local-files:`: reads the files that Airflow's `LocalFilesystemBackend` reads.

`local-files:?connections_file_path=/files/conn.json&variables_file_path=/files/var.yaml`
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..._airflow.export_data import Export
from ..._airflow.export_text import NotAnExportError, decode_env, decode_json
from ...errors import InvalidExportError, SourceError
from .._local_files import READERS
from .address import arguments, place
from .export_file import content, decode_yaml

SCHEME = "local-files:"
_DEFAULTS: dict[str, str | None] = {"connections_file_path": None, "variables_file_path": None}
_DECODERS = {".env": decode_env, ".json": decode_json, ".yaml": decode_yaml, ".yml": decode_yaml}


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """Return the connections and variables in the files that the source names.

    Raises:
        SourceError: The source's text names no file, or an argument is invalid.
        InvalidExportError: A file is missing, unreadable or malformed.
    """
    given = arguments(source, _DEFAULTS)
    if place(source) or not any(given.values()):
        raise SourceError(
            f"{SCHEME} takes the paths of its files as arguments. Use {SCHEME}?connections_file_path=/files/conn.json."
        )
    found = Export()
    for argument, read_entries in READERS.items():
        if path := given[argument]:
            found += read_entries(_entries(Path(path)))
    return found


def _entries(path: Path) -> Mapping[str, object]:
    try:
        # For pathlib, a file named `.env` has no suffix.
        decode = _DECODERS.get((path.suffix or path.name).lower())
        if decode is None:
            raise NotAnExportError(
                "the file's name must end in .env, .json, .yaml or .yml, as in Airflow. Rename the file."
            )
        entries = decode(content(path))
        if isinstance(entries, dict):
            return entries
        problem = "the file is not an object of ids. Check the file."
    except NotAnExportError as exc:
        problem = str(exc)
    raise InvalidExportError(f"{path}: {problem}")
