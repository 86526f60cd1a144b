"""`env:`: the variables AIRFLOW_CONN_* and AIRFLOW_VAR_* of the environment.

Airflow asks for them in upper case, so they can't tell how an id is spelled: it is taken for lower case, unless another
source that is read along has it in another spelling.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._airflow.exports import Export
from .._airflow.resolve import Rank
from .._airflow.stored import export_from_stored
from ..errors import SourceError
from .arguments import arguments, place

RANK = Rank.ENVIRONMENT


def matches(source: str) -> bool:
    """Whether this is the environment."""
    return source.startswith("env:")


def name(source: str) -> str:  # noqa: ARG001
    """The source in messages."""
    return "env:"


def read(source: str, environ: Mapping[str, str]) -> Export:
    """The environment's connections and variables."""
    arguments(source, {})
    if place(source):
        raise SourceError("env: takes nothing after its colon; write env:")
    return export_from_stored(_named("AIRFLOW_CONN_", environ), _named("AIRFLOW_VAR_", environ))


def _named(prefix: str, environ: Mapping[str, str]) -> dict[str, str]:
    names = sorted(name for name in environ if name.startswith(prefix) and name != prefix)
    return {name.removeprefix(prefix).lower(): environ[name] for name in names}
