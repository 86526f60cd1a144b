"""Shares one context among the callbacks of a run, so that each callback sees the values that other callbacks set.

The contexts are attributes of the object that represents the run, and are freed with that object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from prefect.client.schemas.objects import FlowRun, TaskRun

    from .._airflow.version import AirflowVersion

    T = TypeVar("T")

_PLACE = "__airflow_compat_shared__"


class _Shared(dict["Hashable", Any]):
    """The contexts that a run object stores. Copies by pickle or `deepcopy` are empty."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _Shared, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> _Shared:
        return _Shared()


def shared(run: TaskRun | FlowRun, version: AirflowVersion, key: Hashable, make: Callable[[], T]) -> T:
    """Return the object that a run stores for an Airflow version.

    A new object is created if `key`, which identifies the try or state, has changed.
    """
    kept: dict[Hashable, tuple[Hashable, T]] = run.__dict__.setdefault(_PLACE, _Shared())
    if version not in kept or kept[version][0] != key:
        kept[version] = (key, make())
    return kept[version][1]
