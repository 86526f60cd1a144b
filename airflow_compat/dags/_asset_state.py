"""Stores values for an asset, which tasks of all runs and DAGs share: `context["asset_state_store"]` of Airflow 3.3.

The values of an asset are stored in the Prefect variable `asset_state_store/<asset>`, because Prefect has no other
storage for values of an asset.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from ..authoring import Asset, AssetAlias, AssetNameRef, AssetUriRef
from ..variables import Variable
from ._state_store import StateStore

# The lock is needed because several threads of one process may write values of the same asset.
_lock = threading.Lock()


class AssetStateStore(StateStore):
    """Reads and writes the values that tasks store for one asset.

    Args:
        name: The asset's name or URI.
    """

    def __init__(self, name: str) -> None:
        self._variable = f"asset_state_store/{name}"

    def get(self, key: str, default: Any = None) -> Any:
        return self._values().get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Store a JSON value.

        Raises:
            ValueError: The value is None.
            TypeError: The value is not JSON data.
        """
        if value is None:
            raise ValueError("Cannot set value as None")
        with _lock:
            self._store({**self._values(), key: value})

    def delete(self, key: str) -> None:
        with _lock:
            self._store({name: value for name, value in self._values().items() if name != key})

    def clear(self) -> None:
        Variable.delete(self._variable)

    def _values(self) -> dict[str, Any]:
        found: dict[str, Any] = Variable.get(self._variable, {}, deserialize_json=True)
        return found

    def _store(self, values: dict[str, Any]) -> None:
        Variable.set(self._variable, values, serialize_json=True)


class AssetStateStores(StateStore):
    """The stores of the assets in a task's inlets and outlets.

    If the task has only one asset, its code can call the methods of a store here, without naming the asset.

    Args:
        assets: The inlets and outlets of the task. Aliases are ignored, because no values are stored for them.
    """

    def __init__(self, assets: Iterable[Any]) -> None:
        self._stores = {name: AssetStateStore(name) for name in map(_name, assets) if name}

    def __getitem__(self, asset: Any) -> AssetStateStore:
        name = _name(asset)
        if name is None:
            raise TypeError(f"Expected Asset, AssetNameRef, or AssetUriRef; got {type(asset).__name__}")
        if name not in self._stores:
            raise KeyError(f"{asset!r} is not in this task's inlets or outlets")
        return self._stores[name]

    def get(self, key: str, default: Any = None) -> Any:
        return self._only().get(key, default)

    def set(self, key: str, value: Any) -> None:
        self._only().set(key, value)

    def delete(self, key: str) -> None:
        self._only().delete(key)

    def clear(self) -> None:
        self._only().clear()

    def _only(self) -> AssetStateStore:
        if len(self._stores) != 1:
            raise ValueError(
                f"Task has {len(self._stores)} concrete inlets and outlets — use "
                "context['asset_state_store'][MY_ASSET] to specify which"
            )
        return next(iter(self._stores.values()))


def has_assets(values: Iterable[Any]) -> bool:
    """Return True if the context of a task with these inlets and outlets has the key `asset_state_store`."""
    return any(isinstance(value, AssetAlias) or _name(value) for value in values)


def _name(value: Any) -> str | None:
    if isinstance(value, (Asset, AssetNameRef)):
        return value.name
    return value.uri if isinstance(value, AssetUriRef) else None
