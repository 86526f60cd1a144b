"""Runs tasks with the classes of Airflow 2.7 to 2.11.

Where these classes would read or write Airflow's database, the host's process sends requests to the flow run instead.
"""

from __future__ import annotations

import datetime
import logging
import os
from typing import Any

# The variable must be set before Airflow is imported, so that Airflow uses no database and does not set up logging.
os.environ["_AIRFLOW__AS_LIBRARY"] = "1"
import airflow.settings

# Other Python processes that operators start must not inherit this variable.
del os.environ["_AIRFLOW__AS_LIBRARY"]
import lazy_object_proxy
from airflow.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

from . import messages
from .channel import Closed
from .dag_files import DagFileError, call_of_dag
from .logs import Sink, send_logs

settings = airflow.settings
settings.configure_vars()
# In releases before 2.11 and in 3.0, this function has a shorter name.
_names: Any = vars(settings)
(_names.get("prepare_syspath_for_config_and_plugins") or _names["prepare_syspath"])()
settings.configure_policy_plugin_manager()
settings.load_policy_plugins(settings.POLICY_PLUGIN_MANAGER)
settings.import_local_settings()
settings.configure_adapters()

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.serialization.serialized_objects import BaseSerialization

from .database2 import Current, NoSession, moment, replace_database
from .operators import task_for

settings.Session = NoSession
replace_database()

_held: dict[str, Any] = {}
__all__ = ["call_dag_callbacks", "connect", "prepare", "run_task", "run_triggers"]
_log = logging.getLogger("airflow.task")


def connect(channel: Any) -> None:
    """While a DAG file is loaded, let Airflow's classes send their requests to the flow run."""
    Current.channel = channel


def prepare(channel: Any) -> None:
    """Send logs to the flow run, and let Airflow's classes send their requests to the flow run."""
    from airflow.configuration import conf
    from airflow.utils.log import secrets_masker

    connect(channel)
    _held["sink"] = sink = Sink(channel)
    send_logs(sink, getattr(logging, conf.get("logging", "logging_level", fallback="INFO").upper(), logging.INFO))
    add_mask = secrets_masker.SecretsMasker.add_mask

    def send_and_add(self: Any, secret: Any, name: str | None = None) -> None:
        add_mask(self, secret, name)
        if isinstance(secret, (str, dict, list)):
            channel.send(messages.Mask(secret, name))

    secrets_masker.SecretsMasker.add_mask = send_and_add
    # Airflow looks for its secrets masker among the filters of this logger.
    if not any(isinstance(each, secrets_masker.SecretsMasker) for each in _log.filters):
        _log.addFilter(secrets_masker.SecretsMasker())


def run_task(channel: Any, request: Any) -> None:
    """Run a task, and report how the task ended. Call the task's callbacks if the flow run requests this."""
    Current.request, Current.skips = request, []
    sink = _held["sink"]
    try:
        ti = _task_instance(request)
        ti.task = ti.task.prepare_for_execution()
        context = _context_of(ti)
    except Exception as problem:
        _log.error("%s", problem, exc_info=not isinstance(problem, DagFileError))
        channel.send(messages.Ended("up_for_retry", error=_shown(problem)))
        channel.receive()
        sink.end()
        return
    ended, error = _execute(ti, context)
    ended["label"] = getattr(ti, "rendered_map_index", None)
    _send_rendered(channel, ti)
    channel.send(messages.Ended(**ended))
    if ended["state"] not in ("deferred", "up_for_reschedule"):
        finish = channel.receive()
        ti.state = finish.state
        ti.end_date = datetime.datetime.now(datetime.timezone.utc)
        _call_callbacks(ti, context, finish.state, error)
    sink.end()


def call_dag_callbacks(channel: Any, request: Any) -> None:  # noqa: ARG001 - as `run_task`
    """Call the callbacks of a DAG, as Airflow's `DAG.handle_callback` does."""
    task = messages.RunTask(**request.task)
    Current.request = task
    ti = _task_instance(task)
    ti.state, ti.dag_run.state = request.task_state, request.state
    context = _context_of(ti)
    context["reason"] = request.reason
    call_of_dag(ti.task.dag, request.state, context)
    _held["sink"].end()


def _task_instance(request: Any) -> Any:
    given = request.run
    task = task_for(request)
    ti = TaskInstance(task, run_id=given["run_id"], map_index=request.map_index, state="running")
    ti.try_number, ti.max_tries = request.try_number, request.max_tries
    ti.start_date = moment(request.start_date)
    if request.failure is not None:
        ti.next_method, ti.next_kwargs = "__fail__", request.failure
    elif request.next_method is not None:
        kwargs = decode(request.next_kwargs)
        ti.next_method = request.next_method
        ti.next_kwargs = kwargs if request.event is None else {**kwargs, "event": decode(request.event)}
    interval = moment(given["data_interval_start"]), moment(given["data_interval_end"])
    ti.dag_run = DagRun(
        dag_id=request.dag_id,
        run_id=given["run_id"],
        execution_date=moment(given["logical_date"]),
        start_date=moment(given["start_date"]),
        external_trigger=given["external_trigger"],
        conf=given["conf"],
        state="running",
        run_type=given["run_type"],
        data_interval=interval,
    )
    return ti


