"""Contexts that several callbacks of one run share: what one of them puts in, the others see.

They are kept in the run's own object, as a `cached_property` would be, so that they go when it goes.
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
    """The contexts. A copy of the run in another process begins without them."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _Shared, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> _Shared:
        return _Shared()


def shared(run: TaskRun | FlowRun, version: AirflowVersion, key: Hashable, make: Callable[[], T]) -> T:
    """What is kept with a run for a version; made where there is nothing, or what is there has another key.

    Args:
        run: The run.
        version: The version of the contexts.
        key: Tells the try or the state of the run.
        make: Makes it.
    """
    kept: dict[Hashable, tuple[Hashable, T]] = run.__dict__.setdefault(_PLACE, _Shared())
    if version not in kept or kept[version][0] != key:
        kept[version] = (key, make())
    return kept[version][1]
