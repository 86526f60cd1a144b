"""The base classes of objects that `>>` and `<<` connect: operators, task groups, XComArgs and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._abstract_operator import AbstractOperator
    from ._edges import EdgeModifier
    from ._node import DAGNode

Resolve: TypeAlias = Callable[[Any], Any]
"""A function that returns the value of a `PlainXComArg` in a task instance."""


def item_by_item(resolve: Resolve) -> Resolve:
    """Return a variant of `resolve` whose sequences read each item when needed; `resolve` if it has no such variant."""
    found: Resolve = getattr(resolve, "item_by_item", resolve)
    return found


class DependencyMixin:
    """Something that can be upstream or downstream of tasks."""

    @property
    def roots(self) -> Sequence[DAGNode]:
        """The tasks at which an edge to this object ends."""
        raise NotImplementedError

    @property
    def leaves(self) -> Sequence[DAGNode]:
        """The tasks at which an edge from this object starts."""
        raise NotImplementedError

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        """Set one or several objects upstream of this one."""
        raise NotImplementedError

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        """Set one or several objects downstream of this one."""
        raise NotImplementedError

    def update_relative(
        self, other: DependencyMixin, upstream: bool = True, edge_modifier: EdgeModifier | None = None
    ) -> None:
        """Called when `other` is set upstream or downstream of this object. Labels and groups override this method."""

    def as_setup(self) -> Self:
        """Mark the task as a setup."""
        raise NotImplementedError

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Self:
        """Mark the task as a teardown, and connect it to its setups."""
        raise NotImplementedError

    def __rshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return other

    def __lshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return other

    # Python calls these methods for `[a, b] >> task`, because lists have no such operator.
    def __rrshift__(self, other: Any) -> Self:
        self.set_upstream(other)
        return self

    def __rlshift__(self, other: Any) -> Self:
        self.set_downstream(other)
        return self


class ResolveMixin:
    """A value that is known only in a task instance."""

    def iter_references(self) -> Iterable[tuple[AbstractOperator, str]]:
        """Yield the operators and XCom keys that the value comes from."""
        raise NotImplementedError

    def resolve_with(self, resolve: Resolve) -> Any:
        """Return the value. To get the value of each `PlainXComArg` in it, this method calls `resolve`."""
        raise NotImplementedError

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the value in a task instance."""
        from ._templating import resolver_for

        return self.resolve_with(resolver_for(context))


def listed(value: Any) -> Sequence[Any]:
    """Return a sequence as it is, and anything else as the only element of a list."""
    return value if isinstance(value, Sequence) else [value]


def iter_references(value: Any) -> Iterator[tuple[AbstractOperator, str]]:
    """Yield the operators and XCom keys that a value refers to, at any depth of collections and template fields."""
    if isinstance(value, ResolveMixin):
        yield from value.iter_references()
    elif isinstance(value, (tuple, set, list)):
        for element in value:
            yield from iter_references(element)
    elif isinstance(value, dict):
        for element in value.values():
            yield from iter_references(element)
    elif isinstance(value, DependencyMixin):
        for name in getattr(value, "template_fields", ()):
            yield from iter_references(getattr(value, name, None))
