"""`DAG`."""

from __future__ import annotations

import copy
import importlib
import sys
import warnings
from collections.abc import Collection, Iterable, Mapping, MutableMapping
from datetime import datetime, timedelta, tzinfo
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from .._airflow.version import AirflowVersion
from ..errors import DagDefinitionError
from ._current import close_dag, definition_release, given_or_setting, note_dag, open_dag
from ._dag_arguments import (
    check_dag_arguments,
    check_limits,
    check_owner_links,
    check_start,
    limit_of,
    one_schedule,
    warn_deprecated,
)
from ._dag_graph import DagGraph
from ._dates import in_utc, parsed, zone_of
from ._documents import markdown
from ._keys import validate_key
from ._notset import NOTSET, is_arg_set
from ._params import DagParam, ParamsDict
from ._task_group import TaskGroup
from ._templating import environment_of
from ._timetables import step, timetable_of
from ._xcom_arg import XCOM_RETURN_KEY, PlainXComArg

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._abstract_operator import AbstractOperator
    from ._edges import EdgeInfoType


class DAG(DagGraph):
    """A DAG: tasks with edges between them.

    The arguments are those of Airflow's `DAG`. The `airflow_version` with which the file is loaded decides which
    arguments are accepted, and which defaults they have.

    Attributes:
        airflow_version: The release whose rules the DAG follows.

    Raises:
        DagDefinitionError: An argument is unknown in the release, or invalid.
    """

    def __init__(  # noqa: PLR0915, PLR0917 - Airflow's arguments are many, and Airflow 2's are positional
        self,
        dag_id: str,
        description: str | None = None,
        schedule: Any = NOTSET,
        schedule_interval: Any = NOTSET,
        timetable: Any = NOTSET,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        full_filepath: str | None = NOTSET,
        template_searchpath: str | Iterable[str] | None = None,
        template_undefined: Any = NOTSET,
        user_defined_macros: dict[str, Any] | None = None,
        user_defined_filters: dict[str, Any] | None = None,
        default_args: dict[str, Any] | None = None,
        concurrency: int | None = NOTSET,
        max_active_tasks: int | None = None,
        max_active_runs: int | None = None,
        max_consecutive_failed_dag_runs: int | None = None,
        dagrun_timeout: timedelta | None = None,
        sla_miss_callback: Any = None,
        default_view: str = NOTSET,
        orientation: str = NOTSET,
        catchup: bool = NOTSET,
        on_success_callback: Any = None,
        on_failure_callback: Any = None,
        doc_md: str | None = None,
        params: MutableMapping[str, Any] | None = None,
        access_control: Mapping[str, Any] | None = None,
        is_paused_upon_creation: bool | None = None,
        jinja_environment_kwargs: dict[str, Any] | None = None,
        render_template_as_native_obj: bool = False,
        tags: Collection[str] | None = None,
        owner_links: dict[str, str] | None = None,
        auto_register: bool = True,
        fail_stop: bool = NOTSET,
        dag_display_name: str | None = None,
        *,
        deadline: Any = NOTSET,
        fail_fast: bool = NOTSET,
        allowed_run_types: Any = NOTSET,
        disable_bundle_versioning: bool = NOTSET,
        rerun_with_latest_version: bool | None = NOTSET,
    ) -> None:
        release = definition_release()
        given = {name: value for name, value in locals().items() if name not in ("self", "release")}
        check_dag_arguments(str(dag_id), given, release)
        validate_key(dag_id)
        if default_args is not None and not isinstance(default_args, dict):
            raise DagDefinitionError(f"default_args of DAG {dag_id!r} is a {type(default_args).__name__}. Pass a dict.")
        self.airflow_version: AirflowVersion = release
        self.dag_id = dag_id
        self.description = description
        self.dag_display_name: str = dag_display_name or dag_id
        self.fileloc: str = sys._getframe(1).f_code.co_filename
        self.default_args: dict[str, Any] = (copy.deepcopy if release == "2" else copy.copy)(default_args or {})
        self._set_dates(start_date, end_date)
        self.params: ParamsDict = ParamsDict({**(params or {}), **(self.default_args.pop("params", None) or {})})
        self.schedule: Any = one_schedule(dag_id, schedule, schedule_interval, timetable, release)
        self.timetable: Any = timetable_of(self.schedule, self.timezone)
        self.catchup: bool = given_or_setting(catchup, "scheduler", "catchup_by_default")
        check_start(self, explicit=schedule if is_arg_set(schedule) else None)
        self.max_active_tasks: int = limit_of(max_active_tasks, "max_active_tasks_per_dag")
        if is_arg_set(concurrency) and concurrency:
            warn_deprecated("concurrency", "max_active_tasks")
            self.max_active_tasks = concurrency
        self.max_active_runs: int = limit_of(max_active_runs, "max_active_runs_per_dag")
        self.max_consecutive_failed_dag_runs: int = limit_of(
            max_consecutive_failed_dag_runs or None, "max_consecutive_failed_dag_runs_per_dag"
        )
        self.dagrun_timeout = dagrun_timeout
        self.sla_miss_callback = sla_miss_callback
        if sla_miss_callback is not None and release == "3":
            warnings.warn(
                "Airflow 3 has no SLAs; `sla_miss_callback` has no effect. Use Deadline Alerts.", stacklevel=2
            )
        self.deadline: Any = deadline if is_arg_set(deadline) else None
        self.on_success_callback = on_success_callback
        self.on_failure_callback = on_failure_callback
        self.doc_md: str | None = markdown(doc_md)
        self.access_control = access_control
        self.is_paused_upon_creation = is_paused_upon_creation
        self.template_searchpath: Iterable[str] | None = (
            [template_searchpath] if isinstance(template_searchpath, str) else template_searchpath
        )
        self._template_undefined = template_undefined
        self.user_defined_macros = user_defined_macros
        self.user_defined_filters = user_defined_filters
        self.jinja_environment_kwargs = jinja_environment_kwargs
        self.render_template_as_native_obj: bool = bool(render_template_as_native_obj)
        self.tags: Any = list(tags or []) if release == "2" else set(tags or ())
        self.owner_links: dict[str, str] = owner_links or {}
        check_owner_links(dag_id, self.owner_links)
        self.auto_register = auto_register
        self.fail_fast: bool = bool(fail_fast if is_arg_set(fail_fast) else is_arg_set(fail_stop) and fail_stop)
        self.allowed_run_types: Any = allowed_run_types if is_arg_set(allowed_run_types) else None
        self.disable_bundle_versioning: bool = is_arg_set(disable_bundle_versioning) and disable_bundle_versioning
        self.rerun_with_latest_version: bool | None = (
            rerun_with_latest_version if is_arg_set(rerun_with_latest_version) else None
        )
        self.default_view: str = default_view if is_arg_set(default_view) else "grid"
        self.orientation: str = orientation if is_arg_set(orientation) else "LR"
        self.partial = False
        self.last_loaded: datetime | None = None
        self.relative_fileloc: str | None = None
        self.safe_dag_id: str = dag_id.replace(".", "__dot__")
        self.task_dict: dict[str, AbstractOperator] = {}
        self.edge_info: dict[str, dict[str, EdgeInfoType]] = {}
        self.task_group: TaskGroup = TaskGroup.create_root(self)
        check_limits(self)
        note_dag(self)

    def _set_dates(self, start_date: datetime | None, end_date: datetime | None) -> None:
        defaults = self.default_args
        for name in ("start_date", "end_date"):
            if isinstance(defaults.get(name), str):
                defaults[name] = parsed(defaults[name])
        self.timezone: tzinfo = zone_of(start_date or defaults.get("start_date"))
        defaults |= {name: in_utc(defaults[name]) for name in ("start_date", "end_date") if defaults.get(name)}
        self.start_date: datetime | None = in_utc(start_date) or defaults.get("start_date")
        self.end_date: datetime | None = in_utc(end_date)

    @property
    def local_start_date(self) -> datetime | None:
        """The start date in the DAG's time zone, which is also the time zone of the DAG's schedule."""
        return self.start_date and self.start_date.astimezone(self.timezone)

    @property
    def template_undefined(self) -> Any:
        """The Jinja class for names that are undefined in templates."""
        if is_arg_set(self._template_undefined):
            return self._template_undefined
        from jinja2 import StrictUndefined

        return StrictUndefined

    @property
    def jinja_options(self) -> dict[str, Any]:
        """The options of the Jinja environment, with the class of undefined names if the DAG sets one."""
        undefined = {"undefined": self._template_undefined} if is_arg_set(self._template_undefined) else {}
        return {**undefined, **(self.jinja_environment_kwargs or {})}

    @property
    def schedule_interval(self) -> Any:
        """The schedule (Airflow 2)."""
        return self.schedule

    @property
    def concurrency(self) -> int:
        return self.max_active_tasks

    @property
    def fail_stop(self) -> bool:
        return self.fail_fast

    @property
    def has_on_success_callback(self) -> bool:
        return self.on_success_callback is not None

    @property
    def has_on_failure_callback(self) -> bool:
        return self.on_failure_callback is not None

    @property
    def folder(self) -> str:
        """The folder of the file that defines the DAG."""
        return str(PurePath(self.fileloc).parent)

    @property
    def filepath(self) -> str:
        return self.fileloc

    @property
    def task(self) -> Any:
        """The decorator `@dag.task`."""
        decorator = importlib.import_module("airflow_compat.operators").task

        def task(python_callable: Any = None, **arguments: Any) -> Any:
            return decorator(python_callable, dag=self, **arguments)

        return task

    def following_schedule(self, dttm: datetime) -> datetime | None:
        """Return the schedule's next moment after a date (Airflow 2)."""
        return step(self.timetable, in_utc(dttm) or dttm, forward=True)

    def previous_schedule(self, dttm: datetime) -> datetime | None:
        """Return the schedule's moment before a date (Airflow 2)."""
        return step(self.timetable, in_utc(dttm) or dttm, forward=False)

    def get_template_env(self, *, force_sandboxed: bool = False) -> Any:
        """Return a Jinja environment with the DAG's folders, macros, filters and options."""
        return environment_of(self, native=self.render_template_as_native_obj and not force_sandboxed)

    def param(self, name: str, default: Any = NOTSET) -> DagParam:
        """Return a reference to a param."""
        return DagParam(self, name, default)

    def add_result(self, xcom_arg: Any) -> Any:
        """Mark a task's return value as the result of the DAG.

        Raises:
            DagDefinitionError: The value is not the return value of a task.
        """
        if not isinstance(xcom_arg, PlainXComArg) or xcom_arg.key != XCOM_RETURN_KEY:
            raise DagDefinitionError("Only plain return value can be used as dag result. Pass the result of a task.")
        xcom_arg.operator.returns_dag_result = True
        return xcom_arg

    def resolve_template_files(self) -> None:
        """Read the template files of all tasks."""
        for task in self.tasks:
            if hasattr(task, "resolve_template_files"):
                task.resolve_template_files()

    def validate(self) -> None:
        """Check the DAG as Airflow does after loading its file."""
        self.validate_setup_teardown()
        check_owner_links(self.dag_id, self.owner_links)

    def test(self, **arguments: Any) -> Any:
        """Run the DAG once, and return the result."""
        # Imported here, because the code that runs DAGs is in a layer above this module.
        return importlib.import_module("airflow_compat.dags._test").test_dag(self, **arguments)

    def cli(self) -> None:
        """Do nothing. In Airflow, this method runs the DAG file as a command."""

    def __enter__(self) -> Self:
        open_dag(self)
        return self

    def __exit__(self, *exception: object) -> None:
        close_dag()

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"

    def __lt__(self, other: DAG) -> bool:
        return self.dag_id < other.dag_id
