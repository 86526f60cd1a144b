"""The decorator `@task.sensor`, for functions that a sensor calls until they return a true value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..sensors import PythonSensor
from ._factory import task_decorator_factory
from ._operator import get_unique_task_id


class DecoratedSensorOperator(PythonSensor):
    """Calls a decorated function until it returns a true value, or a `PokeReturnValue` with `is_done=True`."""

    template_fields: Sequence[str] = ("op_args", "op_kwargs")
    template_fields_renderers: Mapping[str, str] = {"op_args": "py", "op_kwargs": "py"}
    custom_operator_name = "@task.sensor"
    shallow_copy_attrs: Sequence[str] = ("python_callable",)

    def __init__(self, *, task_id: str, **kwargs: Any) -> None:
        if not self._from_mapped:
            task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        super().__init__(task_id=task_id, **kwargs)


def sensor_task(python_callable: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
    """Decorate a function so that each call creates a `PythonSensor`: `@task.sensor`."""
    return task_decorator_factory(
        python_callable, multiple_outputs=False, decorated_operator_class=DecoratedSensorOperator, **kwargs
    )
