"""The placeholders that DAG files get for Airflow's names without a stand-in.

Operators and sensors become tasks of the graph, and fail when they run. Other placeholders do nothing while a file is
loaded, so a file can import them, use them in annotations, or derive classes from them. After the file has been loaded,
any use of a placeholder raises an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from .._airflow.import_names import REASONS
from ..errors import UnsupportedFeatureError
from ..exceptions import AirflowException

if TYPE_CHECKING:
    from typing_extensions import Self

_loading: ContextVar[bool] = ContextVar("airflow_compat_loading", default=False)
_OF_OPERATORS = re.compile(r"\.(operators|sensors|transfers)(\.|$)")
_NAMED_OPERATOR = re.compile(r"[A-Z]\w*(Operator|Sensor|Transfer)(Async)?$")
_NAMED_ERROR = re.compile(r"[A-Z]\w*(Error|Exception|Warning|NotFound)$")
# Names of classes that are not operators, although their modules contain operators.
_NO_OPERATOR = re.compile(
    r"(Action|Builder|Callback|Config|Enum|Generator|Hook|Link|Mixin|MixIn|Mode|Phase|Params|Secret|Settings|State|Status|"
    r"Task|Trigger|Type)s?$"
)


class MissingOperatorError(UnsupportedFeatureError, AirflowException):
    """A task ran whose operator has no stand-in."""


@contextmanager
def loading() -> Iterator[None]:
    """In a `with` block, let placeholders do nothing instead of raising errors."""
    token = _loading.set(True)
    try:
        yield
    finally:
        _loading.reset(token)


def is_operator(module: str, name: str) -> bool:
    """Return True if a name is probably an operator or sensor."""
    if not name[:1].isupper() or _NAMED_ERROR.match(name):
        return False
    return bool(_NAMED_OPERATOR.match(name) or (_OF_OPERATORS.search(module) and not _NO_OPERATOR.search(name)))


def placeholder(module: str, name: str, reason: str) -> Any:
    """Return the placeholder of a name: an operator, an exception, another class, or an object."""
    full_name = f"{module}.{name}"
    if is_operator(module, name):
        return missing_operator(module, name, reason)
    if _NAMED_ERROR.match(name):
        base = Warning if name.endswith("Warning") else AirflowException
        return type(name, (base,), {"__module__": module, "__doc__": f"The placeholder of `{full_name}`."})
    if name[:1].isupper() and not name.isupper():
        return _PlaceholderMeta(
            name, (Placeholder,), {"__module__": module, "_full_name": full_name, "_reason": reason}
        )
    return Placeholder._of(full_name, reason)


def _use(full_name: str, reason: str) -> None:
    if not _loading.get():
        raise UnsupportedFeatureError(
            f"{full_name} was used in a task, but airflow_compat has no stand-in for it. {REASONS[reason]}"
        )


class _PlaceholderMeta(type):
    """Metaclass of placeholder classes: while a file is loaded, their ordinary attributes are placeholders, too."""

    _full_name: str
    _reason: str

    def __getattr__(cls, name: str) -> Any:
        # Special attributes don't exist, because Python's annotations and protocols try to read them.
        if name.startswith("__"):
            raise AttributeError(name)
        _use(cls._full_name, cls._reason)
        return placeholder(cls._full_name, name, cls._reason)

    def __getitem__(cls, key: object) -> Any:
        return cls

    def __iter__(cls) -> Iterator[Any]:
        _use(cls._full_name, cls._reason)
        return iter(())


class Placeholder(metaclass=_PlaceholderMeta):
    """The placeholder for an object, or for a class that is used as a base class."""

    _full_name = "airflow"
    _reason = "internals"

    @classmethod
    def _of(cls, full_name: str, reason: str) -> Placeholder:
        made = object.__new__(cls)
        vars(made).update(_full_name=full_name, _reason=reason)
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - it takes any
        _use(self._full_name, self._reason)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        _use(self._full_name, self._reason)
        return placeholder(self._full_name, name, self._reason)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # A placeholder that is used as a decorator returns the function unchanged.
        if len(args) == 1 and callable(args[0]) and not kwargs and _loading.get():
            return args[0]
        _use(self._full_name, self._reason)
        return Placeholder._of(f"{self._full_name}()", self._reason)

    def __getitem__(self, key: object) -> Any:
        _use(self._full_name, self._reason)
        return Placeholder._of(f"{self._full_name}[{key!r}]", self._reason)

    def __setitem__(self, key: object, value: object) -> None:
        _use(self._full_name, self._reason)

    def __iter__(self) -> Iterator[Any]:
        _use(self._full_name, self._reason)
        return iter(())

    def __len__(self) -> int:
        _use(self._full_name, self._reason)
        return 0

    def __bool__(self) -> bool:
        return True

    def __contains__(self, item: object) -> bool:
        _use(self._full_name, self._reason)
        return False

    def __enter__(self) -> Self:
        _use(self._full_name, self._reason)
        return self

    def __exit__(self, *exception: object) -> None:
        """Let exceptions pass."""

    def _combined(self, _other: object) -> Any:
        _use(self._full_name, self._reason)
        return self

    __or__ = __ror__ = __and__ = __rand__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _combined
    __truediv__ = __rtruediv__ = __mod__ = _combined

    def __repr__(self) -> str:
        return f"<placeholder of {self._full_name}>"


@cache
def _operator_base() -> Any:
    """Return the base class of the placeholders for operators.

    The class is created on first use, because importing `authoring` takes time.
    """
    from ..authoring import BaseOperator
    from ..authoring._operator_meta import BaseOperatorMeta, argument_names

    known = {*argument_names(BaseOperator), "default_args"}

    class MissingMeta(BaseOperatorMeta):
        def __getattr__(cls, name: str) -> Any:  # noqa: N805 - a metaclass
            if name.startswith("_"):
                raise AttributeError(name)
            _use(cls._full_name, cls._reason)
            return placeholder(cls._full_name, name, cls._reason)

    class MissingOperator(BaseOperator, metaclass=MissingMeta):
        """An operator without a stand-in, which accepts any argument."""

        _full_name: str
        _reason: str
        takes_any_argument = True

        def __init__(self, **kwargs: Any) -> None:
            others = {name: value for name, value in kwargs.items() if name not in known}
            super().__init__(**{name: value for name, value in kwargs.items() if name in known})
            vars(self).update(others)
            # Unknown arguments become template fields: if such an argument contains another task's result, this creates
            # an edge.
            self.template_fields = (*self.template_fields, *others)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            _use(self._full_name, self._reason)
            return Placeholder._of(f"{self._full_name}.{name}", self._reason)

        def execute(self, context: Any) -> NoReturn:  # noqa: ARG002 - for the base class
            raise MissingOperatorError(
                f"Task {self.task_id!r} uses {self._full_name}, for which airflow_compat has no stand-in. "
                f"{REASONS[self._reason]}"
            )

    return MissingOperator


def missing_operator(module: str, name: str, reason: str, bases: tuple[type, ...] = ()) -> Any:
    """Return the placeholder of an operator.

    Args:
        module: Its module.
        name: Its name.
        reason: The reason why the operator has no stand-in.
        bases: Further base classes of the placeholder, which show the kind of the operator.
    """
    base = _operator_base()
    attributes = {
        "__module__": module,
        "__doc__": f"The placeholder of `{module}.{name}`.",
        "_full_name": f"{module}.{name}",
        "_reason": reason,
    }
    return type(base)(name, (base, *bases), attributes)
