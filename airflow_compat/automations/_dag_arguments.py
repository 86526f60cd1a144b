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
from .task_args import ALL, AnyTask, TaskArguments
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
        tasks: Its `default_args`, and what its tasks say themselves.
        target: The flow or deployment that stands for it, as options.
        flow_name: The flow's name.
    """

    dag: Mapping[str, Any]
    tasks: TaskArguments
    target: Mapping[str, Any]
    flow_name: str
    in_process: bool
    callback_deployment: str
    airflow_version: AirflowVersion

    @classmethod
    def of(
        cls, dag_args: Mapping[str, Any], *, tasks: Iterable[AnyTask], flow: Any, deployment: str, **how: Any
    ) -> DagAlerts:
        """Those of some arguments.

        Raises:
            InvalidAlertError: They name no flow, or one looks like a misspelt argument of Airflow's.
        """
        said = TaskArguments.of(dag_args.get("default_args"), tasks)
        _check_names("", dag_args, (*_OF_THE_DAG, *_OF_TASKS))
        _check_names("default_args", said.defaults, _OF_TASKS)
        for task_id, own in said.own.items():
            _check_names(f"task {task_id!r}", own, _OF_TASKS)
        if deployment:
            return cls(dag_args, said, {"deployment": deployment}, deployment.partition("/")[0], **how)
        chosen = flow or dag_args.get("dag_id", "")
        if not chosen:
            raise InvalidAlertError("the arguments have no dag_id; name the flow with flow=, or the deployment")
        return cls(dag_args, said, {"flow": chosen}, getattr(chosen, "name", chosen), **how)

    def specs(self) -> Iterator[AutomationSpec]:
        """All of them, the DAG's before its tasks'."""
        yield from self._of_the_dag()
        yield from self._of_tasks()
        yield from self._sla()
        yield from self._timeout()
        yield from self._deadlines()

    def _of_the_dag(self) -> Iterator[AutomationSpec]:
        for alert in ("on_failure",) if self.in_process else ("on_failure", "on_success"):
            name = f"{alert}_callback"
            yield from self._alert(alert, self._callbacks(self.dag, name, name))

    def _of_tasks(self) -> Iterator[AutomationSpec]:
        for ids, failure in self._told("on_failure"):
            # A process that dies leaves its task running, and says nothing of it.
            key = f"on_failure:{self._names(ids)} lost with its process"
            lost = self._options("on_failure", failure, key=key)
            more = {"lost_task": True, "lost_tasks": () if ids == (ALL,) else ids}
            yield Options(**{**vars(lost), **more}).spec(triggers.on_crash(lost.target))
        if self.in_process:
            return
        for alert in ("on_failure", "on_success", "on_retry", "on_skipped"):
            for ids, callbacks in self._told(alert):
                yield from self._alert(alert, callbacks, tasks=ids)
        if any(given.get("on_execute_callback") for given in (self.tasks.defaults, *self.tasks.own.values())):
            _warn("on_execute_callback is no alert on the server; put @on_execute above the tasks, from airflow_compat")

    def _told(self, alert: str) -> list[tuple[tuple[str, ...], list[CallbackPath]]]:
        """What tasks call at an event, without those that call nothing."""

        def read(where: str, arguments: Mapping[str, Any]) -> list[CallbackPath]:
            name = f"{alert}_callback"
            return [*self._callbacks(arguments, name, f"{where}[{name!r}]"), *self._emails(arguments, f"email_{alert}")]

        return [(ids, callbacks) for ids, callbacks in self.tasks.say(read) if callbacks]

    def _sla(self) -> Iterator[AutomationSpec]:
        said = self.tasks.say(lambda _, arguments: (arguments.get("sla"), _addresses(arguments)))
        slas = [(ids, sla, addresses) for ids, (sla, addresses) in said if sla is not None]
        callbacks = self._callbacks(self.dag, "sla_miss_callback", "sla_miss_callback")
        if callbacks and not slas:
            _warn(
                "sla_miss_callback is called for tasks that have an sla, and no task that is known has one; give the "
                "tasks with tasks="
            )
        for ids, sla, addresses in slas:
            told = list(callbacks)
            if addresses:
                arguments = {"to": addresses, "subject": _SLA_SUBJECT, "html_content": _SLA_TEXT}
                told.append(CallbackPath("airflow_compat.notifiers:SmtpNotifier", arguments))
            if not told:
                _warn("an sla without sla_miss_callback or email makes no alert; use on_sla_miss with notify=")
                continue
            _warn(
                "an sla counts from the run's scheduled start in Airflow, and here from when the task was submitted; "
                "use on_late_start for runs that don't start"
            )
            wanted = self._options("on_sla_miss", told, tasks=ids)
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

    def _alert(
        self, alert: str, callbacks: list[CallbackPath], *, tasks: tuple[str, ...] = ()
    ) -> Iterator[AutomationSpec]:
        if callbacks:
            wanted = self._options(alert, callbacks, tasks=tasks)
            yield wanted.spec(getattr(triggers, alert)(wanted.target))

    def _names(self, task_ids: Iterable[str]) -> str:
        return ", ".join(f"{self.flow_name}/{task_id}" for task_id in task_ids)

    def _options(
        self, alert: str, callbacks: Iterable[CallbackPath], *, tasks: tuple[str, ...] = (), key: str = ""
    ) -> Options:
        options = {
            **({"task": [f"{self.flow_name}/{task_id}" for task_id in tasks]} if tasks else self.target),
            "callback": list(callbacks),
            "callback_deployment": self.callback_deployment,
            "airflow_version": self.airflow_version,
            "key": key,
        }
        return Options.of(alert, options.pop("flow", ""), options)

    def _callbacks(self, arguments: Mapping[str, Any], name: str, where: str) -> list[CallbackPath]:
        given = arguments.get(name)
        # By Airflow's rule a tuple is one callback, which can't be called.
        callbacks = given if isinstance(given, list) else [] if given is None else [given]
        return [self._checked(where, callback) for callback in callbacks]

    @staticmethod
    def _checked(where: str, callback: object) -> CallbackPath:
        try:
            return callback_path(callback)
        except InvalidCallbackError as exc:
            problem = InvalidCallbackError(f"{where}: {exc}")
        raise problem

    def _emails(self, arguments: Mapping[str, Any], when: str) -> list[CallbackPath]:
        addresses = _addresses(arguments)
        if when not in ("email_on_failure", "email_on_retry") or not (addresses and arguments.get(when, True)):
            return []
        made_with: dict[str, Any] = {"to": addresses}
        if self.airflow_version == "2":
            made_with["airflow_version"] = "2"
        return [CallbackPath("airflow_compat.notifiers:EmailAlert", made_with)]


def _addresses(arguments: Mapping[str, Any]) -> list[str]:
    return list(names(arguments.get("email") or ()))


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
