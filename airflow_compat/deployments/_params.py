"""A DAG's `params` as a deployment's `parameters`; and what their JSON schema would be."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from .._airflow.source_values import Called, Computed, computed_parts
from .._airflow.variable import is_sensitive, sensitive_keys

# What `prefect deploy` puts something in the place of, wherever it stands (`prefect.utilities.templating`).
_TEMPLATE = re.compile(r"{{\s*[\w.\-\[\]$]+\s*}}")


@dataclass(frozen=True)
class DagParams:
    """What a DAG's `params` come to.

    Attributes:
        parameters: The deployment's parameters: each one's default, where it has one.
        schemas: The JSON schema of each that has one. Prefect makes its own of the flow's function.
        problems: What couldn't be taken, by the parameter's name.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    problems: Mapping[str, str] = field(default_factory=dict)


def read_params(params: Any) -> DagParams | Computed:
    """The parameters of `params`; `Computed` where not even their names are known."""
    if isinstance(params, Called) and params.name == "ParamsDict":
        params = params.argument(0, "dict_obj", {})
    if params is None:
        return DagParams()
    if isinstance(params, Computed):
        return params
    if not isinstance(params, dict):
        return Computed("are no dictionary")
    found = DagParams({}, {}, {})
    parameters, schemas, problems = dict[str, Any](), dict[str, Any](), dict[str, str]()
    for name, given in params.items():
        try:
            value, schema = _param(given)
            if schema:
                schemas[str(name)] = schema
            if value is _REQUIRED:
                continue
            _check(str(name), value)
        except _NotTakenError as exc:
            problems[str(name)] = str(exc)
        else:
            parameters[str(name)] = value
    return DagParams(parameters, schemas, problems) if params else found


def has_template(text: str) -> bool:
    """Whether `prefect deploy` would put something in the place of a part of the text."""
    return _TEMPLATE.search(text) is not None


class _NotTakenError(Exception):
    """A value that no `prefect.yaml` can hold."""


_REQUIRED = object()


def _param(given: Any) -> tuple[Any, dict[str, Any]]:
    """A parameter's default, and its schema."""
    if isinstance(given, Called) and given.name == "Param":
        value = given.argument(0, "default", _REQUIRED)
        schema = {name: each for name, each in given.keywords.items() if name not in ("default", "source", "schema")}
        whole = given.keywords.get("schema")
        if isinstance(whole, dict):
            schema |= whole
        if len(given.arguments) > 1:
            schema["description"] = given.arguments[1]
        known = {name: plain_data(each) for name, each in schema.items() if not any(computed_parts(each))}
        return (value if value is _REQUIRED else plain_data(value)), known
    return plain_data(given), {}


def plain_data(value: Any) -> Any:
    """A value as YAML and JSON have it."""
    for unknown in computed_parts(value):
        raise _NotTakenError(f"its value {unknown}")
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return [plain_data(each) for each in value]
        case dict():
            return {str(key): plain_data(each) for key, each in value.items()}
    raise _NotTakenError(f"a {type(value).__name__} can't be a parameter; give a value that JSON has")


def _check(name: str, value: Any) -> None:
    if not name.isidentifier():
        raise _NotTakenError("no function's parameter can have this name; rename it where the flow uses it")
    if value not in (None, "") and is_sensitive(name):
        raise _NotTakenError("it has a secret's name, and prefect.yaml is plain text; keep it in a Secret block")
    for key in sensitive_keys(value):
        raise _NotTakenError(f"it has a secret's name in it, {key!r}; keep that in a Secret block")
    todo = [value]
    while todo:
        match todo.pop():
            case str() as text if has_template(text):
                raise _NotTakenError(
                    "`prefect deploy` would replace its {{ ... }}; render it in the flow, as templates.render does"
                )
            case list() as inner:
                todo += inner
            case dict() as inner:
                todo += [*inner, *inner.values()]
