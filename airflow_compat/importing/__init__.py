"""An Airflow export into Prefect: `read` the files, `plan` against what the server has, `apply` the plan.

`plan` writes nothing. `apply` leaves what exists as it is, unless the plan was made to replace it, so that it can be
run again after a break.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from fnmatch import fnmatchcase
from os import PathLike

from ._airflow.export_data import Export as _Export
from ._airflow.export_data import Note, Problem, Shadowed
from ._airflow.names import block_name
from ._specs.connections import HOMES
from ._specs.import_plan import Holdings, Item, Outcome, plan_items
from ._specs.planned import are_items, of_one_kind
from ._specs.variables import SECRET_SLUG
from .connections import Connection, public_connection
from .errors import AirflowCompatError, InvalidExportError

__all__ = ["Export", "Item", "Note", "Outcome", "Problem", "Shadowed", "apply", "plan", "read"]


@dataclass(frozen=True)
class Export(_Export):
    """What one or several sources hold, in their own order.

    Attributes:
        connections: The connections.
        variables: The variables, each with its key and value.
        pools: The pools, each with its slots.
        problems: The entries that could not be read, and why.
        shadowed: The entries that Airflow would not have used, since it asks another source first.
        notes: What entries have that is left out, such as a `team_name`.
    """

    connections: tuple[Connection, ...] = ()


def read(*sources: str | PathLike[str], environ: Mapping[str, str] | None = None) -> Export:
    """Read what Airflow holds: export files, its environment, its metadata database, its secrets backends.

    Entries that are damaged become `problems` of the result. An id that several sources have is taken from the one
    that Airflow asks first (secrets backend, environment, database or export file); the others are `shadowed`.

    Args:
        sources: In any order: paths of export files; `env:`; a metadata database's SQLAlchemy URL; a secrets backend,
            such as `aws-ssm:` (see the pages on importing).
        environ: What stands for the environment; the process's own when it isn't given.

    Raises:
        InvalidExportError: A file is missing, can't be read, or isn't an export; or two sources have an id, and
            Airflow asks none of them before the other.
        SourceError: Another source can't be read, or is written in a wrong way.
        MissingPackageError: A source's package isn't installed; the message names the extra.
    """
    from ._sources.environ import Environ
    from ._sources.registry import read_sources

    try:
        held = read_sources(sources, Environ(os.environ if environ is None else environ))
        connections = tuple(public_connection(connection) for connection in held.connections)
        return Export(connections, held.variables, held.pools, held.problems, held.shadowed, held.notes)
    except AirflowCompatError as exc:
        # The frames behind it hold the sources, which may have passwords in them.
        problem = exc.with_traceback(None)
        problem.__cause__ = problem.__context__ = None
    finally:
        del sources, environ
    raise problem


def plan(export: Export, *, only: Collection[str] = (), replace: bool = False) -> tuple[Item, ...]:
    """Compare an export with what the Prefect server holds. Nothing is written.

    Args:
        export: What `read` returned.
        only: Shell patterns, such as `warehouse_*`: an id that matches none of them is left out. Empty means all.
        replace: Whether what exists and differs is to be replaced.

    Raises:
        InvalidExportError: Something else was given.
        ServerError: The server can't be asked.
    """
    if not isinstance(export, _Export):
        raise InvalidExportError(f"got one {type(export).__name__}; pass what read() returned")
    from ._prefect.blocks import read_documents
    from ._prefect.limits import read_limits
    from ._prefect.variables import read_variables

    chosen = _only(export, only) if only else export
    ids = [connection.conn_id for connection in chosen.connections] + [variable.key for variable in chosen.variables]
    names = [block_name(id_) for id_ in ids if id_]
    holdings = Holdings(
        blocks=tuple(read_documents(names, slugs=[*HOMES, SECRET_SLUG])) if names else (),
        variables=tuple(read_variables()) if chosen.variables else (),
        limits=tuple(read_limits()) if chosen.pools else (),
    )
    return plan_items(chosen, holdings, replace=replace)


def _only(export: Export, patterns: Collection[str]) -> Export:
    def chosen(id_: str | None) -> bool:
        return any(fnmatchcase(id_ or "", pattern) for pattern in patterns)

    return replace_fields(
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
    """Write what the plan says; what fails is reported at the end, and the rest goes on.

    When the server can't be reached any more, what is left is reported as not tried.

    Args:
        items: What `plan` returned, or what `read` returned, which is planned first.
        only: See `plan`. Items of a plan were planned with or without it.
        replace: See `plan`, and `only`.
        progress: Called with each outcome as it is there.

    Raises:
        InvalidExportError: Something else was given; nothing was written.
        ServerError: The server can't be asked for what it holds.
    """
    from ._prefect.writer import Writer

    if isinstance(items, _Export):
        items = plan(items, only=only, replace=replace)
    else:
        items = of_one_kind(items, Item, error=InvalidExportError)
        are_items(items, Item, {"only": only, "replace": replace}, InvalidExportError)
    outcomes: list[Outcome] = []
    writer = Writer()
    # One at a time: a server on SQLite has one writer, and several of ours would lock its own services out.
    for item in items:
        outcomes.append(Outcome(item, writer.write(item)))
        if progress:
            progress(outcomes[-1])
    return tuple(outcomes)
