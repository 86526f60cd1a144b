"""Replaces queries of Airflow 2's metadata database by requests to the flow run."""

from __future__ import annotations

import datetime
import json
from types import SimpleNamespace
from typing import Any

import pendulum
from airflow.exceptions import AirflowException, AirflowNotFoundException
from airflow.models import abstractoperator, mappedoperator, skipmixin, xcom_arg
from airflow.models import xcom as xcom_module
from airflow.models.connection import Connection
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskreschedule import TaskReschedule
from airflow.models.variable import Variable

from . import run_requests
from .channel import RequestError

_MISSING = "~missing~"


class Current:
    """The task that this process is running.

    Attributes:
        channel: The channel to the flow run.
        request: The task's `RunTask`.
        skips: The tasks that the running task has decided to skip.
        asks_for_runs: Whether queries for earlier runs of the DAG are sent to the flow run.
    """

    channel: Any = None
    request: Any = None
    skips: list[str]
    asks_for_runs = True


def moment(text: str | None) -> Any:
    """Convert a time to a datetime of pendulum in UTC."""
    return text and pendulum.instance(datetime.datetime.fromisoformat(text)).in_timezone("UTC")


class NoSession:
    """Replaces a session of the metadata database.

    The session ignores objects that Airflow stores, and refuses queries.
    """

    def __contains__(self, item: object) -> bool:
        return False

    def _nothing(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    add = add_all = commit = rollback = close = flush = expunge_all = refresh = remove = _nothing

    def merge(self, instance: Any, **_: Any) -> Any:
        """Return the object."""
        return instance

    def scalar(self, statement: Any) -> Any:
        """Return when a sensor that was rescheduled first started; refuse other queries."""
        if "task_reschedule" in str(statement):
            return moment(Current.request.first_start)
        return self._refused()

    def query(self, *models: Any) -> Any:
        """Allow a task to delete and replace its rendered fields, as astronomer-cosmos does; refuse other queries."""
        if [getattr(model, "__name__", "") for model in models] == ["RenderedTaskInstanceFields"]:
            return _NoRows()
        return self._refused()

    def _refused(self, *_: Any, **__: Any) -> Any:
        raise AirflowException(
            "The task queried Airflow's metadata database, which does not exist in a host. Replace this code."
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._refused


class _NoRows:
    """A query that finds no rows, so that nothing is deleted."""

    def filter(self, *_: Any) -> Any:
        """Return itself."""
        return self

    def delete(self, **_: Any) -> int:
        """Delete nothing."""
        return 0


def _ask(request: Any) -> Any:
    return Current.channel.ask(request)


def _connection(_cls: Any, conn_id: str) -> Any:
    try:
        fields = _ask(run_requests.GetConnection(conn_id))
    except RequestError as error:
        if error.kind == "missing":
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined") from None
        raise
    return Connection(**fields)


def _variable(key: str) -> Any:
    try:
        return _ask(run_requests.GetVariable(key))
    except RequestError as error:
        if error.kind == "missing":
            return None
        raise


def _set_variable(key: str, value: Any, description: str | None = None, serialize_json: bool = False, **_: Any) -> None:  # noqa: ARG001
    _ask(run_requests.SetVariable(key, json.dumps(value, indent=2) if serialize_json else str(value)))


def _delete_variable(key: str, **_: Any) -> int:
    return int(_ask(run_requests.DeleteVariable(key)) or 0)


def _set_xcom(
    cls: Any, /, key: str, value: Any, *, task_id: str, dag_id: str, run_id: str, map_index: int = -1, **_: Any
) -> None:
    if not key:
        raise ValueError(f"XCom key must be a non-empty string. Received: {key!r}")
    text = cls.serialize_value(value, key=key, task_id=task_id, dag_id=dag_id, run_id=run_id, map_index=map_index)
    _ask(run_requests.SetXCom(key, json.loads(text), task_id, map_index))


def _pull(
    ti: Any,
    task_ids: Any = None,
    dag_id: str | None = None,
    key: str = "return_value",
    include_prior_dates: bool = False,
    session: Any = None,  # noqa: ARG001
    *,
    map_indexes: Any = None,
    default: Any = None,
) -> Any:
    if task_ids is not None and not isinstance(task_ids, str):
        task_ids = list(task_ids)
    if map_indexes is not None and not isinstance(map_indexes, int):
        map_indexes = list(map_indexes)
    own = dag_id if dag_id != ti.dag_id else None
    data = _ask(
        run_requests.GetXCom(key, task_ids, own, None, map_indexes, prior_dates=include_prior_dates, missing=_MISSING)
    )
    return default if data == _MISSING else _deserialized(data)


def _deserialized(data: Any) -> Any:
    return json.loads(json.dumps(data), cls=xcom_module.XComDecoder)


def _one_xcom(
    *_: Any,
    key: str | None = None,
    dag_id: str | None = None,
    task_id: str | None = None,
    map_index: int | None = None,
    **__: Any,
) -> Any:
    data = _ask(run_requests.GetXCom(key or "return_value", task_id, dag_id, None, map_index, missing=_MISSING))
    return None if data == _MISSING else _deserialized(data)


def _previous_run(_ti: Any, state: Any = None, session: Any = None) -> Any:  # noqa: ARG001
    if not Current.asks_for_runs:
        return None
    found = _ask(run_requests.GetPreviousRun(None if state is None else str(getattr(state, "value", state))))
    if not found:
        return None
    dates = {
        name: moment(found.get(name)) for name in ("data_interval_start", "data_interval_end", "start_date", "end_date")
    }
    logical = moment(found["logical_date"])
    names = {"run_id": found.get("run_id"), "run_type": found.get("run_type"), "state": found.get("state")}
    return SimpleNamespace(**names, logical_date=logical, execution_date=logical, **dates)


def _previous_date(ti: Any, state: Any = None, session: Any = None) -> Any:  # noqa: ARG001
    return getattr(_previous_run(ti, state), "execution_date", None)


def _map_indexes(_ti: Any, upstream: Any, ti_count: Any, *, session: Any = None) -> Any:  # noqa: ARG001
    return _ask(run_requests.GetMapIndexes(upstream.task_id))


def _has_instances(task: Any) -> bool:
    return isinstance(task, mappedoperator.MappedOperator) or any(task.iter_mapped_task_groups())


def _length_of_xcom(arg: Any, run_id: str, *, session: Any = None) -> Any:  # noqa: ARG001
    operator = arg.operator
    if _has_instances(operator):
        return _ask(run_requests.GetLength(operator.task_id))
    data = _ask(run_requests.GetXCom(arg.key, operator.task_id, missing=_MISSING))
    return None if data == _MISSING or data is None else len(data)


def _instances(task: Any, run_id: str, *, session: Any = None) -> int:  # noqa: ARG001
    if not _has_instances(task):
        raise abstractoperator.NotMapped
    return _ask(run_requests.GetLength(task.task_id)) or 0


def _note_skipped(*arguments: Any, **_: Any) -> None:
    """Record the tasks that a branch or short circuit decided to skip.

    The tasks are given as ids, as pairs of id and map index, or as operators.
    """
    for argument in arguments:
        if isinstance(argument, (list, tuple, set)):
            for task in argument:
                name: Any = task[0] if isinstance(task, tuple) else getattr(task, "task_id", task)
                Current.skips.append(name)


def _reschedules(*_: Any, **__: Any) -> list[Any]:
    first = moment(Current.request.first_start)
    return [SimpleNamespace(start_date=first)] if first else []


def _instance_of_run(_run: Any, task_id: str, session: Any = None, *, map_index: int = -1) -> Any:  # noqa: ARG001
    return SimpleNamespace(task_id=task_id, map_index=map_index)


def replace_database() -> None:
    """Let Airflow's classes send requests to the flow run instead of queries to the database."""
    Connection.get_connection_from_secrets = classmethod(_connection)
    Variable.get_variable_from_secrets = staticmethod(_variable)
    Variable.check_for_write_conflict = staticmethod(lambda *_: None)
    Variable.set = staticmethod(_set_variable)
    Variable.update = staticmethod(_set_variable)
    Variable.delete = staticmethod(_delete_variable)
    for cls in {xcom_module.BaseXCom, xcom_module.XCom}:
        cls.set = classmethod(_set_xcom)
        cls.get_one = staticmethod(_one_xcom)
        cls.get_value = staticmethod(
            lambda *, ti_key, key=None, **_: _one_xcom(
                key=key, dag_id=ti_key.dag_id, task_id=ti_key.task_id, map_index=ti_key.map_index
            )
        )
    TaskInstance.xcom_pull = _pull
    TaskInstance.clear_xcom_data = lambda self, session=None: None  # noqa: ARG005 - the run does it
    TaskInstance.get_previous_dagrun = _previous_run
    TaskInstance.get_previous_execution_date = _previous_date
    TaskInstance.get_previous_start_date = lambda ti, state=None, session=None: getattr(  # noqa: ARG005
        _previous_run(ti, state), "start_date", None
    )
    TaskInstance.get_relevant_upstream_map_indexes = _map_indexes
    xcom_arg.PlainXComArg.get_task_map_length = _length_of_xcom
    for owner in (abstractoperator.AbstractOperator, mappedoperator.MappedOperator):
        owner.get_mapped_ti_count = _instances
    DagRun.get_task_instance = _instance_of_run
    # Before Airflow 2.8, sensors query all their reschedules, and use the first of them.
    if hasattr(TaskReschedule, "find_for_task_instance"):
        TaskReschedule.find_for_task_instance = staticmethod(_reschedules)
    skipmixin.SkipMixin._set_state_to_skipped = staticmethod(_note_skipped)
