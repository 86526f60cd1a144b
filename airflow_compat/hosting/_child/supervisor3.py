"""Answers the messages of the Task SDK of Airflow 3.0 to 3.3, in place of Airflow's supervisor process."""

from __future__ import annotations

import asyncio
import datetime
import threading
from typing import Any

from airflow.sdk.api.datamodels import _generated as models
from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import comms

from . import messages, run_requests
from .channel import RequestError


def shown(error: BaseException) -> tuple[str, str]:
    """Return the class name and the text of an exception."""
    try:
        return type(error).__name__, str(error)
    except Exception:
        return type(error).__name__, "its text can't be read"


class Supervisor:
    """Replaces the SDK's object `SUPERVISOR_COMMS`.

    An unknown message raises an error that names the message's class.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._answer: Any = None
        # In Airflow 3.0, the SDK acquires this lock before it sends a request, and releases it after the answer.
        self.lock = threading.RLock()
        self.begin(None)

    def begin(self, request: Any) -> None:
        """Begin a task."""
        self._request = request
        self._last: Any = None
        self._skips: list[str] = []

    def ended(self, state: str, error: BaseException | None) -> dict[str, Any]:
        """Return the fields of the task's `Ended` message, from the SDK's last messages."""
        found: dict[str, Any] = {"state": state, "error": None if error is None else shown(error)}
        last = self._last
        if state == "success":
            found["skips"] = self._skips
            found["outlets"] = [_outlet(event) for event in getattr(last, "outlet_events", None) or ()]
        elif state == "up_for_reschedule":
            found["reschedule_at"] = last.reschedule_date.isoformat()
        elif state == "deferred":
            timeout = last.trigger_timeout
            found["trigger"] = {
                "classpath": last.classpath,
                "kwargs": last.trigger_kwargs,
                "timeout": None if timeout is None else timeout.total_seconds(),
            }
            found.update(next_method=last.next_method, next_kwargs=last.next_kwargs)
        return found

    def send(self, msg: Any, *_: Any, **__: Any) -> Any:
        """Answer a message."""
        kind = type(msg).__name__
        handler = getattr(self, "_" + kind, None)
        if handler is None:
            raise NotImplementedError(
                f"The task requested {kind} from Airflow, which airflow_compat can't answer in a host. "
                "Remove this request."
            )
        return handler(msg)

    async def asend(self, msg: Any) -> Any:
        """Answer a message in a thread, so that the event loop is not blocked."""
        return await asyncio.to_thread(self.send, msg)

    def send_request(self, log: Any, msg: Any) -> None:  # noqa: ARG002 - its caller names it
        """Compute the answer to a message; the next call of `get_message` returns the answer, as in Airflow 3.0."""
        self._answer = self.send(msg)

    def get_message(self) -> Any:
        """Return the answer to the latest request."""
        return self._answer

    # -- The end of the task

    def _keep_last(self, msg: Any) -> Any:
        self._last = msg
        return _ok()

    _TaskState = _SucceedTask = _DeferTask = _RetryTask = _RescheduleTask = _keep_last

    def _SkipDownstreamTasks(self, msg: Any) -> Any:
        self._skips += [task if isinstance(task, str) else task[0] for task in msg.tasks]
        return _ok()

    # -- Notes

    def _MaskSecret(self, msg: Any) -> Any:
        self._channel.send(messages.Mask(msg.value, msg.name))
        return _ok()

    def _SetRenderedFields(self, msg: Any) -> Any:
        self._channel.send(messages.Rendered(msg.rendered_fields))
        return _ok()

    def _SetRenderedMapIndex(self, msg: Any) -> Any:  # noqa: ARG002
        return _ok()

    def _ValidateInletsAndOutlets(self, msg: Any) -> Any:  # noqa: ARG002
        return comms.InactiveAssetsResult(inactive_assets=[])

    # -- Connections and variables

    def _GetConnection(self, msg: Any) -> Any:
        try:
            fields = self._channel.ask(run_requests.GetConnection(msg.conn_id))
        except RequestError as error:
            return _missing(error, ErrorType.CONNECTION_NOT_FOUND, conn_id=msg.conn_id)
        return comms.ConnectionResult(**fields)

    def _GetVariable(self, msg: Any) -> Any:
        try:
            value = self._channel.ask(run_requests.GetVariable(msg.key))
        except RequestError as error:
            return _missing(error, ErrorType.VARIABLE_NOT_FOUND, key=msg.key)
        return comms.VariableResult(key=msg.key, value=value)

    def _PutVariable(self, msg: Any) -> Any:
        self._channel.ask(run_requests.SetVariable(msg.key, msg.value))
        return _ok()

    def _DeleteVariable(self, msg: Any) -> Any:
        self._channel.ask(run_requests.DeleteVariable(msg.key))
        return _ok()

    # -- XComs

    def _GetXCom(self, msg: Any) -> Any:
        index = -1 if msg.map_index is None else msg.map_index
        return comms.XComResult(key=msg.key, value=self._xcom(msg, map_indexes=index))

    def _SetXCom(self, msg: Any) -> Any:
        index = -1 if msg.map_index is None else msg.map_index
        self._channel.ask(run_requests.SetXCom(msg.key, msg.value, msg.task_id, index))
        return _ok()

    def _DeleteXCom(self, msg: Any) -> Any:
        index = -1 if msg.map_index is None else msg.map_index
        self._channel.ask(run_requests.DeleteXCom(msg.key, msg.task_id, index))
        return _ok()

    def _GetXComCount(self, msg: Any) -> Any:
        return comms.XComCountResponse(len=len(self._sequence(msg)))

    def _GetXComSequenceItem(self, msg: Any) -> Any:
        try:
            return comms.XComSequenceIndexResult(root=self._sequence(msg)[msg.offset])
        except IndexError:
            return comms.ErrorResponse(error=ErrorType.XCOM_NOT_FOUND, detail={"key": msg.key})

    def _GetXComSequenceSlice(self, msg: Any) -> Any:
        values = self._sequence(msg)[slice(msg.start, msg.stop, msg.step)]
        return comms.XComSequenceSliceResult(root=values)

    def _xcom(self, msg: Any, **how: Any) -> Any:
        prior = bool(getattr(msg, "include_prior_dates", False))
        return self._channel.ask(
            run_requests.GetXCom(msg.key, msg.task_id, msg.dag_id, msg.run_id, prior_dates=prior, **how)
        )

    def _sequence(self, msg: Any) -> list[Any]:
        # Send the task id in a list, because the run answers a list of task ids with a list of values.
        msg = msg.model_copy(update={"task_id": [msg.task_id]})
        return [value for value in self._xcom(msg, all_indexes=True) if value is not None]

    # -- The run

    def _GetTaskRescheduleStartDate(self, msg: Any) -> Any:  # noqa: ARG002
        first = self._request.first_start
        return comms.TaskRescheduleStartDate(start_date=first and datetime.datetime.fromisoformat(first))

    def _GetPrevSuccessfulDagRun(self, msg: Any) -> Any:  # noqa: ARG002
        found = self._channel.ask(run_requests.GetPreviousRun("success")) or {}
        known = models.PrevSuccessfulDagRunResponse.model_fields
        return comms.PrevSuccessfulDagRunResult(**{name: value for name, value in found.items() if name in known})

    def _GetTICount(self, msg: Any) -> Any:
        run = self._request
        is_own = msg.run_ids == [run.run["run_id"]] and msg.dag_id == run.dag_id and len(msg.task_ids or ()) == 1
        if not is_own or msg.states or msg.map_index is not None or msg.task_group_id:
            raise NotImplementedError("A task in a host can only count instances in its own run. Leave out other runs.")
        return comms.TICount(count=self._channel.ask(run_requests.GetLength(msg.task_ids[0])) or 0)

    def _GetTaskStates(self, msg: Any) -> Any:
        run = self._request
        if msg.dag_id != run.dag_id or msg.run_ids != [run.run["run_id"]]:
            raise NotImplementedError("A task in a host can only read the states of its own run. Leave out other runs.")
        states = self._channel.ask(run_requests.GetTaskStates())
        if msg.task_ids is not None:
            states = {key: state for key, state in states.items() if key in msg.task_ids}
        return comms.TaskStatesResult(task_states={run.run["run_id"]: states})

    # -- Values that a task stores for its later tries

    def _GetTaskStateStore(self, msg: Any) -> Any:
        value = self._channel.ask(run_requests.KeepState("get", msg.key))
        if value is None:
            return comms.ErrorResponse(error=ErrorType.TASK_STORE_NOT_FOUND, detail={"key": msg.key})
        return comms.TaskStateStoreResult(value=value)

    def _SetTaskStateStore(self, msg: Any) -> Any:
        until = msg.expires_at
        left = until and (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        self._channel.ask(run_requests.KeepState("set", msg.key, msg.value, left))
        return _ok()

    def _DeleteTaskStateStore(self, msg: Any) -> Any:
        self._channel.ask(run_requests.KeepState("delete", msg.key))
        return _ok()

    def _ClearTaskStateStore(self, msg: Any) -> Any:  # noqa: ARG002
        self._channel.ask(run_requests.KeepState("clear"))
        return _ok()


def _ok() -> Any:
    return comms.OKResponse(ok=True) if hasattr(comms, "OKResponse") else None


def _missing(error: RequestError, kind: Any, **detail: Any) -> Any:
    """Return Airflow's answer for a missing object. Any other error is raised again, and fails the task."""
    if error.kind == "missing":
        return comms.ErrorResponse(error=kind, detail=detail)
    raise error


def _outlet(event: dict[str, Any]) -> dict[str, Any]:
    key = event["dest_asset_key"]
    return {
        "name": key["name"],
        "uri": key["uri"],
        "extra": event["extra"],
        "alias": event.get("source_alias_name"),
        "partition": event.get("partition_key"),
    }
