"""Errors for undefined names in templates."""

from __future__ import annotations

import operator
from typing import Any

import jinja2
from jinja2.utils import missing

from .._airflow.version import AirflowVersion
from ..errors import AirflowCompatError

# Names that only one version of Airflow has in templates, with their replacement or None. Source: the contexts of
# 2.11.0 and 3.3.2.
_ONLY_IN_2: dict[str, str | None] = {
    "conf": None,
    "execution_date": "logical_date",
    "expanded_ti_count": None,
    "next_ds": "data_interval_end | ds",
    "next_ds_nodash": "data_interval_end | ds_nodash",
    "next_execution_date": "data_interval_end",
    "prev_ds": None,
    "prev_ds_nodash": None,
    "prev_execution_date": None,
    "prev_execution_date_success": "prev_data_interval_start_success",
    "test_mode": None,
    "tomorrow_ds": "macros.ds_add(ds, 1)",
    "tomorrow_ds_nodash": "(logical_date + macros.timedelta(days=1)) | ds_nodash",
    "triggering_dataset_events": "triggering_asset_events",
    "yesterday_ds": "macros.ds_add(ds, -1)",
    "yesterday_ds_nodash": "(logical_date - macros.timedelta(days=1)) | ds_nodash",
}
_ONLY_IN_3: dict[str, str | None] = {
    "partition_date": None,
    "partition_key": None,
    "task_reschedule_count": None,
    "task_state_store": None,
    "triggering_asset_events": "triggering_dataset_events",
}


def undefined_class(base: type[jinja2.Undefined], airflow_version: AirflowVersion) -> type[jinja2.Undefined]:
    """Return a class for undefined names that extends the base with Airflow's rules.

    Names that only the other Airflow version has get their own error message. If airflow_compat raised an error for an
    attribute or item, this error is raised again, because Jinja2 treats each AttributeError and KeyError as
    "undefined".
    """
    elsewhere = _ONLY_IN_3 if airflow_version == "2" else _ONLY_IN_2

    class AirflowUndefined(base):  # type: ignore[valid-type,misc]
        __slots__ = ()

        def __init__(
            self,
            hint: str | None = None,
            obj: Any = missing,
            name: str | None = None,
            exc: type[jinja2.TemplateRuntimeError] = jinja2.UndefinedError,
        ) -> None:
            if hint is None and obj is not missing:
                _raise_refusal(obj, name)
            elif hint is None and name is not None and name in elsewhere:
                hint = f"{name!r} is undefined: Airflow {airflow_version} has no such name."
                hint += f" Write {elsewhere[name]!r}." if elsewhere[name] else ""
            super().__init__(hint, obj, name, exc)

    return AirflowUndefined


def _raise_refusal(obj: Any, name: Any) -> None:
    """Look the name up again, so that an error of airflow_compat is raised."""
    for ask in (operator.getitem, getattr) if isinstance(name, str) else (operator.getitem,):
        try:
            ask(obj, name)
        except Exception as error:
            if isinstance(error, AirflowCompatError):
                raise
