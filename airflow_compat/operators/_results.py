"""Stores the result of a task as XComs, as Airflow does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._airflow.version import AirflowVersion
from ..authoring import BaseOperator
from ..exceptions import AirflowException, UnmappableXComTypePushed, XComForMappingNotPushed

RETURN_KEY = "return_value"


def push_result(operator: BaseOperator, ti: Any, result: Any, release: AirflowVersion) -> bool:
    """Store the result as XCom `return_value`, and with `multiple_outputs`, also each key's value as an XCom.

    Return True if an XCom `return_value` was stored.

    Raises:
        AirflowException: With `multiple_outputs`, the result is not a dict whose keys are texts. In Airflow 3, the
            error is a TypeError.
        XComForMappingNotPushed: Another task or a task group is expanded over the result, but the result is None.
        UnmappableXComTypePushed: Another task or a task group is expanded over the result, but the result is not a list
            or dict.
    """
    value = result if operator.do_xcom_push else None
    _check_mappable(operator, value)
    if value is not None:
        if operator.multiple_outputs:
            _check_outputs(value, TypeError if release == "3" else AirflowException)
            for key, output in value.items():
                ti.xcom_push(key=key, value=output)
        ti.xcom_push(key=RETURN_KEY, value=value)
    return value is not None


def _check_outputs(value: Any, error: type[Exception]) -> None:
    if not isinstance(value, Mapping):
        raise error(f"Returned output was type {type(value)} expected dictionary for multiple_outputs")
    for key in value:
        if not isinstance(key, str):
            raise error(
                "Returned dictionary keys must be strings when using multiple_outputs, "
                f"found {key} ({type(key)}) instead"
            )


def _check_mappable(operator: BaseOperator, value: Any) -> None:
    # A mapped task's results form a list, so other tasks can always be expanded over them.
    if operator._from_mapped:
        return
    task = operator.dag.get_task(operator.task_id)
    if next(task.iter_mapped_dependants(), None) is None:
        return
    if value is None:
        raise XComForMappingNotPushed
    if not is_mappable_value(value):
        raise UnmappableXComTypePushed(value)


def is_mappable_value(value: Any) -> bool:
    """Return True if tasks can be expanded over this value: it is a dict, or a sequence other than text or bytes."""
    return isinstance(value, (Sequence, dict)) and not isinstance(value, (bytearray, bytes, str))


def push_lineage(operator: BaseOperator, ti: Any) -> None:
    """Store a task's inlets and outlets as XComs, as `airflow.lineage.apply_lineage` of Airflow 2 does."""
    if operator.outlets:
        ti.xcom_push(key="pipeline_outlets", value=list(operator.outlets))
    if operator.inlets:
        ti.xcom_push(key="pipeline_inlets", value=list(operator.inlets))
