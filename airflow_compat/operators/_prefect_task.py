"""Makes the Prefect task that executes an operator in an ordinary flow."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NoReturn

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.asyncutils import run_coro_as_sync

from .._airflow.author_arguments import carry
from .._airflow.run_objects import TaskInstance
from .._airflow.task_arguments import TASK_ARGUMENTS
from .._airflow.version import AirflowVersion
from .._prefect.datetimes import in_pendulum
from .._prefect.task_functions import put_around
from ..authoring import BaseOperator, ParamsDict
from ..authoring._operator_meta import argument_names
from ..callbacks._ported_task import port
from ..context import Context, get_current_context
from ..context._services import RunServices
from ..errors import InvalidArgumentError, UnsupportedFeatureWarning
from ..exceptions import AirflowException, AirflowSkipException
from ..options._merged_arguments import given_to_task
from ..options._task_layer import TaskLayer
from ..options._task_options import pool_warnings, read_task
from ..xcom import RETURN_KEY
from ._execution import execute
from ._outcome import Outcome, Resume
from ._task_instance import OperatorTaskInstance
from ._triggers import until_triggered

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Make = Callable[[str, Mapping[str, Any]], BaseOperator]
"""The type of a function that creates an operator from the flow's name and the arguments of the task's call."""
Execute = Callable[[Context, Mapping[str, Any], "AbstractContextManager[Any]"], Any]
"""The type of a function that executes one try of an operator and returns its result.

The function's arguments are the context, the arguments of the task's call, and the pool slots to occupy.
"""

# The Prefect task does not apply these arguments, because `execute` applies them by Airflow's rules.
EXECUTED = frozenset(
    {"dag", "do_xcom_push", "execution_timeout", "inlets", "logger_name", "multiple_outputs", "op_args", "op_kwargs"}
    | {"outlets", "params", "post_execute", "pre_execute", "python_callable", "render_template_as_native_obj"}
    | {"show_return_value_in_logs", "task_group", "templates_dict", "templates_exts"}
)

_OF_ALL = frozenset({*argument_names(BaseOperator), "default_args"})


def native(make: Make) -> Execute:
    """Return a function that creates an operator with `make`, and executes the operator in this process."""

    def execute_here(context: Context, given: Mapping[str, Any], slots: AbstractContextManager[Any]) -> Any:
        return _OperatorRun(make(context["dag"].dag_id, given), context, slots).result()

    return execute_here


def operator_task(run: Execute, own: Mapping[str, Any], dag_id: str, release: AirflowVersion) -> Task[..., Any]:
    """Return a Prefect task that executes an operator.

    Args:
        run: A function that executes one try of the operator.
        own: The operator's arguments.
        dag_id: The flow's name, for `max_active_tis_per_dag`.
        release: The Airflow release whose rules the operator follows.
    """
    known = {name: own[name] for name in own if name in TASK_ARGUMENTS and name not in EXECUTED}
    given = given_to_task(own.get("default_args"), known, release)
    for message in (*given.warnings, *pool_warnings(given)):
        warnings.warn(message, UnsupportedFeatureWarning, stacklevel=3)
    options = read_task(given, dag_id)
    slots = options.pool or nullcontext()

    def execute_operator(**arguments: Any) -> Any:
        if refused := sorted(arguments.keys() & _OF_ALL):
            raise InvalidArgumentError(
                f"The call of task {own.get('task_id')!r} does not accept {', '.join(refused)}. Pass these arguments "
                "to as_task instead."
            )
        return run(get_current_context(airflow_version=release), arguments, slots)

    # Disable Prefect's cache: the tasks of all operators have the same function, so the cache could return the result
    # of another operator.
    task: Task[..., Any] = Task(execute_operator, **options.for_prefect(), cache_policy=NO_CACHE)
    if options.tags:
        put_around(task, TaskLayer(tag=options.tags[0], version=release))
    port(task)
    carry(task.fn, given.told)
    return task


@dataclass(frozen=True)
class _Services(RunServices):
    """Stores the operator's `return_value` for the Prefect task, which returns it.

    The task's wrapper then also stores the value as an XCom.
    """

    returned: list[Any] = field(default_factory=list)

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        if key == RETURN_KEY:
            self.returned.append(value)
        else:
            super().xcom_push(ti, key, value)


class _OperatorRun:
    """One try of an operator, including the times for which the operator waits."""

    def __init__(self, operator: BaseOperator, context: Context, slots: AbstractContextManager[Any]) -> None:
        self._operator, self._context, self._slots = operator, context, slots
        self._wait_began: datetime | None = None
        shown: Any = context["ti"]
        self._services = _Services(**vars(shown.services))
        ti: Any = OperatorTaskInstance(
            **{**vars(shown), "task": operator, "services": self._services, "waits": lambda: self._wait_began}
        )
        context["ti"] = context["task_instance"] = ti
        context["params"] = params_with(operator.params, context["params"])

    def result(self) -> Any:
        """Execute the operator until it ends, and return its XCom `return_value`."""
        try:
            outcome = until_ended(self._step)
        except BaseException:
            # An error of the task would be an outcome, so this exception means that the process is ending.
            self._context["task"].on_kill()
            raise
        if outcome.state != "success":
            _fail(outcome)
        # BranchSQLOperator returns nothing in Airflow. Here, the flow needs the ids of the chosen tasks.
        chosen = getattr(self._context["task"], "follow_branch", None)
        return self._services.returned[-1] if self._services.returned else chosen

    def _step(self, resume: Resume | None) -> Outcome:
        began = in_pendulum(datetime.now(timezone.utc))
        with self._slots:
            outcome = execute(self._operator, self._context, resolve=self._pulled, resume=resume)
        if outcome.state == "up_for_reschedule":
            self._wait_began = self._wait_began or began
        return outcome

    def _pulled(self, arg: Any) -> Any:
        """Return the XCom that an argument of the operator refers to, such as another operator's `output`."""
        return self._context["ti"].xcom_pull(task_ids=arg.operator.task_id, key=arg.key)


def until_ended(step: Callable[[Resume | None], Outcome]) -> Outcome:
    """Execute an operator until it ends, and wait in between while it is deferred or rescheduled."""
    outcome = step(None)
    while outcome.state in ("deferred", "up_for_reschedule"):
        outcome = step(_wait(outcome))
    return outcome


def _wait(outcome: Outcome) -> Resume | None:
    if outcome.deferral is not None:
        return run_coro_as_sync(until_triggered(outcome.deferral))
    assert outcome.reschedule_at is not None
    left = (outcome.reschedule_at - datetime.now(timezone.utc)).total_seconds()
    time.sleep(max(left, 0.0))
    return None


def params_with(own: Mapping[str, Any], of_flow: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flow's parameters together with the operator's params.

    If both have the same name, the flow's parameter is used.
    """
    # Copy the params, because later calls of the task may use the same operator object.
    params = ParamsDict(own).copied()
    params.update({name: of_flow[name] for name in of_flow if name in own})
    return {**of_flow, **params.validate()}


def _fail(outcome: Outcome) -> NoReturn:
    error = outcome.error
    if outcome.state == "skipped":
        raise error or AirflowSkipException("The trigger ended the task as skipped")
    if isinstance(error, SystemExit):
        # Raise another exception: Prefect would treat SystemExit as the end of the process.
        raise AirflowException(f"The operator exited with code {error.code}") from error
    raise error or AirflowException("The trigger ended the task as failed")
