"""The keys of Airflow's task context per version, and errors for missing keys and attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from ..errors import AirflowCompatError, UnsupportedFeatureError
from .version import AirflowVersion

PAGE = "docs/explanation/what-does-not-map.md"

_BOTH = (
    "conn dag dag_run data_interval_end data_interval_start ds ds_nodash inlet_events inlets logical_date macros "
    "map_index_template outlet_events outlets params prev_data_interval_end_success prev_data_interval_start_success "
    "prev_end_date_success prev_start_date_success run_id task task_instance task_instance_key_str ti ts ts_nodash "
    "ts_nodash_with_tz var"
).split()
_ONLY_3 = "partition_date partition_key task_reschedule_count task_state_store triggering_asset_events".split()
_ONLY_2 = (
    "conf execution_date expanded_ti_count next_ds next_ds_nodash next_execution_date prev_ds prev_ds_nodash "
    "prev_execution_date prev_execution_date_success test_mode tomorrow_ds tomorrow_ds_nodash "
    "triggering_dataset_events yesterday_ds yesterday_ds_nodash"
).split()

KEYS: dict[AirflowVersion, frozenset[str]] = {"2": frozenset(_BOTH + _ONLY_2), "3": frozenset(_BOTH + _ONLY_3)}
"""The context keys that every context has: 44 in Airflow 2.11, 33 in 3.3."""

EXTRA_KEYS = frozenset({"exception", "reason", "templates_dict"})
"""The context keys that only some contexts have: `exception` in callbacks, `reason` in a DAG's callbacks, and
`templates_dict` in `PythonOperator`.
"""

ASKED_FOR_KEYS = frozenset(key for key in KEYS["2"] | KEYS["3"] if key.endswith("_success"))
"""The context keys that describe the last successful run. Reading the value of one of these keys sends a request to the
server.
"""

DATED_KEYS = frozenset(
    "data_interval_end data_interval_start ds ds_nodash logical_date prev_data_interval_end_success "
    "prev_data_interval_start_success ts ts_nodash ts_nodash_with_tz".split()
)
"""The context keys that Airflow 3 leaves out if a run has no logical date."""

DATE_FORMS: Mapping[str, Callable[[datetime], str]] = {
    "ds": lambda moment: moment.strftime("%Y-%m-%d"),
    "ds_nodash": lambda moment: moment.strftime("%Y%m%d"),
    "ts": lambda moment: moment.isoformat(),
    "ts_nodash": lambda moment: moment.strftime("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda moment: moment.isoformat().replace("-", "").replace(":", ""),
}
"""The context keys that are texts of the logical date, each with the function that returns the text
(`airflow.sdk.execution_time.task_runner`). Templates have a filter with the name of each key.
"""


def missing_key(key: str, version: AirflowVersion) -> KeyError:
    """Return the error for a key that a context does not have."""
    other: AirflowVersion = "2" if version == "3" else "3"
    if key in KEYS[other]:
        return UnsupportedFeatureError(
            f"context[{key!r}] exists in Airflow {other} but not in {version}. "
            f'Pass airflow_version="{other}" where the context is created'
        )
    if key in EXTRA_KEYS:
        return UnsupportedFeatureError(f"context[{key!r}] is not in the context of this event. See {PAGE}")
    return KeyError(key)


class UnsupportedValue:
    """The value of a key without a Prefect counterpart. Any use of this value except `repr` raises an error.

    Args:
        why: The error to raise, if it is not the default one.
    """

    def __init__(self, key: str, why: AirflowCompatError | None = None) -> None:
        self._key = key
        self._why = why

    def __repr__(self) -> str:
        return f"<{self._key}: {self._why or 'no counterpart in Prefect'}>"

    def _refuse(self, *_: object) -> NoReturn:
        if self._why is not None:
            raise self._why
        raise UnsupportedFeatureError(f"context[{self._key!r}] has no counterpart in a Prefect run. See {PAGE}")

    def __getattr__(self, name: str) -> Any:
        # Python, `copy` and `pickle` look up special methods that may be missing, and expect a plain AttributeError.
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    __getitem__ = __iter__ = __len__ = __bool__ = __contains__ = _refuse


class StrictAttributes:
    """Base class of objects for which reading a missing attribute raises an error with the attribute's name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        missing_attribute(self, name)


def missing_attribute(owner: object, name: str) -> NoReturn:
    """Raise an error for an Airflow attribute that has no Prefect counterpart.

    Raises:
        UnsupportedFeatureError: Always.
    """
    raise UnsupportedFeatureError(
        f"{type(owner).__name__}.{name} has no counterpart in a Prefect run, or has no value yet. See {PAGE}"
    )
