"""A DAG's own words as alerts: callbacks, e-mail, SLA, timeout and deadline, from its arguments and `default_args`."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._airflow.callback_path import CallbackPath, callback_path
from .._airflow.deadline import AsyncCallback
from .._airflow.version import AirflowVersion
from .._specs import automation_triggers as triggers
from .._specs.automations import AutomationSpec, PlainAction
from ..errors import InvalidAlertError, InvalidCallbackError, UnsupportedFeatureWarning
from .options import Options, names, one_or_more
from .timers import check_reference

_OF_THE_DAG = ("on_failure_callback", "on_success_callback", "sla_miss_callback", "dagrun_timeout", "deadline")
_OF_TASKS = (
    *("on_failure_callback", "on_success_callback", "on_retry_callback", "on_skipped_callback", "on_execute_callback"),
    *("email", "email_on_failure", "email_on_retry", "sla"),
)
_ALIKE = 0.85

_TIME_OUT = {"type": "change-flow-run-state", "state": "FAILED", "name": "TimedOut"}
_SLA_SUBJECT = "[airflow] SLA miss on DAG={{ dag.dag_id }}"
_SLA_TEXT = "Here's a list of tasks that missed their SLAs:<pre><code>{{ ti.task_id }} on {{ ts }}</code></pre>"


@dataclass(frozen=True)
class DagAlerts:
    """The alerts that a DAG asks for; see `airflow_compat.automations.from_dag_args` for each.

    Attributes:
        dag: The DAG's arguments.
        tasks: Its `default_args`.
        target: The flow or deployment that stands for it, as options.
        flow_name: The flow's name.
    """

    dag: Mapping[str, Any]
    tasks: Mapping[str, Any]
    target: Mapping[str, Any]
    flow_name: str
    in_process: bool
    callback_deployment: str
    airflow_version: AirflowVersion

    @classmethod
    def of(cls, dag_args: Mapping[str, Any], *, flow: Any, deployment: str, **how: Any) -> DagAlerts:
        """Those of some arguments.

        Raises:
            InvalidAlertError: They name no flow, or one looks like a misspelt argument of Airflow's.
        """
        tasks = dag_args.get("default_args") or {}
        _check_names("", dag_args, (*_OF_THE_DAG, *_OF_TASKS))
        _check_names("default_args", tasks, _OF_TASKS)
        if deployment:
            return cls(dag_args, tasks, {"deployment": deployment}, deployment.partition("/")[0], **how)
        chosen = flow or dag_args.get("dag_id", "")
        if not chosen:
            raise InvalidAlertError("the arguments have no dag_id; name the flow with flow=, or the deployment")
        return cls(dag_args, tasks, {"flow": chosen}, getattr(chosen, "name", chosen), **how)

    def specs(self) -> Iterator[AutomationSpec]:
        """All of them, the DAG's before its tasks'."""
        yield from self._of_the_dag()
        yield from self._of_tasks()
        yield from self._sla()
        yield from self._timeout()
        yield from self._deadlines()

    def _of_the_dag(self) -> Iterator[AutomationSpec]:
        yield from self._alert("on_failure", self._callbacks("on_failure_callback"))
        if not self.in_process:
            yield from self._alert("on_success", self._callbacks("on_success_callback"))

    def _of_tasks(self) -> Iterator[AutomationSpec]:
        failure = [*self._callbacks("on_failure_callback", self.tasks), *self._emails("email_on_failure")]
        if failure:
            # A process that dies leaves its task running, and says nothing of it.
            lost = self._options("on_failure", failure, key=f"on_failure:{self.flow_name}/* lost with its process")
            yield Options(**{**vars(lost), "lost_task": True}).spec(triggers.on_crash(lost.target))
        if self.in_process:
            return
        yield from self._alert("on_failure", failure, tasks=True)
        yield from self._alert("on_success", self._callbacks("on_success_callback", self.tasks), tasks=True)
        retry = [*self._callbacks("on_retry_callback", self.tasks), *self._emails("email_on_retry")]
        yield from self._alert("on_retry", retry, tasks=True)
        yield from self._alert("on_skipped", self._callbacks("on_skipped_callback", self.tasks), tasks=True)
        if self.tasks.get("on_execute_callback"):
            _warn("on_execute_callback is no alert on the server; put @on_execute above the tasks, from airflow_compat")

    def _sla(self) -> Iterator[AutomationSpec]:
        sla = self.tasks.get("sla")
        if sla is None:
            return
        told = self._callbacks("sla_miss_callback")
        if addresses := self._addresses():
            arguments = {"to": addresses, "subject": _SLA_SUBJECT, "html_content": _SLA_TEXT}
            told.append(CallbackPath("airflow_compat.notifiers:SmtpNotifier", arguments))
        if not told:
            _warn("an sla without sla_miss_callback or email tells nobody; use on_sla_miss with notify=")
            return
        _warn(
            "an sla counts from the run's scheduled start in Airflow, and here from when the task was submitted; use "
            "on_late_start for runs that don't start"
        )
        wanted = self._options("on_sla_miss", told, tasks=True)
        yield wanted.spec(triggers.on_duration(wanted.target, "sla", sla), detail=f"It was to end within {sla}.")

    def _timeout(self) -> Iterator[AutomationSpec]:
        timeout = self.dag.get("dagrun_timeout")
        if timeout is None:
            return
        wanted = self._options("dagrun_timeout", ())
        message = f"The run took longer than its dagrun_timeout of {timeout}"
        yield wanted.spec(
            triggers.on_duration(wanted.target, "dagrun_timeout", timeout),
            first=[PlainAction({**_TIME_OUT, "message": message})],
        )

    def _deadlines(self) -> Iterator[AutomationSpec]:
        for number, deadline in enumerate(one_or_more(self.dag.get("deadline"))):
            try:
                reference, interval, callback = deadline.reference, deadline.interval, deadline.callback
            except AttributeError:
                raise InvalidAlertError(
                    f"deadline={deadline!r} is no DeadlineAlert; take the one of airflow_compat.automations"
                ) from None
            check_reference(reference)
            called = self._checked("deadline", _deadline_callback(callback))
            name = getattr(deadline, "name", None) or str(number + 1)
            wanted = self._options("on_deadline", [called], key=f"on_deadline:{self.flow_name} {name}")
            detail = f"It was to end within {interval} of being queued."
            yield wanted.spec(triggers.on_duration(wanted.target, "interval", interval), detail=detail)

    def _alert(self, alert: str, callbacks: list[CallbackPath], *, tasks: bool = False) -> Iterator[AutomationSpec]:
        if callbacks:
            wanted = self._options(alert, callbacks, tasks=tasks)
            yield wanted.spec(getattr(triggers, alert)(wanted.target))

    def _options(self, alert: str, callbacks: Iterable[CallbackPath], *, tasks: bool = False, key: str = "") -> Options:
        target = {"task": f"{self.flow_name}/*"} if tasks else dict(self.target)
        options = {
            **target,
            "callback": list(callbacks),
            "callback_deployment": self.callback_deployment,
            "airflow_version": self.airflow_version,
            "key": key,
        }
        return Options.of(alert, options.pop("flow", ""), options)

    def _callbacks(self, name: str, arguments: Mapping[str, Any] | None = None) -> list[CallbackPath]:
        given = one_or_more((self.dag if arguments is None else arguments).get(name))
        where = name if arguments is None else f"default_args[{name!r}]"
        return [self._checked(where, callback) for callback in given]

    @staticmethod
    def _checked(where: str, callback: object) -> CallbackPath:
        try:
            return callback_path(callback)
        except InvalidCallbackError as exc:
            problem = InvalidCallbackError(f"{where}: {exc}")
        raise problem

    def _addresses(self) -> list[str]:
        return list(names(self.tasks.get("email") or ()))

    def _emails(self, when: str) -> list[CallbackPath]:
        addresses = self._addresses()
        if not (addresses and self.tasks.get(when, True)):
            return []
        arguments: dict[str, Any] = {"to": addresses}
        if self.airflow_version == "2":
            arguments["airflow_version"] = "2"
        return [CallbackPath("airflow_compat.notifiers:EmailAlert", arguments)]


def _deadline_callback(callback: Any) -> Any:
    """What a deadline's callback stands for: ours, or one of Airflow's own objects."""
    if isinstance(callback, AsyncCallback):
        found, arguments = callback.callback_callable, dict(callback.kwargs or {})
    elif hasattr(callback, "path") and hasattr(callback, "kwargs"):
        found, arguments = callback.path, dict(callback.kwargs or {})
    else:
        return callback
    if isinstance(found, str) and ":" not in found:
        module, _, name = found.rpartition(".")
        found = f"{module}:{name}"
    path = callback_path(found)
    return CallbackPath(path.path, {**path.arguments, **arguments})


def _check_names(where: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in given:
        near = difflib.get_close_matches(str(name), known, 1, _ALIKE)
        if near and name not in (*_OF_THE_DAG, *_OF_TASKS):
            shown = f"{where}[{name!r}]" if where else repr(name)
            raise InvalidAlertError(f"{shown} is no argument of Airflow's; did you mean {near[0]!r}?")


def _warn(message: str) -> None:
    # Past the generators, to who asked for the alerts.
    warnings.warn(message, UnsupportedFeatureWarning, stacklevel=5)
