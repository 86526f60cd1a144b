"""Creates alerts from a DAG's arguments and `default_args`."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._airflow.callback import CallbackPath, callback_path
from .._airflow.version import AirflowVersion
from ..errors import InvalidAlertError, InvalidCallbackError, UnsupportedFeatureWarning
from . import _triggers as triggers
from ._alerts import check_reference
from ._deadline import AsyncCallback
from ._request import AlertRequest, names, one_or_more
from ._specs import ActionSpec, AutomationSpec
from ._task_arguments import ALL, AnyTask, TaskArguments

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
    """The alerts of a DAG; see `airflow_compat.automations.from_dag_args`.

    Attributes:
        tasks: The arguments of the tasks, merged with `default_args`.
        target: The options for a builder that select the flow or deployment that replaces the DAG.
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
        """Check the arguments of `from_dag_args`.

        Raises:
            InvalidAlertError: No flow is named, or an argument is misspelt.
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
            raise InvalidAlertError("The arguments have no dag_id. Name the flow with flow=, or use deployment=.")
        return cls(dag_args, said, {"flow": chosen}, getattr(chosen, "name", chosen), **how)

    def specs(self) -> Iterator[AutomationSpec]:
        yield from self._of_the_dag()
        yield from self._of_tasks()
        yield from self._sla()
        yield from self._timeout()
        yield from self._deadlines()

    def _of_the_dag(self) -> Iterator[AutomationSpec]:
        for alert in ("on_failure",) if self.in_process else ("on_failure", "on_success"):
            name = f"{alert}_callback"
            if callbacks := self._callbacks(self.dag, name, name):
                yield self._options(alert, callbacks).at_event()

    def _of_tasks(self) -> Iterator[AutomationSpec]:
        for ids, failure in self._told("on_failure"):
            # A process that died can't report the failure of its task.
            names = ", ".join(f"{self.flow_name}/{task_id}" for task_id in ids)
            lost = self._options("on_failure", failure, key=f"on_failure:{names} lost with its process")
            lost = replace(lost, lost_task=True, lost_tasks=() if ids == (ALL,) else ids)
            yield lost.spec(triggers.on_crash(lost.target))
        if self.in_process:
            return
        for alert in ("on_failure", "on_success", "on_retry", "on_skipped"):
            for ids, callbacks in self._told(alert):
                yield self._options(alert, callbacks, tasks=ids).at_event()
        if any(given.get("on_execute_callback") for given in (self.tasks.defaults, *self.tasks.own.values())):
            _warn("Alerts don't support on_execute_callback. To keep it, put @on_execute above the tasks.")

    def _told(self, alert: str) -> list[tuple[tuple[str, ...], list[CallbackPath]]]:

        def read(where: str, arguments: Mapping[str, Any]) -> list[CallbackPath]:
            name = f"{alert}_callback"
            return [*self._callbacks(arguments, name, f"{where}[{name!r}]"), *self._emails(arguments, f"email_{alert}")]

        return [(ids, callbacks) for ids, callbacks in self.tasks.say(read) if callbacks]

    def _sla(self) -> Iterator[AutomationSpec]:
        said = self.tasks.say(lambda _, arguments: (arguments.get("sla"), _addresses(arguments)))
        slas = [(ids, sla, addresses) for ids, (sla, addresses) in said if sla is not None]
        callbacks = self._callbacks(self.dag, "sla_miss_callback", "sla_miss_callback")
        if callbacks and not slas:
            _warn("sla_miss_callback has no effect, because no known task has an sla. Pass the DAG's tasks in tasks=.")
        if any(callbacks or addresses for _, _, addresses in slas):
            _warn(
                "An sla counts from the run's scheduled start in Airflow, but here from when the task was submitted. "
                "Use on_late_start for runs that don't start."
            )
        for ids, sla, addresses in slas:
            told = list(callbacks)
            if addresses:
                arguments = {"to": addresses, "subject": _SLA_SUBJECT, "html_content": _SLA_TEXT}
                told.append(CallbackPath("airflow_compat.notifiers:SmtpNotifier", arguments))
            if not told:
                _warn("An sla without sla_miss_callback or email makes no alert. Use on_sla_miss with notify=.")
                continue
            yield self._options("on_sla_miss", told, tasks=ids).on_duration(
                "sla", sla, detail=f"The run should have ended within {sla}."
            )

    def _timeout(self) -> Iterator[AutomationSpec]:
        timeout = self.dag.get("dagrun_timeout")
        if timeout is not None:
            end = ActionSpec({**_TIME_OUT, "message": f"The run took longer than its dagrun_timeout of {timeout}"})
            yield self._options("dagrun_timeout", ()).on_duration("dagrun_timeout", timeout, first=[end])

    def _deadlines(self) -> Iterator[AutomationSpec]:
        for number, deadline in enumerate(one_or_more(self.dag.get("deadline"))):
            try:
                reference, interval, callback = deadline.reference, deadline.interval, deadline.callback
            except AttributeError:
                raise InvalidAlertError(
                    f"deadline={deadline!r} isn't a DeadlineAlert. Use airflow_compat.automations.DeadlineAlert."
                ) from None
            check_reference(reference)
            called = self._checked("deadline", _deadline_callback(callback))
            name = getattr(deadline, "name", None) or str(number + 1)
            wanted = self._options("on_deadline", [called], key=f"on_deadline:{self.flow_name} {name}")
            yield wanted.on_duration(
                "interval", interval, detail=f"The run should have ended within {interval} of being queued."
            )

    def _options(
        self, alert: str, callbacks: Iterable[CallbackPath], *, tasks: tuple[str, ...] = (), key: str = ""
    ) -> AlertRequest:
        options = {
            **({"task": [f"{self.flow_name}/{task_id}" for task_id in tasks]} if tasks else self.target),
            "callback": list(callbacks),
            "callback_deployment": self.callback_deployment,
            "airflow_version": self.airflow_version,
            "key": key,
        }
        return AlertRequest.of(alert, options.pop("flow", ""), options)

    def _callbacks(self, arguments: Mapping[str, Any], name: str, where: str) -> list[CallbackPath]:
        given = arguments.get(name)
        # As in Airflow, a tuple is treated as one callback, which fails because a tuple can't be called.
        callbacks = given if isinstance(given, list) else [] if given is None else [given]
        return [self._checked(where, callback) for callback in callbacks]

    @staticmethod
    def _checked(where: str, callback: object) -> CallbackPath:
        try:
            return callback_path(callback)
        except InvalidCallbackError as exc:
            raise InvalidCallbackError(f"{where}: {exc}") from None

    def _emails(self, arguments: Mapping[str, Any], when: str) -> list[CallbackPath]:
        addresses = _addresses(arguments)
        if when not in ("email_on_failure", "email_on_retry") or not (addresses and arguments.get(when, True)):
            return []
        of_2 = {"airflow_version": "2"} if self.airflow_version == "2" else {}
        return [CallbackPath("airflow_compat.notifiers:EmailAlert", {"to": addresses, **of_2})]


def _addresses(arguments: Mapping[str, Any]) -> list[str]:
    return list(names(arguments.get("email") or ()))


def _deadline_callback(callback: Any) -> Any:
    """Return the function in a deadline's callback, which is an object of our classes or of Airflow's."""
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
            raise InvalidAlertError(f"{shown} is not an Airflow argument. Did you mean {near[0]!r}?")


def _warn(message: str) -> None:
    # The warning names the line of user code that calls `from_dag_args`.
    warnings.warn(message, UnsupportedFeatureWarning, stacklevel=5)
