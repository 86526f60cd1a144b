"""Runs tasks with `run` and `finalize` of the Task SDK of Airflow 3.0 to 3.3, and answers the messages of the SDK."""

from __future__ import annotations

import datetime
import os
import uuid
from typing import Any

# The variable must be set before Airflow is imported, so that Airflow uses no database and does not set up logging.
os.environ["_AIRFLOW__AS_LIBRARY"] = "1"
import airflow.settings

# Other Python processes that operators start must not inherit this variable.
del os.environ["_AIRFLOW__AS_LIBRARY"]
import structlog
from airflow.sdk.api.datamodels import _generated as models
from airflow.sdk.execution_time import task_runner

from . import messages
from .channel import Closed
from .dag_files import DagFileError, call_of_dag
from .logs import Sink, send_logs
from .operators import task_for
from .supervisor3 import Supervisor, shown

try:
    from airflow.sdk.api.datamodels._generated import TaskInstanceState
except ImportError:  # before 3.0.2
    from airflow.utils.state import TaskInstanceState
try:
    from airflow.sdk import serde
except ImportError:  # before 3.2
    serde = None

settings = airflow.settings
settings.configure_vars()
# In releases before 2.11 and in 3.0, this function has a shorter name.
_names: Any = vars(settings)
(_names.get("prepare_syspath_for_config_and_plugins") or _names["prepare_syspath"])()
if hasattr(settings, "get_policy_plugin_manager"):
    settings.load_policy_plugins(settings.get_policy_plugin_manager())
else:  # before 3.2
    settings.configure_policy_plugin_manager()
    settings.load_policy_plugins(settings.POLICY_PLUGIN_MANAGER)
settings.import_local_settings()

_held: dict[str, Any] = {}
__all__ = ["call_dag_callbacks", "connect", "prepare", "run_task", "run_triggers"]


def connect(channel: Any) -> None:
    """While a DAG file is loaded, let the SDK send its requests to the flow run."""
    _held["comms"] = task_runner.SUPERVISOR_COMMS = Supervisor(channel)


def prepare(channel: Any) -> None:
    """Send logs to the flow run, and let the SDK send its requests to the flow run."""
    from airflow.configuration import conf

    _held["sink"] = sink = Sink(channel)
    send_logs(sink, conf.get("logging", "logging_level", fallback="INFO").upper())
    _configure_structlog(sink)
    connect(channel)


def run_task(channel: Any, request: Any) -> None:
    """Run a task, and report how the task ended. Call the task's callbacks if the flow run requests this."""
    supervisor, sink = _held["comms"], _held["sink"]
    supervisor.begin(request)
    log = structlog.get_logger("task")
    try:
        ti = _task_instance(request)
        context = ti.get_template_context()
        state, _, error = task_runner.run(ti, context, log)
    except Exception as problem:
        # The error was raised before the SDK had created the context.
        log.error("%s", problem, exc_info=not isinstance(problem, DagFileError))
        channel.send(messages.Ended("up_for_retry", error=shown(problem)))
        channel.receive()
        sink.end()
        return
    ended = supervisor.ended(str(state.value), error)
    if ended["state"] == "deferred":
        ended["trigger"]["kwargs"] = _serialized(ended["trigger"]["kwargs"])
        ended["next_kwargs"] = _serialized(ended["next_kwargs"])
    ended["label"] = getattr(ti, "rendered_map_index", None)
    channel.send(messages.Ended(**ended))
    if ended["state"] not in ("deferred", "up_for_reschedule"):
        finish = channel.receive()
        context["exception"] = error
        task_runner.finalize(ti, _set_state(ti, finish.state), context, log, *((error,) if error is not None else ()))
    sink.end()


def call_dag_callbacks(channel: Any, request: Any) -> None:  # noqa: ARG001 - as `run_task`
    """Call the callbacks of a DAG, as Airflow's processor does."""
    task = messages.RunTask(**request.task)
    _held["comms"].begin(task)
    ti = _task_instance(task)
    _set_state(ti, request.task_state)
    context = ti.get_template_context()
    context["reason"] = request.reason
    call_of_dag(ti.task.dag, request.state, context)
    _held["sink"].end()


