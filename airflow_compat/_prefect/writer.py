"""Writes the items of an import's plan one by one."""

from __future__ import annotations

from functools import cache

from ..errors import AirflowCompatError, NameTakenError, ServerUnreachableError
from .blocks import create_document, delete_document, read_documents, read_type, update_document
from .limits import create_limit, read_limit, update_limit
from .plan import Item
from .specs import BlockSpec, LimitSpec, VariableSpec
from .variables import create_variable, delete_variable, read_variable, upsert_variable


class Writer:
    """Writes items. Stops sending requests once the server can't be reached."""

    def __init__(self) -> None:
        # Read the ids of each block type from the server only once.
        self._type = cache(read_type)
        self._gone = ""

    def write(self, item: Item) -> str:
        """Write the item. Return the error, or an empty text."""
        if self._gone:
            return self._gone
        try:
            if item.action == "create":
                self._create(item)
            elif item.action == "replace":
                self._replace(item)
        except ServerUnreachableError as exc:
            self._gone = "not sent, because the server can't be reached; run the import again"
            return str(exc)
        except AirflowCompatError as exc:
            return str(exc)
        return ""

    def _create(self, item: Item) -> None:
        try:
            match item.spec:
                case BlockSpec() as spec:
                    create_document(spec, self._type(spec.type_slug))
                case VariableSpec() as spec:
                    create_variable(spec)
                case LimitSpec() as spec:
                    create_limit(spec)
        except NameTakenError:
            # An earlier try of this request may have written the object, although the server was busy.
            if not _is_there(item):
                raise

    def _replace(self, item: Item) -> None:
        match item.spec, item.existing:
            case BlockSpec() as spec, BlockSpec() as existing if spec.type_slug == existing.type_slug:
                update_document(existing.id, spec, self._type(spec.type_slug))
            case VariableSpec() as spec, VariableSpec():
                upsert_variable(spec)
            case LimitSpec() as spec, LimitSpec():
                update_limit(spec)
            case _, existing:
                # The kind of object changes: create the new object before deleting the old one, so that a value always
                # exists.
                self._create(item)
                if isinstance(existing, BlockSpec):
                    delete_document(existing.id)
                elif isinstance(existing, VariableSpec):
                    delete_variable(existing.name)


def _is_there(item: Item) -> bool:
    match item.spec:
        case BlockSpec() as spec:
            return spec in read_documents([spec.name], slugs=[spec.type_slug])
        case VariableSpec() as spec:
            return read_variable(spec.name) == spec
        case LimitSpec() as spec:
            return read_limit(spec.name) == spec
    return False
