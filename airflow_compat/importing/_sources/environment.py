"""`env:`: the variables AIRFLOW_CONN_* and AIRFLOW_VAR_* of the environment; `env:.env`: those of a project's file.

Airflow asks for them in upper case, so they can't tell how an id is spelled: it is taken for lower case, unless another
source that is read along has it in another spelling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .._airflow.export_data import Export, Kind, Problem
from .._airflow.resolve import Rank
from .._airflow.stored import export_from_stored
from .arguments import arguments, place
from .environment_file import read_environment_file

RANK = Rank.ENVIRONMENT

_CONNECTION, _VARIABLE = "AIRFLOW_CONN_", "AIRFLOW_VAR_"


def matches(source: str) -> bool:
    """Whether this is the environment, or a file of it."""
    return source.startswith("env:")


def name(source: str) -> str:
    """The source in messages."""
    return f"env:{place(source)}"


def read(source: str, environ: Mapping[str, str]) -> Export:
    """The environment's connections and variables.

    Raises:
        SourceError: An argument is given.
        InvalidExportError: The file is missing, can't be read, or is of another form.
    """
    arguments(source, {})
    file = place(source)
    values, problems = read_environment_file(Path(file)) if file else (environ, {})
    refused = (Problem(kind, id_, reason) for kind, id_, reason in _refused(problems))
    return export_from_stored(_named(_CONNECTION, values), _named(_VARIABLE, values), refused)


def _refused(problems: Mapping[str, str]) -> Iterator[tuple[Kind, str, str]]:
    kinds: dict[str, Kind] = {_CONNECTION: "connection", _VARIABLE: "variable"}
    for prefix, kind in kinds.items():
        yield from ((kind, id_, reason) for id_, reason in _named(prefix, problems).items())


def _named(prefix: str, environ: Mapping[str, str]) -> dict[str, str]:
    names = sorted(name for name in environ if name.startswith(prefix) and name != prefix)
    return {name.removeprefix(prefix).lower(): environ[name] for name in names}