def _set_state(ti: Any, state: str) -> Any:
    found = TaskInstanceState(state)
    if "state" in type(ti).model_fields:  # since 3.0.1
        ti.state = found
    return found


def _task_instance(request: Any) -> Any:
    given = dict(request.run)
    values = {
        **given,
        "dag_id": request.dag_id,
        "state": "running",
        "consumed_asset_events": [],
        "end_date": None,
        "partition_key": None,
    }
    known = {name: value for name, value in values.items() if name in models.DagRun.model_fields}
    context = models.TIRunContext.model_validate(
        {
            "dag_run": models.DagRun.model_validate(known),
            "max_tries": request.max_tries,
            "task_reschedule_count": request.reschedules,
            "next_method": request.next_method if request.failure is None else "__fail__",
            "next_kwargs": _next_kwargs(request),
            "upstream_map_indexes": request.map_indexes,
            "should_retry": True,
        }
    )
    return task_runner.RuntimeTaskInstance.model_construct(
        id=uuid.UUID(request.id),
        task_id=request.task_id,
        dag_id=request.dag_id,
        run_id=given["run_id"],
        try_number=request.try_number,
        map_index=request.map_index,
        dag_version_id=uuid.UUID(request.id),
        hostname=None,
        context_carrier=None,
        task=task_for(request),
        bundle_instance=None,
        max_tries=request.max_tries,
        start_date=datetime.datetime.fromisoformat(request.start_date),
        end_date=None,
        state=TaskInstanceState.RUNNING,
        is_mapped=None,
        rendered_map_index=None,
        sentry_integration="",
        _ti_context_from_server=context,
    )


def _serialized(arguments: Any) -> Any:
    """Serialize the arguments of a deferral. In Airflow 3.0, the supervisor serializes them, and not the SDK."""
    is_done = serde is not None or (isinstance(arguments, dict) and "__type" in arguments)
    return arguments if is_done else encode(arguments)


def _next_kwargs(request: Any) -> Any:
    if request.failure is not None:
        return encode(request.failure)
    if request.event is None:
        return request.next_kwargs
    return encode({**decode(request.next_kwargs), "event": decode(request.event)})


def encode(value: Any) -> Any:
    """Return a value as JSON."""
    if serde is not None:
        return serde.serialize(value)
    from airflow.serialization.serialized_objects import BaseSerialization

    return BaseSerialization.serialize(value)


def decode(data: Any) -> Any:
    """Return the value from which `encode` made this JSON."""
    if serde is not None:
        return serde.deserialize(data)
    from airflow.serialization.serialized_objects import BaseSerialization

    return BaseSerialization.deserialize(data)


def run_triggers(channel: Any) -> None:
    """Run triggers until the flow run closes the socket."""
    from .triggers import Triggers

    Triggers(channel, encode, decode).run()
    raise Closed


def _logger_class(level: int) -> Any:
    """Return a class of loggers that have the methods of `logging.Logger`, as Airflow's own loggers do."""
    import logging

    added = {
        "level": level,
        "name": "airflow.task",
        "handlers": [logging.NullHandler()],
        "isEnabledFor": lambda _, at: at >= level,
        "getEffectiveLevel": lambda _: level,
    }
    return type("TaskLogger", (structlog.make_filtering_bound_logger(level),), added)


def _configure_structlog(sink: Sink) -> None:
    import logging

    def send(_logger: Any, method: str, event: dict[str, Any]) -> Any:
        level = logging.getLevelName(method.upper()) if method != "exception" else logging.ERROR
        text = str(event.pop("event", ""))
        trace = event.pop("exception", None)
        logger = str(event.pop("logger_name", event.pop("logger", "airflow.task")))
        # The SDK adds the whole task instance to a log event, as `ti`.
        for name in ("timestamp", "level", "ti"):
            event.pop(name, None)
        fields = " ".join("{}={}".format(*item) for item in event.items())
        lines = [" ".join(part for part in (text, fields) if part), *([str(trace)] if trace else [])]
        if not text.startswith(("::group::", "::endgroup::")):
            sink.send(level if isinstance(level, int) else logging.INFO, logger, "\n".join(lines))
        raise structlog.DropEvent

    level = logging.getLogger().level
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.format_exc_info,
            send,
        ],
        wrapper_class=_logger_class(level),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
