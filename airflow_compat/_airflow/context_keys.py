"""Which keys Airflow's task context has, per version, and what stands for a key or an attribute without counterpart."""

from __future__ import annotations

from collections.abc import Iterator
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
"""The keys of every context: 44 in Airflow 2.11, 33 in 3.3."""

EXTRA_KEYS = frozenset({"exception", "reason", "templates_dict"})
"""The keys that only some contexts have: those of callbacks, of a DAG's callbacks, and of `PythonOperator`."""

ASKED_FOR_KEYS = frozenset(key for key in KEYS["2"] | KEYS["3"] if key.endswith("_success"))
"""The keys of the last run that succeeded, which the server has to be asked for."""

DATE_KEYS = ("ds", "ds_nodash", "ts", "ts_nodash", "ts_nodash_with_tz")


def missing_key(key: str, version: AirflowVersion) -> KeyError:
    """The error for a key that a context doesn't have.

    Args:
        key: What was asked for.
        version: The version that the context is faithful to.
    """
    other: AirflowVersion = "2" if version == "3" else "3"
    if key in KEYS[other]:
        return UnsupportedFeatureError(
            f"context[{key!r}] is a key of Airflow {other} and not of {version}; "
            f'say airflow_version="{other}" where the context is made'
        )
    if key in EXTRA_KEYS:
        return UnsupportedFeatureError(f"context[{key!r}] is not in the context of this event; see {PAGE}")
    return KeyError(key)


class Refused:
    """The value of a key that Prefect has no counterpart for: it can be shown, and whatever else is an error.

    Args:
        key: The key.
        why: The error, where it is another one.
    """

    def __init__(self, key: str, why: AirflowCompatError | None = None) -> None:
        self._key = key
        self._why = why

    def __repr__(self) -> str:
        return f"<{self._key}: {self._why or 'no counterpart in Prefect'}>"

    def _refuse(self) -> NoReturn:
        if self._why is not None:
            raise self._why
        raise UnsupportedFeatureError(f"context[{self._key!r}] has no counterpart in a Prefect run; see {PAGE}")

    def __getattr__(self, name: str) -> Any:
        # Python, copy and pickle ask for dunders that may be absent; they want a plain AttributeError.
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __getitem__(self, key: object) -> NoReturn:
        self._refuse()

    def __iter__(self) -> Iterator[NoReturn]:
        self._refuse()

    def __len__(self) -> int:  # noqa: PLE0303 - it has none
        self._refuse()

    def __bool__(self) -> bool:  # noqa: PLE0304
        self._refuse()

    def __contains__(self, item: object) -> bool:
        self._refuse()


class Strict:
    """Makes an attribute that isn't there an error that names it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        missing_attribute(self, name)


def missing_attribute(owner: object, name: str) -> NoReturn:
    """Refuse an attribute of Airflow's that isn't there.

    Raises:
        UnsupportedFeatureError: Always.
    """
    raise UnsupportedFeatureError(
        f"{type(owner).__name__}.{name} has no counterpart in a Prefect run, or none yet; see {PAGE}"
    )


def date_keys(logical_date: datetime) -> dict[str, str]:
    """`ds`, `ts` and their forms, from the logical date (`airflow.sdk.execution_time.task_runner`)."""
    return {
        "ds": logical_date.strftime("%Y-%m-%d"),
        "ds_nodash": logical_date.strftime("%Y%m%d"),
        "ts": logical_date.isoformat(),
        "ts_nodash": logical_date.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": logical_date.isoformat().replace("-", "").replace(":", ""),
    }
