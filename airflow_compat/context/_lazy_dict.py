"""The context: a dict that finds each value on first read."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from .._airflow.context_keys import KEYS, missing_key
from .._airflow.run_objects import Dag, DagRun, Task, TaskInstance
from .._airflow.version import AirflowVersion

if TYPE_CHECKING:
    from typing_extensions import Self

# The names of keys, grouped by the type of their values, for type checkers.
TextKey: TypeAlias = Literal[
    "ds",
    "ds_nodash",
    "reason",
    "run_id",
    "task_instance_key_str",
    "tomorrow_ds",
    "tomorrow_ds_nodash",
    "ts",
    "ts_nodash",
    "ts_nodash_with_tz",
    "yesterday_ds",
    "yesterday_ds_nodash",
]
DateKey: TypeAlias = Literal["data_interval_end", "data_interval_start", "execution_date", "logical_date"]
InstanceKey: TypeAlias = Literal["task_instance", "ti"]

_KNOWN = KEYS["2"] | KEYS["3"]
# This key makes the dict non-empty until the real keys are found: JSON's encoder treats a dict of length 0 as empty
# without reading it.
_UNREAD = "airflow_compat: unread"


class Context(dict[str, Any]):
    """Airflow's context of one task run or flow run, as a dict.

    Reading an Airflow key for which Prefect has no value raises an error that names the key. `get` raises this error,
    too, so that a callback does not use the default value by mistake.
    """

    def __init__(self, values: Callable[[], Mapping[str, Callable[[], Any]]], version: AirflowVersion) -> None:
        super().__init__({_UNREAD: None})
        # The keys are found only on the first read, because most callbacks read few keys or none.
        self._unread: Callable[[], Mapping[str, Callable[[], Any]]] | None = values
        self._pending: set[str] = set()
        self._version = version
        self._left_out: AbstractSet[str] = frozenset()

    def leave_out(self, keys: AbstractSet[str]) -> None:
        """Remove keys, as Airflow does in runs without a logical date."""
        self._left_out = keys

    def _read(self) -> None:
        """Find the keys on first use. Values that were set before are kept."""
        if self._unread is None:
            return
        values, self._unread = self._unread, None
        super().pop(_UNREAD)
        for key, find in values().items():
            if not super().__contains__(key) and key not in self._left_out:
                super().__setitem__(key, find)
                self._pending.add(key)

    def find_again(self, values: Mapping[str, Callable[[], Any]]) -> None:
        """Make the next read of each of these keys find its value again.

        If no key was read yet, nothing has to be done, because all values will be found anyway.
        """
        if self._unread is None:
            for key, find in values.items():
                super().__setitem__(key, find)
                self._pending.add(key)

    @property
    def airflow_version(self) -> AirflowVersion:
        """The context's Airflow version."""
        return self._version

    @overload
    def __getitem__(self, key: TextKey) -> str: ...
    @overload
    def __getitem__(self, key: DateKey) -> datetime: ...
    @overload
    def __getitem__(self, key: InstanceKey) -> TaskInstance: ...
    @overload
    def __getitem__(self, key: Literal["dag_run"]) -> DagRun: ...
    @overload
    def __getitem__(self, key: Literal["dag"]) -> Dag: ...
    @overload
    def __getitem__(self, key: Literal["task"]) -> Task: ...
    @overload
    def __getitem__(self, key: Literal["params"]) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: Literal["exception"]) -> BaseException | None: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: str) -> Any:
        self._read()
        if key in self._pending:
            self[key] = super().__getitem__(key)()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._pending.discard(key)
        super().__setitem__(key, value)

    def __missing__(self, key: str) -> Any:
        raise KeyError(key) if key in self._left_out else missing_key(key, self._version)

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
        # Because this class overrides `__iter__`, `dict(context)` and `**context` call `__getitem__`, which finds the
        # values.
        self._read()
        return super().__iter__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        return KeysView(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # The values are pickled, not the functions that find them.
        return dict, (dict(self),)

    @overload  # type: ignore[override]
    def get(self, key: TextKey, default: Any = None) -> str: ...
    @overload
    def get(self, key: InstanceKey, default: Any = None) -> TaskInstance: ...
    @overload
    def get(self, key: Literal["exception"], default: Any = None) -> BaseException | None: ...
    @overload
    def get(self, key: str, default: Any = None) -> Any: ...
    def get(self, key: str, default: Any = None) -> Any:
        """Return a key's value or, for a missing key that Airflow sets only in some contexts, the default."""
        return self[key] if key in self or (key in _KNOWN and key not in self._left_out) else default

    def copy(self) -> Context:
        """Return a copy, without computing the values that were not read yet."""
        twin = Context(dict, self._version)
        twin.leave_out(self._left_out)
        twin._read()
        dict.update(twin, {key: dict.__getitem__(self, key) for key in self})
        twin._pending = set(self._pending)
        return twin

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    # The operators that `dict` defines would not find the values.
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
        self._read()
        self._pending.clear()
        super().clear()

    def popitem(self) -> tuple[str, Any]:
        self._read()
        key = next(reversed(self), None)
        return super().popitem() if key is None else (key, self.pop(key))

    def __reversed__(self) -> Iterator[str]:
        self._read()
        return super().__reversed__()

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            # The value must be found first, because until then the dict stores the function that finds it.
            self[key] = self[key]
        return super().pop(key, *default)

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return ItemsView(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        return ValuesView(self)

    def __repr__(self) -> str:
        return f"<Context of {', '.join(self)}>"


ContextCallback: TypeAlias = Callable[[Context], Any] | Callable[[Any], Any]
"""The type of a callback, which receives a `Context`. `Any` also allows callbacks that declare another mapping type."""
