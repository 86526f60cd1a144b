"""`@asset` and `@asset.multi`, which turn a function that writes assets into a DAG with one task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..authoring import DAG, Asset, AssetAll
from ..errors import DagDefinitionError
from .python import PythonOperator

_OWN_NAMES = ("self", "context", "outlet_events")
_DAG_ARGUMENTS = frozenset(
    "is_paused_upon_creation dag_display_name description params on_success_callback on_failure_callback "
    "access_control owner_links tags".split()
)


class AssetOperator(PythonOperator):
    """Calls the function that `@asset` decorates, which writes the asset.

    The function's parameters have the names of the assets that it reads. A parameter `self` receives the asset that it
    writes.
    """

    def __init__(self, *, definition: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._definition = definition

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        own = {"self": self._definition, "context": context, "outlet_events": context.get("outlet_events")}
        found = {}
        for name, parameter in inspect.signature(self.python_callable).parameters.items():
            if parameter.default is not parameter.empty:
                found[name] = parameter.default
            else:
                # Only the other asset's name is known here, so this object's URI is the name, too.
                found[name] = own[name] if name in own else Asset(name)
        return found


class AssetDefinition(Asset):
    """The asset that `@asset` makes of a function."""


class MultiAssetDefinition(AssetAll):
    """The assets that a function with `@asset.multi` writes."""

    name: str


class _DagArguments:
    def __init__(self, *, schedule: Any, dag_id: str | None = None, **arguments: Any) -> None:
        if unknown := sorted(arguments.keys() - _DAG_ARGUMENTS):
            raise DagDefinitionError(f"@asset got unexpected keyword arguments {', '.join(unknown)}. Remove them.")
        self._schedule, self._dag_id, self._arguments = schedule, dag_id, arguments

    def _make_dag(self, function: Callable[..., Any], name: str, definition: Any, outlets: list[Any]) -> None:
        with DAG(self._dag_id or name, schedule=self._schedule, catchup=False, **self._arguments):
            if getattr(function, "_airflow_is_task_decorator", False):
                function.override(outlets=outlets)()  # type: ignore[attr-defined]
                return
            parameters = _checked_parameters(function)
            AssetOperator(
                task_id=function.__name__,
                inlets=[
                    Asset.ref(name=each.name)
                    for each in parameters
                    if each.name not in _OWN_NAMES and each.default is each.empty
                ],
                outlets=outlets,
                python_callable=function,
                definition=definition,
            )


class MultiAssetDecorator(_DagArguments):
    """`@asset.multi(outlets=[...], schedule=...)`: makes a DAG with one task that writes several assets."""

    def __init__(self, *, outlets: Collection[Any], **arguments: Any) -> None:
        super().__init__(**arguments)
        if not outlets:
            raise DagDefinitionError("@asset.multi got no outlets provided. Pass the assets that the function writes.")
        self._outlets = outlets

    def __call__(self, f: Callable[..., Any]) -> MultiAssetDefinition:
        _check_place(f)
        definition = MultiAssetDefinition(*self._outlets)
        object.__setattr__(definition, "name", f.__name__)
        self._make_dag(f, f.__name__, definition, list(self._outlets))
        return definition


class asset(_DagArguments):  # noqa: N801 - Airflow's name
    """`@asset(schedule=...)`: turns a function into an asset, and makes a DAG that runs the function.

    Args:
        name: The asset's name. Defaults to the function's name.
        uri: The asset's URI. Defaults to the asset's name.
        group: The kind of asset, as a text of your choice.
        extra: Data that is added to each event of the asset.
        watchers: Triggers that watch the asset.
        arguments: The DAG's `schedule`, and further arguments of the DAG.

    Raises:
        DagDefinitionError: An argument is unknown, or the function is nested in another one, or the function has a
            parameter such as `*args`.
    """

    multi = MultiAssetDecorator

    def __init__(
        self,
        *,
        name: str | None = None,
        uri: Any = None,
        group: str = "asset",
        extra: Mapping[str, Any] | None = None,
        watchers: list[Any] | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self._name = name
        self._asset_arguments = {"uri": uri, "group": group, "extra": extra, "watchers": watchers}

    def __call__(self, f: Callable[..., Any]) -> AssetDefinition:
        _check_place(f)
        name = self._name or f.__name__
        definition = AssetDefinition(name, **self._asset_arguments)
        self._make_dag(f, name, definition, [definition])
        return definition


def _check_place(function: Callable[..., Any]) -> None:
    if function.__name__ != function.__qualname__:
        raise DagDefinitionError(
            f"nested function not supported in @asset: {function.__qualname__}. Define it in the module."
        )


def _checked_parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(function).parameters.values())
    for each in parameters:
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            raise DagDefinitionError(f"The wildcard {each.name!r} of {function.__name__}() is not supported in @asset.")
        if each.kind is each.POSITIONAL_ONLY and each.default is each.empty:
            raise DagDefinitionError(
                f"The positional-only argument {each.name!r} of {function.__name__}() is not supported in @asset."
            )
    return parameters
