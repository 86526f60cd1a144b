"""Params of DAGs and tasks, with JSON schemas."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import ItemsView, Iterable, Iterator, Mapping, MutableMapping, ValuesView
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ..exceptions import ParamValidationError, RemovedInAirflow3Warning
from ._current import definition_release
from ._dependencies import Resolve, ResolveMixin
from ._notset import NOTSET, is_arg_set

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator
    from ._dag import DAG


class Param:
    """A param: its default, a JSON schema for its values, and a description.

    Args:
        default: The value of the param if no other value is given.
        description: A text for the UI.
        source: Where the param is defined: `dag` or `task`.
        kwargs: The JSON schema: either one argument `schema`, or each keyword of the schema as an argument.
    """

    def __init__(
        self, default: Any = NOTSET, description: str | None = None, source: str | None = None, **kwargs: Any
    ) -> None:
        if is_arg_set(default):
            _check_json(default)
        self.value: Any = default
        self.description = description
        self.schema: dict[str, Any] = kwargs.get("schema", kwargs)
        self.source = source

    def __copy__(self) -> Param:
        # The copy skips the checks of `__init__`, because the value has already passed them.
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def resolve(self, value: Any = NOTSET, suppress_exception: bool = False) -> Any:
        """Check the given value, or else the default, against the schema; store and return the checked value.

        Raises:
            ParamValidationError: The value is missing or does not match the schema. With `suppress_exception`, this
                method returns None instead of raising.
        """
        if is_arg_set(value):
            _check_json(value)
        final = value if is_arg_set(value) else self.value
        try:
            if not is_arg_set(final):
                raise ParamValidationError("No value passed and Param has no default value")
            # A value that was not given as a `Param` has an empty schema, which accepts everything.
            if self.schema:
                _validate(final, self.schema)
        except ParamValidationError:
            if suppress_exception:
                return None
            raise
        self.value = final
        return final

    def dump(self) -> dict[str, Any]:
        """Return the attributes as a dict."""
        return {**vars(self), "value": self.value if is_arg_set(self.value) else None}

    serialize = dump

    @property
    def has_value(self) -> bool:
        return is_arg_set(self.value) and self.value is not None

    def __repr__(self) -> str:
        return f"Param({self.value!r})"


class ParamsDict(MutableMapping[str, Any]):
    """Params by name.

    Reading an item returns the checked value; `get_param`, `items` and `values` return `Param` objects.
    """

    def __init__(self, dict_obj: Mapping[str, Any] | None = None, suppress_exception: bool = False) -> None:
        given = dict_obj._params if isinstance(dict_obj, ParamsDict) else dict_obj or {}
        self._params: dict[str, Param] = {
            key: value if isinstance(value, Param) else Param(value) for key, value in given.items()
        }
        self.suppress_exception = suppress_exception

    def __getitem__(self, key: str) -> Any:
        return self._params[key].resolve(suppress_exception=self.suppress_exception)

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, Param):
            self._params[key] = value
        elif key in self._params:
            try:
                self._params[key].resolve(value, suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {key}: {error}") from None
        else:
            self._params[key] = Param(value)

    def __delitem__(self, key: str) -> None:
        del self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ParamsDict):
            return self.dump() == other.dump()
        return self.dump() == other if isinstance(other, dict) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> ParamsDict:
        return ParamsDict(self._params, self.suppress_exception)

    def __deepcopy__(self, memo: dict[int, Any]) -> ParamsDict:
        return self.copied()

    def copied(self) -> ParamsDict:
        """Return a copy whose items can be set without changing this object. The values themselves are shared."""
        twin = ParamsDict(None, self.suppress_exception)
        twin._params = {key: copy.copy(param) for key, param in self._params.items()}
        return twin

    def __repr__(self) -> str:
        return repr(self.dump())

    def get_param(self, key: str) -> Param:
        return self._params[key]

    def items(self) -> ItemsView[str, Any]:
        return ItemsView(self._params)

    def values(self) -> ValuesView[Any]:
        return ValuesView(self._params)

    def update(self, *args: Any, **kwargs: Any) -> None:
        if len(args) == 1 and isinstance(args[0], ParamsDict):
            args = (args[0]._params,)
        super().update(*args, **kwargs)

    def dump(self) -> dict[str, Any]:
        """Return the value of each param; None if the value is missing or invalid."""
        return {key: param.resolve(suppress_exception=True) for key, param in self._params.items()}

    serialize = dump

    def validate(self) -> dict[str, Any]:
        """Return the values.

        Raises:
            ParamValidationError: A value is missing or invalid.
        """
        found = {}
        for key, param in self._params.items():
            try:
                found[key] = param.resolve(suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {key}: {error}") from None
        return found

    @staticmethod
    def filter_params_by_source(params: ParamsDict, source: str) -> ParamsDict:
        """Return the params with this source: `dag` or `task`."""
        return ParamsDict({key: param for key, param in params.items() if param.source == source})

    def fill_missing_source(self, source: str) -> None:
        """Set the source (`dag` or `task`) of each param that has no source."""
        for param in self._params.values():
            param.source = param.source or source


class DagParam(ResolveMixin):
    """A reference to a DAG's param, as passed to a function with `@dag` or returned by `dag.param(name)`."""

    def __init__(self, current_dag: DAG, name: str, default: Any = NOTSET) -> None:
        if is_arg_set(default):
            current_dag.params[name] = default
        self.current_dag = current_dag
        self._name, self._default = name, default

    def iter_references(self) -> Iterable[tuple[AbstractOperator, str]]:
        return ()

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the value: the one in the run's conf, else the default, else the one in the params.

        Raises:
            DagDefinitionError: The run has no value for the param.
        """
        conf = context["dag_run"].conf or {}
        if self._name in conf:
            return conf[self._name]
        if is_arg_set(self._default):
            return self._default
        if self._name in context["params"]:
            return context["params"][self._name]
        raise DagDefinitionError(
            f"No value could be resolved for parameter {self._name}. Set it in the params or the conf."
        )

    def resolve_with(self, resolve: Resolve) -> Any:  # noqa: ARG002
        return self._default if is_arg_set(self._default) else self.current_dag.params[self._name]


def _check_json(value: Any) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        message = f"All provided parameters must be json-serializable. The value {value!r} is not."
        if definition_release() == "3":
            raise ParamValidationError(message) from None
        warnings.warn(message, RemovedInAirflow3Warning, stacklevel=4)


def _validate(value: Any, schema: Mapping[str, Any]) -> None:
    from jsonschema import FormatChecker, ValidationError, validate

    try:
        validate(value, schema, format_checker=FormatChecker())
    except ValidationError as error:
        # Airflow 2 also accepts dates that RFC 3339 does not allow. Airflow 3 checks dates only if an optional package
        # is installed.
        if error.schema.get("format") == "date-time" and _is_datetime(value):
            return
        raise ParamValidationError(error) from None


def _is_datetime(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
