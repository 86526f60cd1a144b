"""Runs an operator in a host, as one try of a Prefect task in an ordinary flow."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ..._airflow.task_arguments import TASK_ARGUMENTS
from ..._airflow.version import AirflowVersion
from ...authoring import ParamsDict
from ...context import Context
from ...errors import HostError, InvalidArgumentError
from ...exceptions import AirflowFailException, AirflowSensorTimeout, AirflowSkipException, AirflowTaskTimeout
from ...hosting import AirflowHost
from ...hosting._child.messages import RunTask
from ...hosting._task_processes import DagFile
from ...hosting._xcom_values import to_airflow
from .._outcome import Outcome, Resume
from .._prefect_task import EXECUTED, params_with, until_ended
from .flow_services import FlowServices
from .steps import HostedSteps, iso

_DATES = ("logical_date", "data_interval_start", "data_interval_end", "run_after", "start_date")
_KNOWN_ERRORS: dict[str, Callable[[str], BaseException]] = {
    **{each.__name__: each for each in (AirflowFailException, AirflowSensorTimeout, AirflowTaskTimeout)},
    "DagFileError": HostError,
}


@dataclass(frozen=True)
class HostedOperator:
    """An operator that a host can execute: its import path and its arguments.

    Attributes:
        path: The import path of the operator's class in the host.
        arguments: The operator's arguments that were passed to `as_task`.
        file: The file that calls `as_task`. Template files are searched for in the folder of this file, and the
            operator's module may be there, too.
    """

    host: AirflowHost
    path: str
    arguments: Mapping[str, Any]
    release: AirflowVersion
    file: str

    def __post_init__(self) -> None:
        if not self.arguments.get("task_id"):
            raise InvalidArgumentError(f"as_task({self.path!r}, ...) got no task_id. Pass one.")
        self._sent(self._own())

    def __call__(self, context: Context, given: Mapping[str, Any], slots: AbstractContextManager[Any]) -> Any:
        """Execute the operator for the current task run, and return the operator's XCom `return_value`."""
        ti: Any = context["ti"]
        services = FlowServices(ti, self.release)
        steps = HostedSteps(self.host, self._modules(), self.release, services)
        request = self._request(context, ti, given)
        waits_since: list[datetime] = []

        def step(resume: Resume | None) -> Outcome:
            began = datetime.now(timezone.utc)
            with slots:
                first = waits_since[0] if waits_since else None
                outcome = steps.execute(replace(request, first_start=iso(first)), resume)
            if outcome.state == "up_for_reschedule" and not waits_since:
                waits_since.append(began)
            return outcome

        try:
            outcome = until_ended(step)
            has_retry = outcome.state == "failed" and outcome.may_retry and ti.try_number <= ti.max_tries
            steps.task.finish("up_for_retry" if has_retry else outcome.state)
        finally:
            steps.task.close()
        if outcome.state != "success":
            raise _error_of(outcome)
        return services.returned[-1] if services.returned else None

    def _own(self) -> dict[str, Any]:
        """Return the arguments to send to the host's operator.

        The Prefect task applies all other arguments, such as `retries`.
        """
        of_all = {**(self.arguments.get("default_args") or {}), **self.arguments}
        mine = {name: value for name, value in of_all.items() if name not in TASK_ARGUMENTS or name in EXECUTED}
        return {name: value for name, value in mine.items() if name not in ("default_args", "params")}

    def _modules(self) -> DagFile:
        folders = (self.host.dags_folder, os.path.dirname(self.file))  # noqa: PTH120 - it may be <stdin>
        return DagFile("", tuple(folder for folder in folders if folder))

    def _request(self, context: Context, ti: Any, given: Mapping[str, Any]) -> RunTask:
        run, own_params = context["dag_run"], ParamsDict()
        own_params.update(self.arguments.get("params") or {})
        texts = {name: iso(getattr(run, name)) for name in _DATES}
        return RunTask(
            file="",
            search_path=list(self._modules().search_path),
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            map_index=ti.map_index,
            id=str(ti.services.run.id),
            try_number=ti.try_number,
            max_tries=ti.max_tries,
            start_date=str(iso(ti.start_date or datetime.now(timezone.utc))),
            run={
                "run_id": run.run_id,
                "run_type": run.run_type,
                "external_trigger": run.external_trigger,
                "conf": _plain(run.conf),
                **texts,
            },
            operator={
                "path": self.path,
                "arguments": self._sent(self._own()),
                "of_call": self._sent(given),
                "params": _plain(params_with(own_params, context["params"])),
                "file": self.file,
            },
        )

    def _sent(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in arguments.items():
            try:
                found[name] = to_airflow(value)
            except TypeError:
                raise InvalidArgumentError(
                    f"Argument {name} of task {self.arguments['task_id']!r} holds an object that can't be sent to an "
                    "Airflow host. Pass plain data, or set the argument in an operator class of your own."
                ) from None
        return found


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that JSON can express.

    A template that uses another value fails with an error that names the value.
    """

    def is_json(value: Any) -> bool:
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            return False
        return True

    return {name: value for name, value in values.items() if is_json(value)}


def _error_of(outcome: Outcome) -> BaseException:
    error: Any = outcome.error
    name, text = getattr(error, "type_name", None), str(error)
    if outcome.state == "skipped":
        return AirflowSkipException(text if error is not None else "The trigger ended the task as skipped")
    if error is None:
        return HostError("The trigger ended the task as failed.")
    if name in _KNOWN_ERRORS:
        return _KNOWN_ERRORS[name](text)
    return error if outcome.may_retry else AirflowFailException(f"{name}: {text}")
