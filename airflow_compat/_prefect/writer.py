"""Writes what an import's plan says, one item after another."""

from __future__ import annotations

from .._specs.import_plan import Item
from .._specs.specs import BlockSpec, LimitSpec, VariableSpec
from ..errors import AirflowCompatError, NameTakenError, ServerUnreachableError
from .blocks import BlockType, create_document, delete_document, read_documents, read_type, update_document
from .limits import create_limit, read_limit, update_limit
from .variables import create_variable, delete_variable, read_variable, upsert_variable


class Writer:
    """Knows each block type's ids once, and whether the server is gone."""

    def __init__(self) -> None:
        self._types: dict[str, BlockType] = {}
        self._gone = ""

    def write(self, item: Item) -> str:
        """Do what the item says; why that failed, or an empty text."""
        if self._gone:
            return self._gone
        try:
            if item.action == "create":
                self._create(item)
            elif item.action == "replace":
                self._replace(item)
        except ServerUnreachableError as exc:
            self._gone = "not tried, since the server can't be reached; run the import again"
            return str(exc)
        except AirflowCompatError as exc:
            return str(exc)
        return ""

    def _create(self, item: Item) -> None:
        try:
            match item.spec:
                case BlockSpec() as spec:
                    create_document(spec, self._type(spec))
                case VariableSpec() as spec:
                    create_variable(spec)
                case LimitSpec() as spec:
                    create_limit(spec)
        except NameTakenError:
            # A server may answer that it is busy when it has written already, and then finds that in its own way.
            if not _is_there(item):
                raise

    def _replace(self, item: Item) -> None:
        match item.spec, item.existing:
            case BlockSpec() as spec, BlockSpec() as existing if spec.type_slug == existing.type_slug:
                update_document(existing.id, spec, self._type(spec))
            case VariableSpec() as spec, VariableSpec():
                upsert_variable(spec)
            case LimitSpec() as spec, LimitSpec():
                update_limit(spec)
            case _, existing:
                # Another kind of home: the new one first, so that there is none without the value meanwhile.
                self._create(item)
                if isinstance(existing, BlockSpec):
                    delete_document(existing.id)
                elif isinstance(existing, VariableSpec):
                    delete_variable(existing.name)

    def _type(self, spec: BlockSpec) -> BlockType:
        if spec.type_slug not in self._types:
            self._types[spec.type_slug] = read_type(spec.type_slug)
        return self._types[spec.type_slug]


def _is_there(item: Item) -> bool:
    """Whether the server holds exactly what the item says."""
    match item.spec:
        case BlockSpec() as spec:
            return spec in read_documents([spec.name], slugs=[spec.type_slug])
        case VariableSpec() as spec:
            return read_variable(spec.name) == spec
        case LimitSpec() as spec:
            return read_limit(spec.name) == spec
    return False
