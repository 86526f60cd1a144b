"""A context as a dict whose values are found when they are first read."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

from .._airflow.context import KEYS, missing_key
from .._airflow.version import AirflowVersion

if TYPE_CHECKING:
    from typing_extensions import Self

_KNOWN = KEYS["2"] | KEYS["3"]
# What stands in a dict whose keys aren't known yet: JSON's encoder takes one of no length for empty without asking it.
_UNREAD = "airflow_compat: unread"


class Context(dict[str, Any]):
    """Airflow's context of one task run or flow run, as a dict.

    A key of Airflow's that has no value here is an error that names it, also through `get`: a callback must not take a
    missing thing for an absent one.
    """

    def __init__(self, values: Callable[[], Mapping[str, Callable[[], Any]]], version: AirflowVersion) -> None:
        super().__init__({_UNREAD: None})
        # Most contexts are made for a callback that reads little of them, or nothing.
        self._unread: Callable[[], Mapping[str, Callable[[], Any]]] | None = values
        self._pending: set[str] = set()
        self._version = version

    def _read(self) -> None:
        """Find out what there is to be found, once; what was put in meanwhile stays."""
        if self._unread is None:
            return
        values, self._unread = self._unread, None
        super().pop(_UNREAD)
        for key, find in values().items():
            if not super().__contains__(key):
                super().__setitem__(key, find)
                self._pending.add(key)

    def find_again(self, values: Mapping[str, Callable[[], Any]]) -> None:
        """Find these values when they are next read, whatever they were; a context that is unread does so anyway."""
        if self._unread is None:
            for key, find in values.items():
                super().__setitem__(key, find)
                self._pending.add(key)

    @property
    def airflow_version(self) -> AirflowVersion:
        """The version that it is faithful to."""
        return self._version

    def __getitem__(self, key: str) -> Any:
        self._read()
        if key in self._pending:
            self[key] = super().__getitem__(key)()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._pending.discard(key)
        super().__setitem__(key, value)

    def __missing__(self, key: str) -> Any:
        raise missing_key(key, self._version)

    def __contains__(self, key: object) -> bool:
        self._read()
        return super().__contains__(key)

    def __len__(self) -> int:
        self._read()
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        return dict(self) == other

    __hash__ = None

    def __iter__(self) -> Iterator[str]:
        # An __iter__ of its own makes dict(context) and **context go through __getitem__.
        self._read()
        return super().__iter__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """The keys."""
        return KeysView(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process gets the values; what finds them here stays.
        return dict, (dict(self),)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default for a key that Airflow's own context of this event doesn't have either."""
        return self[key] if key in self or key in _KNOWN else default

    def copy(self) -> Context:
        """A context of its own, whose values are found when they are first read."""
        twin = Context(dict, self._version)
        twin._read()
        dict.update(twin, {key: dict.__getitem__(self, key) for key in self})
        twin._pending = set(self._pending)
        return twin

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add or replace values."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    # dict's own operators go past how values are found.
    def __or__(self, other: Any) -> Any:
        if not isinstance(other, Mapping):
            return NotImplemented
        joined = self.copy()
        joined.update(other)
        return joined

    def __ior__(self, other: Any) -> Self:  # type: ignore[override]
        self.update(other)
        return self

    def clear(self) -> None:
        """Take all values out."""
        self._read()
        self._pending.clear()
        super().clear()

    def popitem(self) -> tuple[str, Any]:
        """Take the last value out."""
        self._read()
        key = next(reversed(self), None)
        return super().popitem() if key is None else (key, self.pop(key))

    def __reversed__(self) -> Iterator[str]:
        self._read()
        return super().__reversed__()

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value; the default becomes it where there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Take a value out."""
        if key in self:
            # Found before it goes: what is stored of it until then is how it is found.
            self[key] = self[key]
        return super().pop(key, *default)

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        """The items, each value found as it is reached."""
        return ItemsView(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        """The values, each found as it is reached."""
        return ValuesView(self)

    def __repr__(self) -> str:
        return f"<Context of {', '.join(self)}>"
