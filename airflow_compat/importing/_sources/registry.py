"""Every kind of source, and several of them read as one export."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Protocol

from .._airflow.export_data import Export
from .._airflow.resolve import Origin, Rank, resolve
from ..errors import SourceError
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


class Source(Protocol):
    """What each file of a source offers."""

    RANK: Rank

    def matches(self, source: str) -> bool:
        """Whether the text names a source of this kind."""

    def name(self, source: str) -> str:
        """The source in messages, without a password."""

    def read(self, source: str, environ: Mapping[str, str]) -> Export:
        """What the source holds."""


# A file comes last: any text may be a path.
SOURCES: tuple[Source, ...] = (
    aws_secrets_manager,
    aws_ssm,
    google_secret_manager,
    local_files,
    vault,
    environment,
    metadata_database,
    export_file,
)


def read_sources(sources: Sequence[str | PathLike[str]], environ: Mapping[str, str]) -> Export:
    """Read sources and settle, in Airflow's order, which of them has an id.

    Raises:
        AirflowCompatError: One can't be read. The frames that it passes may hold what the source's text does.
    """
    return resolve([_read(source, environ) for source in sources])


def _read(source: str | PathLike[str], environ: Mapping[str, str]) -> Origin:
    kind = _kind(source) if isinstance(source, str) else export_file
    source = str(source)
    return Origin(kind.name(source), kind.RANK, kind.read(source, environ))


def _kind(source: str) -> Source:
    kind = next(kind for kind in SOURCES if kind.matches(source))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", source)
    if kind is export_file and scheme and not Path(source).exists():
        # The rest of it may hold a password.
        raise SourceError(
            f"{scheme[1]}: is no kind of source; give a file, env:, a database's URL, "
            "aws-secrets-manager:, aws-ssm:, google-secret-manager:, local-files: or vault:"
        )
    return kind
