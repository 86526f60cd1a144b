"""The parameter `conf` of a DAG's flow: the schema from which Prefect's UI makes a form, and the check of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import WithJsonSchema

from ..authoring import Param, ParamsDict
from ..authoring._current import defining_for
from ..exceptions import ParamValidationError

if TYPE_CHECKING:
    from ..authoring import DAG

_CONF: Any = dict[str, Any] | None


def conf_with_fields(params: ParamsDict) -> Any:
    """Return a type for the flow's parameter `conf`, whose schema has a field for each Param of the DAG.

    The schema is in the type, because `prefect deploy` reads the types of the flow's function to make the deployment's
    schema.
    """
    if not params:
        return _CONF
    schema: dict[str, Any] = {
        "description": "The params of the run.",
        "type": "object",
        "properties": {name: _field(name, param) for name, param in params.items()},
    }
    required = [name for name, param in params.items() if not param.has_value and not _takes_null(param)]
    if required:
        schema["required"] = required
    return Annotated[_CONF, WithJsonSchema(schema)]


def checked_conf(dag: DAG, conf: object) -> dict[str, Any]:
    """Return the `conf` for a run of a DAG.

    Raises:
        ParamValidationError: `conf` is not a dict, or a value does not match its Param.
    """
    if not isinstance(conf, Mapping) or not all(isinstance(name, str) for name in conf):
        kind = "a dict whose keys are not text" if isinstance(conf, Mapping) else f"a {type(conf).__name__}"
        raise ParamValidationError(
            f"DAG {dag.dag_id!r} can't run: conf is {kind}. Pass a dict with the names of the DAG's params as keys."
        )
    params = dag.params.copied()
    try:
        with defining_for(dag.airflow_version):
            params.update(conf)
            params.validate()
    except ParamValidationError as error:
        # Leave out the rest of the error's text, which only repeats the schema.
        cause = str(error).partition("\n")[0].rstrip(".")
        raise ParamValidationError(f"DAG {dag.dag_id!r} can't run: {cause}. Pass another value in conf.") from None
    return dict(conf)


def _field(name: str, param: Param) -> dict[str, Any]:
    field = {"title": name, **param.schema}
    if param.has_value:
        field["default"] = param.value
    if param.description:
        field.setdefault("description", param.description)
    return field


def _takes_null(param: Param) -> bool:
    kinds = param.schema.get("type")
    # A schema without a type accepts every value.
    return kinds is None or kinds == "null" or (isinstance(kinds, list) and "null" in kinds)
