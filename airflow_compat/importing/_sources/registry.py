"""Lists the kinds of sources, and reads several sources into one export."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from ..._airflow.export_data import Export
from ...errors import SourceError
from .._precedence import Origin, Rank, resolve
from . import (
    aws_secrets_manager,
    aws_ssm,
    environment,
    export_file,
    google_secret_manager,
    local_files,
    metadata_database,
    vault,
)


@dataclass(frozen=True)
class Source:
    """A kind of source, such as environment files. `name` returns a source's name for messages, without passwords."""

    rank: Rank
    read: Callable[[str, Mapping[str, str]], Export]
    name: Callable[[str], str]
    matches: Callable[[str], bool]


def _of_scheme(
    rank: Rank, scheme: str, read: Callable[[str, Mapping[str, str]], Export], name: Callable[[str], str] | None = None
) -> Source:
    return Source(rank, read, name or (lambda _: scheme), lambda source: source.startswith(scheme))


# Matches every text, because any text may be a path.
_FILE = Source(Rank.DATABASE, export_file.read, str, lambda _: True)
SOURCES: tuple[Source, ...] = (
    *(
        _of_scheme(Rank.SECRETS_BACKEND, backend.SCHEME, backend.read)
        for backend in (aws_secrets_manager, aws_ssm, google_secret_manager, local_files)
    ),
    _of_scheme(Rank.SECRETS_BACKEND, vault.SCHEME, vault.read, vault.name),
    _of_scheme(Rank.ENVIRONMENT, environment.SCHEME, environment.read, environment.name),
    Source(Rank.DATABASE, metadata_database.read, metadata_database.name, metadata_database.matches),
    _FILE,
)


def read_sources(sources: Sequence[str | PathLike[str]], environ: Mapping[str, str]) -> Export:
    """Read several sources, and merge them in Airflow's order of precedence.

    Raises:
        AirflowCompatError: A source can't be read. The frames of this error's traceback may hold secrets of the source.
    """
    return resolve([_read(source, environ) for source in sources])


def _read(source: str | PathLike[str], environ: Mapping[str, str]) -> Origin:
    kind = _kind(source) if isinstance(source, str) else _FILE
    source = str(source)
    return Origin(kind.name(source), kind.rank, kind.read(source, environ))


def _kind(source: str) -> Source:
    kind = next(kind for kind in SOURCES if kind.matches(source))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", source)
    if kind is _FILE and scheme and not Path(source).exists():
        # Show only the scheme, because the rest may contain a password.
        raise SourceError(
            f"{scheme[1]}: unknown kind of source. Pass a file, env:, a database URL, aws-secrets-manager:, aws-ssm:, "
            "google-secret-manager:, local-files: or vault:."
        )
    return kind
