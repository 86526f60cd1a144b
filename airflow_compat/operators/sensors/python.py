"""A sensor that calls a function (`airflow.providers.standard.sensors.python`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from typing import Any

from ...authoring import BaseSensorOperator, PokeReturnValue
from .._callable import determine_kwargs


class PythonSensor(BaseSensorOperator):
    """Calls a function repeatedly, until it returns a true value, or a `PokeReturnValue` with `is_done=True`.

    Args:
        python_callable: The function. Parameters with the name of a context key get the value of the key.
        op_args: Positional arguments. Templates in these arguments are rendered.
        op_kwargs: Named arguments.
        templates_dict: More templates, which the function receives as the context key `templates_dict`.
        kwargs: Arguments of `BaseSensorOperator`.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.op_args: Collection[Any] = op_args or []
        self.op_kwargs: Mapping[str, Any] = op_kwargs or {}
        self.templates_dict = templates_dict

    def poke(self, context: MutableMapping[str, Any]) -> PokeReturnValue | bool:
        context.update({**self.op_kwargs, "templates_dict": self.templates_dict})
        self.op_kwargs = determine_kwargs(self.python_callable, self.op_args, context)
        self.log.info("Poking callable: %s", self.python_callable)
        value = self.python_callable(*self.op_args, **self.op_kwargs)
        return value if isinstance(value, PokeReturnValue) else PokeReturnValue(bool(value))
