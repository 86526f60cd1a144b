"""The values over which mapped tasks and groups are expanded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import DagDefinitionError, MappingError
from ._current import definition_release
from ._dependencies import Resolve, ResolveMixin, item_by_item, iter_references
from ._xcom_arg import XCOM_RETURN_KEY, XComArg

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator


class DictOfListsExpandInput(ResolveMixin):
    """The arguments of `expand`: one instance for each combination of the arguments' elements.

    From one instance to the next, the element of the last argument changes fastest.
    """

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value

    def iter_references(self) -> Iterator[tuple[AbstractOperator, str]]:
        return _references(self.value.values())

    def references(self) -> list[AbstractOperator]:
        """Return the operators whose results contain the values."""
        return _distinct(self)

    def literal_length(self) -> int | None:
        """Return the number of instances if all values are literals; None if it depends on results."""
        if any(isinstance(value, ResolveMixin) for value in self.value.values()):
            return None
        return prod(len(value) for value in self.value.values()) if self.value else 0

    def length(self, resolve: Resolve) -> int:
        """Return the number of instances.

        Raises:
            MappingError: A result over which the task is mapped is not a list or dict.
        """
        return prod(len(_checked(value)) for value in self._resolved(resolve).values()) if self.value else 0

    def row(self, index: int, resolve: Resolve) -> dict[str, Any]:
        """Return the arguments of one instance.

        Raises:
            MappingError: A result over which the task is mapped is not a list or dict, or is empty.
        """
        resolved = self._resolved(resolve)
        found = {}
        for key in reversed(resolved):
            value = _checked(resolved[key])
            if not value:
                raise MappingError(f"cannot expand field {key!r} mapped to length 0. Return at least one element.")
            index, position = divmod(index, len(value))
            found[key] = value[position] if isinstance(value, Sequence) else list(value.items())[position]
        return {key: found[key] for key in resolved}

    def _resolved(self, resolve: Resolve) -> dict[str, Any]:
        return {
            key: value.resolve_with(item_by_item(resolve)) if isinstance(value, ResolveMixin) else value
            for key, value in self.value.items()
        }


class ListOfDictsExpandInput(ResolveMixin):
    """The argument of `expand_kwargs`: one instance for each dict of arguments."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> Iterator[tuple[AbstractOperator, str]]:
        return _references([self.value] if isinstance(self.value, ResolveMixin) else self.value)

    def references(self) -> list[AbstractOperator]:
        """Return the operators whose results contain the values."""
        return _distinct(self)

    def literal_length(self) -> int | None:
        """Return the number of instances if it is known; None if it depends on a result."""
        return len(self.value) if isinstance(self.value, Sized) else None

    def length(self, resolve: Resolve) -> int:
        """Return the number of instances.

        Raises:
            MappingError: The result over which the task is mapped is not a list.
        """
        return len(self._rows(resolve))

    def row(self, index: int, resolve: Resolve) -> dict[str, Any]:
        """Return the arguments of one instance.

        Raises:
            MappingError: The values are not a list of dicts with text as keys.
        """
        row = self._rows(resolve)[index]
        if isinstance(row, ResolveMixin):
            row = row.resolve_with(resolve)
        if not isinstance(row, Mapping):
            raise MappingError(f"expand_kwargs() expects a list[dict], not list[{_kind(row)}]. Return dicts.")
        for key in row:
            if not isinstance(key, str):
                raise MappingError(
                    f"expand_kwargs() input dict keys must all be str, but {key!r} is of type {_kind(key)}."
                )
        return dict(row)

    def _rows(self, resolve: Resolve) -> Any:
        rows = self.value.resolve_with(item_by_item(resolve)) if isinstance(self.value, ResolveMixin) else self.value
        if not isinstance(rows, Sequence) or isinstance(rows, (str, bytes)):
            raise MappingError(f"expand_kwargs() expects a list[dict], not {_kind(rows)}. Return a list from the task.")
        return rows


ExpandInput: TypeAlias = DictOfListsExpandInput | ListOfDictsExpandInput


class MappedArgument(ResolveMixin):
    """An argument of a mapped task group, as the function of the group receives it."""

    def __init__(self, *, input: ExpandInput, key: str) -> None:  # noqa: A002
        values = input.value.values() if isinstance(input, DictOfListsExpandInput) else ()
        if definition_release() == "3" and any(isinstance(value, MappedArgument) for value in values):
            raise DagDefinitionError(
                f"The argument {key!r} of a mapped task group is mapped over an argument of another mapped group. Map "
                "the inner group over literals or results."
            )
        self.input = input
        self.key = key

    def iter_references(self) -> Iterable[tuple[AbstractOperator, str]]:
        return self.input.iter_references()

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the value for the map index of the task instance."""
        from ._templating import resolver_for

        return self.input.row(context["ti"].map_index, resolver_for(context))[self.key]

    def __repr__(self) -> str:
        return f"MappedArgument({self.key!r})"


def is_mappable(value: Any) -> bool:
    """Return True if `expand` accepts the value."""
    return isinstance(value, (MappedArgument, XComArg, Mapping, Sequence)) and not isinstance(value, str)


def check_rows(rows: Any) -> None:
    """Check the argument of `expand_kwargs`.

    Raises:
        MappingError: The argument is neither a task's result nor a list of dicts and results.
    """
    wrong = [row for row in rows if not isinstance(row, (XComArg, Mapping))] if isinstance(rows, Sequence) else [rows]
    if wrong and not isinstance(rows, XComArg):
        raise MappingError(f"expected XComArg or list[dict], not {type(rows).__name__}. Pass a list of dicts.")


def check_return_values(value: Any) -> None:
    """Check that the mapped values are return values of tasks.

    Raises:
        MappingError: A value refers to an XCom other than a return value.
    """
    if isinstance(value, XComArg):
        for operator, key in value.iter_references():
            if key != XCOM_RETURN_KEY:
                raise MappingError(
                    f"cannot map over XCom with custom key {key!r} from {operator}. Map over the task's return value."
                )
    elif isinstance(value, Mapping):
        check_return_values(list(value.values()))
    elif isinstance(value, (list, tuple, set)):
        for each in value:
            check_return_values(each)


def _references(values: Iterable[Any]) -> Iterator[tuple[AbstractOperator, str]]:
    for value in values:
        if isinstance(value, XComArg):
            yield from iter_references(value)


def _distinct(given: ResolveMixin) -> list[AbstractOperator]:
    return list({operator.task_id: operator for operator, _ in given.iter_references()}.values())


def _checked(value: Any) -> Any:
    if not isinstance(value, (Sequence, dict)) or isinstance(value, (str, bytes, bytearray)):
        raise MappingError(f"can't map over value of type {type(value)}. Return a list or dict from the task.")
    return value


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__
