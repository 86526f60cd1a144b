"""References to the results of tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ._dependencies import DependencyMixin, Resolve, ResolveMixin, iter_references
from ._notset import NOTSET, is_arg_set
from ._setup_teardown import SetupTeardownContext, close_block, open_block
from ._xcom_values import Concatenated, Mapped, Zipped, checked_sequence

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._abstract_operator import AbstractOperator
    from ._edges import EdgeModifier
    from ._node import DAGNode

XCOM_RETURN_KEY = "return_value"


class XComArg(ResolveMixin, DependencyMixin):
    """A reference to a value that upstream tasks push. `XComArg(operator, key)` refers to one XCom."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is XComArg:
            return PlainXComArg(*args, **kwargs)
        return super().__new__(cls)

    @staticmethod
    def iter_xcom_references(arg: Any) -> Iterator[tuple[AbstractOperator, str]]:
        """Yield the operator and key of each XCom reference in a value, also of references inside collections."""
        return iter_references(arg)

    @staticmethod
    def apply_upstream_relationship(op: AbstractOperator, arg: Any) -> None:
        """Add an upstream edge to `op` for each result that a value refers to."""
        for operator, _ in iter_references(arg):
            op.set_upstream(operator)

    @property
    def roots(self) -> Sequence[DAGNode]:
        return [operator for operator, _ in self.iter_references()]

    @property
    def leaves(self) -> Sequence[DAGNode]:
        return [operator for operator, _ in self.iter_references()]

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        for operator, _ in self.iter_references():
            operator.set_upstream(other, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        for operator, _ in self.iter_references():
            operator.set_downstream(other, edge_modifier)

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        """Return a reference to this result with a plain function applied to each element."""
        return MapXComArg(self, [f])

    def zip(self, *others: XComArg, fillvalue: Any = NOTSET) -> ZipXComArg:
        """Combine results element by element, like `zip`, or like `itertools.zip_longest` if a `fillvalue` is given."""
        return ZipXComArg([self, *others], fillvalue=fillvalue)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        """Return a reference to the elements of this result and of the others, one result after the other."""
        return ConcatXComArg([self, *others])

    def __enter__(self) -> type[SetupTeardownContext]:
        return open_block([operator for operator, _ in self.iter_references()])

    def __exit__(self, *exception: object) -> None:
        close_block()


class PlainXComArg(XComArg):
    """A reference to one XCom of one task.

    Args:
        operator: The task that pushes the XCom.
        key: The XCom's key.
    """

    def __init__(self, operator: AbstractOperator, key: str = XCOM_RETURN_KEY) -> None:
        self.operator = operator
        self.key = key

    def __getitem__(self, item: str) -> PlainXComArg:
        if not isinstance(item, str):
            # DagDefinitionError is a ValueError, as in Airflow.
            raise DagDefinitionError(
                f"XComArg only supports str lookup, received {type(item).__name__}. Pick the element inside a task."
            )
        return PlainXComArg(self.operator, item)

    def __iter__(self) -> Iterator[Any]:
        # Without this method, Python would iterate by calling `__getitem__` with 0, 1, 2 and so on.
        raise TypeError(
            f"The result of task {self.operator.task_id!r} is not iterable while the DAG is defined. Use expand()."
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlainXComArg):
            return NotImplemented
        return self.operator == other.operator and self.key == other.key

    def __hash__(self) -> int:
        return hash((self.operator, self.key))

    def __repr__(self) -> str:
        return (
            f"XComArg({self.operator!r})"
            if self.key == XCOM_RETURN_KEY
            else f"XComArg({self.operator!r}, {self.key!r})"
        )

    def __str__(self) -> str:
        """Return a template that pulls the XCom, so that an f-string in a template field works."""
        operator = self.operator
        key = f", key='{self.key}'" if self.key is not None else ""
        return f"{{{{ task_instance.xcom_pull(task_ids='{operator.task_id}', dag_id='{operator.dag_id}'{key}) }}}}"

    @property
    def is_setup(self) -> bool:
        return self.operator.is_setup

    @is_setup.setter
    def is_setup(self, value: bool) -> None:
        self.operator.is_setup = value

    @property
    def is_teardown(self) -> bool:
        return self.operator.is_teardown

    @is_teardown.setter
    def is_teardown(self, value: bool) -> None:
        self.operator.is_teardown = value

    @property
    def on_failure_fail_dagrun(self) -> bool:
        return self.operator.on_failure_fail_dagrun

    @on_failure_fail_dagrun.setter
    def on_failure_fail_dagrun(self, value: bool) -> None:
        self.operator.on_failure_fail_dagrun = value

    def as_setup(self) -> Self:
        self.operator.as_setup()
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Self:
        self.operator.as_teardown(setups=setups, on_failure_fail_dagrun=on_failure_fail_dagrun)
        return self

    def iter_references(self) -> Iterator[tuple[AbstractOperator, str]]:
        yield self.operator, self.key

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        self._check_return_value("map")
        return super().map(f)

    def zip(self, *others: XComArg, fillvalue: Any = NOTSET) -> ZipXComArg:
        self._check_return_value("zip")
        return super().zip(*others, fillvalue=fillvalue)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        self._check_return_value("concat")
        return super().concat(*others)

    def _check_return_value(self, method: str) -> None:
        if self.key != XCOM_RETURN_KEY:
            raise DagDefinitionError(
                f"{method}() was called on the XCom {self.key!r} of task {self.operator.task_id!r}. Call it on the "
                "task's return value."
            )

    def resolve_with(self, resolve: Resolve) -> Any:
        return resolve(self)


class MapXComArg(XComArg):
    """A reference to a result, and functions that are applied to each of its elements."""

    def __init__(self, arg: XComArg, callables: Sequence[Callable[[Any], Any]]) -> None:
        if any(getattr(each, "_airflow_is_task_decorator", False) for each in callables):
            raise DagDefinitionError("map() got a function with @task. Pass a plain function.")
        self.arg = arg
        self.callables = callables

    def __repr__(self) -> str:
        return repr(self.arg) + "".join(f".map({getattr(each, '__name__', '<function>')})" for each in self.callables)

    def iter_references(self) -> Iterator[tuple[AbstractOperator, str]]:
        yield from iter_references(self.arg)

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        return MapXComArg(self.arg, [*self.callables, f])

    def resolve_with(self, resolve: Resolve) -> Any:
        return Mapped(checked_sequence(self.arg.resolve_with(resolve), "map"), self.callables)


class _Joined(XComArg):
    """Base class of references that combine several results into one."""

    args: Sequence[XComArg]

    def iter_references(self) -> Iterator[tuple[AbstractOperator, str]]:
        for arg in self.args:
            yield from iter_references(arg)

    def _values(self, resolve: Resolve, method: str) -> list[Any]:
        return [checked_sequence(arg.resolve_with(resolve), method) for arg in self.args]

    def _shown(self) -> str:
        return ", ".join(map(repr, self.args[1:]))


class ZipXComArg(_Joined):
    """A reference to several results that are combined element by element."""

    def __init__(self, args: Sequence[XComArg], *, fillvalue: Any = NOTSET) -> None:
        self.args = args
        self.fillvalue = fillvalue

    def __repr__(self) -> str:
        fill = f", fillvalue={self.fillvalue!r}" if is_arg_set(self.fillvalue) else ""
        return f"{self.args[0]!r}.zip({self._shown()}{fill})"

    def resolve_with(self, resolve: Resolve) -> Any:
        return Zipped(self._values(resolve, "zip"), self.fillvalue)


class ConcatXComArg(_Joined):
    """A reference to the elements of several results, one result after the other."""

    def __init__(self, args: Sequence[XComArg]) -> None:
        self.args = args

    def __repr__(self) -> str:
        return f"{self.args[0]!r}.concat({self._shown()})"

    def concat(self, *others: XComArg) -> ConcatXComArg:
        return ConcatXComArg([*self.args, *others])

    def resolve_with(self, resolve: Resolve) -> Any:
        return Concatenated(self._values(resolve, "concat"))