def _context_of(ti: Any) -> Any:
    """Return Airflow's context. A request for an earlier run is sent only when code uses a value of that run."""
    Current.asks_for_runs = False
    try:
        context = ti.get_template_context(ignore_param_exceptions=False, session=NoSession())
    finally:
        Current.asks_for_runs = True
    for key, name in (
        ("prev_data_interval_start_success", "data_interval_start"),
        ("prev_data_interval_end_success", "data_interval_end"),
        ("prev_start_date_success", "start_date"),
        ("prev_end_date_success", "end_date"),
        ("prev_execution_date_success", "execution_date"),
    ):
        context[key] = lazy_object_proxy.Proxy(lambda name=name: getattr(ti.get_previous_dagrun("success"), name, None))
    return context


def _execute(ti: Any, context: Any) -> tuple[dict[str, Any], Any]:
    """Execute a task with the same steps as Airflow's `_run_raw_task`. Return how the task ended, and its error."""
    try:
        # With `test_mode`, Airflow does not store the rendered fields.
        ti._execute_task_with_callbacks(context, test_mode=True, session=NoSession())
    except TaskDeferred as deferred:
        classpath, kwargs = deferred.trigger.serialize()
        timeout = deferred.timeout
        trigger = {
            "classpath": classpath,
            "kwargs": encode(kwargs),
            "timeout": None if timeout is None else timeout.total_seconds(),
        }
        _log.info("Pausing task as DEFERRED.")
        ended = {"trigger": trigger, "next_method": deferred.method_name, "next_kwargs": encode(deferred.kwargs or {})}
        return {"state": "deferred", **ended}, None
    except AirflowSkipException as skipped:
        if skipped.args:
            _log.info(skipped)
        return {"state": "skipped", "error": _shown(skipped)}, None
    except AirflowRescheduleException as waiting:
        _log.info("Rescheduling task, marking task as UP_FOR_RESCHEDULE")
        return {"state": "up_for_reschedule", "reschedule_at": waiting.reschedule_date.isoformat()}, None
    except (AirflowFailException, AirflowSensorTimeout) as error:
        _log.error("Task failed with exception", exc_info=True)
        return {"state": "failed", "error": _shown(error)}, error
    except SystemExit as error:
        text = f"Task failed due to SystemExit({error.code})"
        _log.error(text)
        return {"state": "up_for_retry", "error": ("SystemExit", str(error.code))}, text
    except BaseException as error:
        _log.error("Task failed with exception", exc_info=True)
        return {"state": "up_for_retry", "error": _shown(error)}, error
    return {"state": "success", "skips": Current.skips, "outlets": _outlets(ti, context)}, None


def _call_callbacks(ti: Any, context: Any, state: str, error: Any) -> None:
    task = ti.task
    kinds = {
        "success": ["success"],
        "skipped": ["skipped", "success"],
        "failed": ["failure"],
        "up_for_retry": ["retry"],
    }
    if error is not None:
        context["exception"] = error
        if task.email and (task.email_on_failure if state == "failed" else task.email_on_retry):
            try:
                ti.email_alert(error, task)
            except Exception:
                # As in Airflow, a failed e-mail does not change the end of the task.
                _log.exception("Failed to send email to: %s", task.email)
    for kind in kinds.get(state, ()):
        given = getattr(task, f"on_{kind}_callback", None) or []
        for callback in given if isinstance(given, list) else [given]:
            try:
                callback(context)
            except Exception:
                # A callback may raise anything, and the next one is still called.
                _log.exception("Error in on_%s_callback", kind)


def _outlets(ti: Any, context: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    events = context["outlet_events"] if ti.task.outlets and "outlet_events" in context else {}
    for outlet in ti.task.outlets:
        uri, name = getattr(outlet, "uri", None), getattr(outlet, "name", None)
        try:
            event = events[outlet]
        except Exception:
            continue
        if uri is not None:
            found.append({"name": name or uri, "uri": uri, "extra": event.extra})
        for added in getattr(event, "dataset_alias_events", ()):
            target = added["dest_dataset_uri"]
            found.append({"name": target, "uri": target, "extra": added["extra"], "alias": name})
    return found


def _send_rendered(channel: Any, ti: Any) -> None:
    try:
        from airflow.models.renderedtifields import get_serialized_template_fields

        channel.send(messages.Rendered(get_serialized_template_fields(ti.task)))
    except Exception:
        _log.debug("The rendered fields can't be shown", exc_info=True)


def _shown(error: BaseException) -> tuple[str, str]:
    try:
        return type(error).__name__, str(error)
    except Exception:
        return type(error).__name__, "its text can't be read"


def encode(value: Any) -> Any:
    """Return a value as JSON."""
    return BaseSerialization.serialize(value)


def decode(data: Any) -> Any:
    """Return the value from which `encode` made this JSON."""
    return BaseSerialization.deserialize(data)


def run_triggers(channel: Any) -> None:
    """Run triggers until the flow run closes the socket."""
    from .triggers import Triggers

    Triggers(channel, encode, decode).run()
    raise Closed
