"""An Airflow export into Prefect: `read` the files, `plan` against what the server has, `apply` the plan.

`plan` writes nothing. `apply` only creates: what exists is left as it is, so that it can be run again after a break.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ._airflow.exports import Export, Problem, parse_export
from ._airflow.names import block_name
from ._specs.connections import HOMES
from ._specs.import_plan import Holdings, Item, plan_items
from ._specs.specs import BlockSpec, LimitSpec, VariableSpec
from ._specs.variables import SECRET_SLUG
from .errors import AirflowCompatError, InvalidExportError, ServerUnreachableError

if TYPE_CHECKING:
    from ._prefect.blocks import BlockType

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
        return not self.error and self.item.action in ("create", "unchanged")


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


def plan(export: Export) -> tuple[Item, ...]:
    """Compare an export with what the Prefect server holds. Nothing is written."""
    from ._prefect.blocks import read_documents
    from ._prefect.limits import read_limits
    from ._prefect.variables import read_variables

    ids = [connection.conn_id for connection in export.connections] + [variable.key for variable in export.variables]
    names = [block_name(id_) for id_ in ids if id_]
    holdings = Holdings(
        blocks=tuple(read_documents(names, slugs=[*HOMES, SECRET_SLUG])) if names else (),
        variables=tuple(read_variables()) if export.variables else (),
        limits=tuple(read_limits()) if export.pools else (),
    )
    return plan_items(export, holdings)


def apply(items: tuple[Item, ...], *, progress: Callable[[Outcome], None] | None = None) -> tuple[Outcome, ...]:
    """Create what the plan says is to be created; what fails is reported at the end, and the rest goes on.

    When the server can't be reached any more, what is left is reported as not tried.

    Args:
        items: What `plan` returned.
        progress: Called with each outcome as it is there.
    """
    outcomes: list[Outcome] = []
    writer = _Writer()
    for item in items:
        outcomes.append(Outcome(item, writer.write(item) if item.action == "create" else ""))
        if progress:
            progress(outcomes[-1])
    return tuple(outcomes)


class _Writer:
    """Writes items one after another; knows each block type's ids once, and whether the server is gone."""

    def __init__(self) -> None:
        self._types: dict[str, BlockType] = {}
        self._gone = ""

    def write(self, item: Item) -> str:
        """Create what the item says; why that failed, or an empty text."""
        if self._gone:
            return self._gone
        try:
            self._create(item)
        except ServerUnreachableError as exc:
            self._gone = "not tried, since the server can't be reached; run the import again"
            return str(exc)
        except AirflowCompatError as exc:
            return str(exc)
        return ""

    def _create(self, item: Item) -> None:
        from ._prefect.blocks import create_document, read_type
        from ._prefect.limits import create_limit
        from ._prefect.variables import create_variable

        match item.spec:
            case BlockSpec() as spec:
                if spec.type_slug not in self._types:
                    self._types[spec.type_slug] = read_type(spec.type_slug)
                create_document(spec, self._types[spec.type_slug])
            case VariableSpec() as spec:
                create_variable(spec)
            case LimitSpec() as spec:
                create_limit(spec)


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
