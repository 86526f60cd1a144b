"""Imports Airflow's connections, variables and pools: `read` the sources, `plan` the changes, `apply` the plan.

`plan` writes nothing. `apply` keeps existing items, unless you set `replace=True`, so you can repeat an interrupted
import.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from os import PathLike

from .._airflow.export_data import Export as _Export
from .._airflow.export_data import Note, Problem, Shadowed
from .._airflow.names import block_name, is_id
from .._prefect.given_items import are_items, of_one_kind
from .._prefect.plan import Item, Outcome
from ..connections import Connection, public_connection
from ..connections._specs import HOMES
from ..errors import AirflowCompatError, InvalidExportError
from ..variables._specs import SECRET_SLUG
from ._plan import Holdings, plan_items

__all__ = ["Export", "Item", "Note", "Outcome", "Problem", "Shadowed", "apply", "plan", "read"]


@dataclasses.dataclass(frozen=True)
class Export(_Export):
    """The connections, variables and pools that `read` found, in the order of the sources.

    Attributes:
        connections: The connections.
        variables: The variables, each with its key and value.
        pools: The pools, each with its number of slots.
        problems: Connections and variables that could not be read, each with the reason.
        shadowed: Connections, variables and pools that Airflow would not use, because a source of higher precedence has
            the same id.
        notes: Notes on fields that are left out, such as a `team_name`.
    """

    connections: tuple[Connection, ...] = ()


def read(*sources: str | PathLike[str], environ: Mapping[str, str] | None = None) -> Export:
    """Read connections, variables and pools from the places where Airflow stores them.

    Connections and variables that can't be read are listed in `problems` of the result. If several sources contain the
    same id, the result contains the value that Airflow would find first, and `shadowed` lists the others. The order is:
    secrets backends, then the environment, then the metadata database and export files.

    Args:
        sources: The sources, in any order. A source is the path of an export file or of an `airflow_settings.yaml`;
            `env:` for the environment variables; `env:FILE` for an environment file; the metadata database's SQLAlchemy
            URL; or a secrets backend, such as `aws-ssm:` (see the pages on importing).
        environ: The environment variables. Defaults to the environment of this process.

    Raises:
        InvalidExportError: A file is missing, unreadable or not an export, or two sources of equal precedence contain
            the same id.
        SourceError: The metadata database or a secrets backend can't be read, or the text of a source is invalid.
        MissingPackageError: A package that a source needs is missing. The message names the extra of airflow-compat
            that installs the package.
    """
    from ._environ import Environ
    from ._sources.registry import read_sources

    try:
        held = read_sources(sources, Environ(os.environ if environ is None else environ))
        connections = tuple(map(public_connection, held.connections))
        return Export(connections, held.variables, held.pools, held.problems, held.shadowed, held.notes)
    except AirflowCompatError as exc:
        # Drop the traceback, because its frames hold the sources' texts, which may contain passwords.
        problem = exc.with_traceback(None)
        problem.__cause__ = problem.__context__ = None
    finally:
        del sources, environ
    raise problem


def plan(export: Export, *, only: Collection[str] = (), replace: bool = False) -> tuple[Item, ...]:
    """Compare the result of `read` with the items on the Prefect server. Writes nothing.

    Args:
        export: The result of `read`.
        only: Shell patterns, such as `warehouse_*`, for the ids to import. An empty collection means all ids.
        replace: Whether to replace existing items that differ from the export.

    Raises:
        InvalidExportError: `export` is not the result of `read`.
        ServerError: A request to the server fails.
    """
    if not isinstance(export, _Export):
        raise InvalidExportError(f"plan() got a {type(export).__name__}. Pass the result of read().")
    from .._prefect.blocks import read_documents
    from .._prefect.limits import read_limits
    from .._prefect.variables import read_variables

    chosen = _only(export, only) if only else export
    ids = [connection.conn_id for connection in chosen.connections] + [variable.key for variable in chosen.variables]
    names = [block_name(id_) for id_ in ids if is_id(id_)]
    holdings = Holdings(
        blocks=tuple(read_documents(names, slugs=[*HOMES, SECRET_SLUG])) if names else (),
        variables=tuple(read_variables()) if chosen.variables else (),
        limits=tuple(read_limits()) if chosen.pools else (),
    )
    return plan_items(chosen, holdings, replace=replace)


def _only(export: Export, patterns: Collection[str]) -> Export:
    def chosen(id_: str | None) -> bool:
        return any(fnmatchcase(id_ or "", pattern) for pattern in patterns)

    return dataclasses.replace(
        export,
        connections=tuple(connection for connection in export.connections if chosen(connection.conn_id)),
        variables=tuple(variable for variable in export.variables if chosen(variable.key)),
        pools=tuple(pool for pool in export.pools if chosen(pool.name)),
        problems=tuple(problem for problem in export.problems if chosen(problem.id)),
    )


def apply(
    items: Iterable[Item] | Export,
    *,
    only: Collection[str] = (),
    replace: bool = False,
    progress: Callable[[Outcome], None] | None = None,
) -> tuple[Outcome, ...]:
    """Write a plan's items to the Prefect server.

    If an item can't be written, its outcome contains the reason, and the next items are still written.

    If the server becomes unreachable, no further items are tried, and their outcomes say so.

    Args:
        items: The result of `plan`, or the result of `read`, for which `apply` calls `plan` first.
        only: See `plan`. Allowed only if `items` is the result of `read`.
        replace: See `plan`. Allowed only if `items` is the result of `read`.
        progress: A function that is called with each outcome.

    Raises:
        InvalidExportError: An argument is not allowed or has the wrong type. Nothing was written.
        ServerError: The server's existing items can't be read.
    """
    from .._prefect.writer import Writer

    if isinstance(items, _Export):
        items = plan(items, only=only, replace=replace)
    else:
        items = of_one_kind(items, Item, error=InvalidExportError)
        are_items(items, Item, {"only": only, "replace": replace}, InvalidExportError)
    outcomes: list[Outcome] = []
    writer = Writer()
    # Write one item at a time: SQLite allows one writer at a time, and parallel writes would block the Prefect server's
    # own services.
    for item in items:
        outcomes.append(Outcome(item, writer.write(item)))
        if progress:
            progress(outcomes[-1])
    return tuple(outcomes)
