"""An Airflow export into Prefect: `read` the files, `plan` against what the server has, `apply` the plan.

`plan` writes nothing. `apply` leaves what exists as it is, unless the plan was made to replace it, so that it can be
run again after a break.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path

from ._airflow.exports import Export, Problem, parse_export
from ._airflow.names import block_name
from ._specs.connections import HOMES
from ._specs.import_plan import Holdings, Item, plan_items
from ._specs.variables import SECRET_SLUG
from .errors import InvalidExportError

__all__ = ["Export", "Item", "Outcome", "Problem", "apply", "plan", "read"]


@dataclass(frozen=True)
class Outcome:
    """What became of an item.

    Attributes:
        item: The item of the plan.
        error: Why it could not be written; empty when it was, or when there was nothing to do.
    """

    item: Item
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether Prefect now holds what the export says."""
        return not self.error and self.item.action in ("create", "replace", "unchanged")


def read(*files: str | PathLike[str]) -> Export:
    """Read export files, as `airflow connections|variables|pools export FILE.json` writes them.

    Entries that are damaged become `problems` of the result. An id that two files have is an error.

    Args:
        files: The files' paths, in any order and of any of the three kinds.

    Raises:
        InvalidExportError: A file is missing, can't be read, or isn't an export.
    """
    export = Export()
    for file in files:
        export += parse_export(_content(Path(file)), str(file))
    _refuse_repeated(export)
    return export


def plan(export: Export, *, only: Collection[str] = (), replace: bool = False) -> tuple[Item, ...]:
    """Compare an export with what the Prefect server holds. Nothing is written.

    Args:
        export: What `read` returned.
        only: Shell patterns, such as `warehouse_*`: an id that matches none of them is left out. Empty means all.
        replace: Whether what exists and differs is to be replaced.
    """
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


def apply(items: tuple[Item, ...], *, progress: Callable[[Outcome], None] | None = None) -> tuple[Outcome, ...]:
    """Write what the plan says; what fails is reported at the end, and the rest goes on.

    When the server can't be reached any more, what is left is reported as not tried.

    Args:
        items: What `plan` returned.
        progress: Called with each outcome as it is there.
    """
    from ._prefect.writer import Writer

    outcomes: list[Outcome] = []
    writer = Writer()
    for item in items:
        outcomes.append(Outcome(item, writer.write(item)))
        if progress:
            progress(outcomes[-1])
    return tuple(outcomes)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InvalidExportError(
            f"{path}: there is no such file; export it with `airflow connections export {path}`"
        ) from None
    except IsADirectoryError:
        raise InvalidExportError(f"{path}: a directory; give the files in it by name") from None
    except OSError as exc:
        raise InvalidExportError(f"{path}: can't be read ({exc.strerror}); check its permissions") from None


def _refuse_repeated(export: Export) -> None:
    groups: dict[str, list[str | None]] = {
        "connection": [connection.conn_id for connection in export.connections],
        "variable": [variable.key for variable in export.variables],
        "pool": [pool.name for pool in export.pools],
    }
    for kind, ids in groups.items():
        repeated = [id_ for id_, number in Counter(ids).items() if number > 1]
        if repeated:
            raise InvalidExportError(f"{kind} {repeated[0]!r} is in more than one of the files; leave one of them out")
