"""Check and convert the arguments of DAGs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._airflow.version import AirflowVersion
from ..errors import DagDefinitionError
from ..exceptions import ParamValidationError, RemovedInAirflow3Warning
from ._current import setting
from ._notset import NOTSET, is_arg_set
from ._timetables import active_runs_limit, can_be_scheduled

if TYPE_CHECKING:
    from ._dag import DAG

ONLY_IN: Mapping[str, AirflowVersion] = {
    **dict.fromkeys(
        "schedule_interval timetable full_filepath concurrency default_view orientation fail_stop".split(), "2"
    ),
    **dict.fromkeys(
        "deadline fail_fast allowed_run_types disable_bundle_versioning rerun_with_latest_version".split(), "3"
    ),
}
"""The arguments that only one release has, each with the name of that release."""

_TYPES: Mapping[str, type] = {
    **dict.fromkeys("description doc_md dag_display_name".split(), str),
    **dict.fromkeys("max_active_tasks max_active_runs max_consecutive_failed_dag_runs".split(), int),
    "dagrun_timeout": timedelta,
}
_TYPES_IN_2: Mapping[str, type] = {
    **dict.fromkeys(
        "catchup is_paused_upon_creation render_template_as_native_obj auto_register fail_stop".split(), bool
    ),
    "tags": list,
}


def check_dag_arguments(dag_id: str, arguments: Mapping[str, Any], airflow_version: AirflowVersion) -> None:
    """Check that the release has the arguments, and that their values have the right types.

    Raises:
        DagDefinitionError: The release does not have an argument, or an argument has the wrong type.
    """
    for name, value in arguments.items():
        if is_arg_set(value) and ONLY_IN.get(name, airflow_version) != airflow_version:
            raise DagDefinitionError(
                f"DAG.__init__() got an unexpected keyword argument {name!r} in DAG {dag_id!r}. Airflow "
                f"{airflow_version} does not have it; remove it, or load the file with "
                f"airflow_version={ONLY_IN[name]!r}."
            )
    types = {**_TYPES, **_TYPES_IN_2} if airflow_version == "2" else _TYPES
    for name, expected in types.items():
        value = arguments.get(name)
        if value is not None and is_arg_set(value) and not isinstance(value, expected):
            raise DagDefinitionError(
                f"{name!r} of DAG {dag_id!r} expects {expected.__name__}, got {type(value).__name__} with value "
                f"{value!r}. Change the value."
            )
    if any(len(tag) > 100 for tag in arguments.get("tags") or ()):
        raise DagDefinitionError(f"A tag of DAG {dag_id!r} cannot be longer than 100 characters. Shorten the tag.")


def check_owner_links(dag_id: str, links: Mapping[str, str]) -> None:
    """Check that links of owners are URLs or mail addresses.

    Raises:
        DagDefinitionError: One is neither.
    """
    for owner, link in links.items():
        parts = urlsplit(link)
        if not (parts.path if parts.scheme == "mailto" else parts.scheme and parts.netloc):
            raise DagDefinitionError(
                f"Wrong link format was used for the owner {owner!r} of DAG {dag_id!r}: {link!r}. Use a URL or mailto:."
            )


def one_schedule(dag_id: str, schedule: Any, schedule_interval: Any, timetable: Any, release: str) -> Any:
    if timetable is None:
        timetable = NOTSET
    given = [value for value in (schedule, schedule_interval, timetable) if is_arg_set(value)]
    if len(given) > 1:
        raise DagDefinitionError(
            f"At most one allowed for args 'schedule_interval', 'timetable', and 'schedule' of DAG {dag_id!r}. Remove "
            "the others."
        )
    for name, value in (("schedule_interval", schedule_interval), ("timetable", timetable)):
        if is_arg_set(value):
            warn_deprecated(name, "schedule")
    return given[0] if given else timedelta(days=1) if release == "2" else None


def limit_of(value: int | None, key: str) -> int:
    return int(setting("core", key)) if value is None else value


def warn_deprecated(name: str, new: str) -> None:
    warnings.warn(f"The DAG argument {name!r} is deprecated. Use {new!r}.", RemovedInAirflow3Warning, stacklevel=4)


def check_start(dag: DAG, *, explicit: Any) -> None:
    """Check that a DAG has the start date that its schedule requires.

    Raises:
        DagDefinitionError: It has none.
    """
    if dag.start_date is not None:
        return
    if dag.airflow_version == "2":
        if explicit:
            raise DagDefinitionError(f"DAG {dag.dag_id!r} is missing the start_date parameter. Pass a start_date.")
    elif can_be_scheduled(dag.timetable) and dag.catchup:
        raise DagDefinitionError(f"start_date is required when catchup=True in DAG {dag.dag_id!r}. Pass a start_date.")


def check_limits(dag: DAG) -> None:
    """Check that a DAG's schedule allows its number of active runs, and that scheduled runs have all params.

    Raises:
        DagDefinitionError: The schedule requires fewer active runs, or a param has no valid default.
    """
    limit = active_runs_limit(dag.timetable)
    if limit is not None and limit < dag.max_active_runs:
        raise DagDefinitionError(
            f"Invalid max_active_runs of DAG {dag.dag_id!r}: its schedule requires max_active_runs <= {limit}."
        )
    if not can_be_scheduled(dag.timetable):
        return
    try:
        dag.params.validate()
    except ParamValidationError as error:
        raise DagDefinitionError(
            f"Dag {dag.dag_id!r} is not allowed to define a Schedule, as there are required params without "
            f"default values, or the default values are not valid: {error}. Set defaults, or `schedule=None`."
        ) from error
