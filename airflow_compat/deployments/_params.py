"""Convert a DAG's `params` to a deployment's `parameters` and JSON schemas."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from .._airflow.hidden_secrets import hidden_secret, names_secret
from .._dag_source.values import AirflowCall, RuntimeValue, computed_parts

# The placeholders that `prefect deploy` replaces in any text (`prefect.utilities.templating`).
_TEMPLATE = re.compile(r"{{\s*[\w.\-\[\]$]+\s*}}")


@dataclass(frozen=True)
class DagParams:
    """The `params` of a DAG, converted for a deployment.

    Attributes:
        parameters: The deployment's parameters: the default of each param that has one.
        schemas: For each param that has a JSON schema: the schema. Prefect generates the deployment's schema from the
            flow's function.
        problems: For each param that was left out: the reason.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    problems: Mapping[str, str] = field(default_factory=dict)


def read_params(params: Any) -> DagParams | RuntimeValue:
    """Convert `params`. If the names of the params are known only when the DAG file runs, return the `RuntimeValue`."""
    if isinstance(params, AirflowCall) and params.name == "ParamsDict":
        params = params.argument(0, "dict_obj", {})
    if params is None:
        return DagParams()
    if isinstance(params, RuntimeValue):
        return params
    if not isinstance(params, dict):
        return RuntimeValue("are not a dictionary")
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
    return DagParams(parameters, schemas, problems)


def has_template(text: str) -> bool:
    return _TEMPLATE.search(text) is not None


class _NotTakenError(Exception):
    """A value can't be stored in `prefect.yaml`."""


_REQUIRED = object()


def _param(given: Any) -> tuple[Any, dict[str, Any]]:
    if isinstance(given, AirflowCall) and given.name == "Param":
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
    for unknown in computed_parts(value):
        raise _NotTakenError(f"the value {unknown}")
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
    raise _NotTakenError(f"a {type(value).__name__} can't be a parameter; use a JSON value")


def _check(name: str, value: Any) -> None:
    if not name.isidentifier():
        raise _NotTakenError("a function's parameter can't have this name; rename the parameter in the flow")
    if value not in (None, "") and not isinstance(value, bool) and names_secret(name):
        raise _NotTakenError(
            "the name suggests a secret, and prefect.yaml is plain text; store the value in a Secret block"
        )
    if found := hidden_secret(value):
        raise _NotTakenError(
            f"the value holds {found}, and prefect.yaml is plain text; store the secret in a Secret block"
        )
    todo = [value]
    while todo:
        match todo.pop():
            case str() as text if has_template(text):
                raise _NotTakenError(
                    "`prefect deploy` would replace the value's {{ ... }}; render the template in the flow with "
                    "templates.render"
                )
            case list() as inner:
                todo += inner
            case dict() as inner:
                todo += [*inner, *inner.values()]
