"""Makes Prefect tasks of Airflow's operators for ordinary flows: `as_task` and `run_operator`."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion, check_version
from ..authoring import DAG, BaseOperator
from ..authoring._current import defining_for, definition_release
from ..authoring._dependencies import ResolveMixin
from ..authoring._operator_meta import MissingArgumentError
from ..errors import InvalidArgumentError
from ._find_class import HostedClass, operator_class

if TYPE_CHECKING:
    from prefect import Task

    from ..hosting import AirflowHost


def as_task(
    operator: type[BaseOperator] | str,
    /,
    *,
    dag_id: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    host: AirflowHost | None = None,
    **arguments: Any,
) -> Task[..., Any]:
    """Return a Prefect task that executes an Airflow operator.

    In a flow, call the task, or use its `submit` or `map`. The task's result is the operator's XCom `return_value`. As
    in a DAG, the operator's templates are rendered, and a sensor waits for its condition. The triggers of a deferrable
    operator run in this process.

    - Arguments that the flow passes to the task replace those passed to `as_task`. The flow can pass results and
      futures of other tasks, and `map` calls the task once for each element. Templates in these arguments are not
      rendered.
    - The arguments for retries, callbacks, e-mails and the pool have the same effect as in `airflow_compat.task`. While
    the operator is deferred, or
      waits in the mode "reschedule", it occupies no slots of the pool.
    - A branch operator returns the ids of the chosen tasks, and a short-circuit operator returns its condition. Use
    these results in an `if` statement of the flow.
    - Template files are searched for in the folder of the file that calls `as_task`.
    - An operator that airflow_compat does not implement is executed in the host. Arguments and XComs of an operator in
      a host must be plain data.

    Args:
        operator: The class of an operator or sensor, or the import path of the class. A class in the host may be in a
            module of the host's DAG folder, of the host's plugins, or of the folder of the file that calls `as_task`.
        dag_id: The flow's name, which `max_active_tis_per_dag` needs.
        airflow_version: The Airflow release whose rules the operator follows.
        host: An interpreter that has Airflow, to execute an operator that airflow_compat does not implement. Defaults
            to the host that `AIRFLOW_COMPAT_HOST` or `pyproject.toml` names, if any.
        arguments: The operator's arguments, including `task_id` and the arguments of `BaseOperator`.

    Raises:
        UnsupportedFeatureError: airflow_compat does not implement the operator and there is no host, or an argument of
            `BaseOperator` is not supported.
        InvalidArgumentError: `operator` is not the class or import path of an operator, or Airflow refuses an
            argument's value.
        DagDefinitionError: The operator does not accept the arguments.
        HostError: The settings that name the host are invalid.
    """
    file = sys._getframe(1).f_code.co_filename
    return _task_of(operator, arguments, file, dag_id=dag_id, airflow_version=airflow_version, host=host)


def _task_of(
    operator: type[BaseOperator] | str,
    arguments: dict[str, Any],
    file: str,
    *,
    dag_id: str,
    airflow_version: AirflowVersion,
    host: AirflowHost | None,
) -> Task[..., Any]:
    from ._hosted.flow_task import HostedOperator
    from ._prefect_task import native, operator_task

    check_version(airflow_version)
    cls = operator_class(operator, airflow_version, host)
    if "dag" in arguments:
        name = cls.path if isinstance(cls, HostedClass) else cls.__name__
        raise InvalidArgumentError(
            f"as_task({name}, ...) got a dag, but the flow that calls the task is its DAG. Remove dag=."
        )
    if isinstance(cls, HostedClass):
        hosted = HostedOperator(cls.host, cls.path, arguments, airflow_version, file)
        return operator_task(hosted, arguments, dag_id, airflow_version)

    def make(flow_name: str, given: Mapping[str, Any]) -> BaseOperator:
        with defining_for(airflow_version):
            made = cls(**{**arguments, **given, "dag": _dag_of_flow(flow_name, file)})
        made.resolve_template_files()
        _protect(made, given)
        return made

    try:
        own = make(dag_id, {})._init_kwargs
    except MissingArgumentError:
        # Don't fail yet: the call of the task may pass the missing argument.
        own = arguments
    return operator_task(native(make), own, dag_id, airflow_version)


def run_operator(
    operator: BaseOperator | type[BaseOperator] | str,
    /,
    *,
    dag_id: str = "",
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    host: AirflowHost | None = None,
    **arguments: Any,
) -> Any:
    """Execute an operator as a Prefect task, and return its result. To make a task without executing it, use `as_task`.

    Args:
        operator: An operator or sensor object, which need not belong to a DAG; or a class or an import path, as for
            `as_task`.
        dag_id: The flow's name, which `max_active_tis_per_dag` needs.
        airflow_version: See `as_task`. Allowed only if `operator` is a class or a path.
        host: See `as_task`. Allowed only if `operator` is a class or a path.
        arguments: The operator's arguments. Allowed only if `operator` is a class or a path.

    Raises:
        UnsupportedFeatureError: An argument of `BaseOperator` is not supported, or the operator is mapped.
        InvalidArgumentError: Airflow refuses an argument's value, or `arguments` or `host` are passed with an operator
            object.
    """
    from ._prefect_task import native, operator_task

    file = sys._getframe(1).f_code.co_filename
    if isinstance(operator, (str, type)):
        return _task_of(operator, arguments, file, dag_id=dag_id, airflow_version=airflow_version, host=host)()
    if arguments or host is not None:
        raise InvalidArgumentError(
            f"run_operator got an operator object, and {', '.join(arguments) or 'a host'}. Pass the class or its "
            "path instead."
        )
    if not isinstance(operator, BaseOperator):
        raise InvalidArgumentError(
            f"run_operator got a {type(operator).__name__}. Pass an operator, or call `as_task(...).map(...)` for a "
            "mapped one."
        )
    release = operator.airflow_version if operator.get_dag() is not None else definition_release()

    def make(flow_name: str, _: Mapping[str, Any]) -> BaseOperator:
        made = copy.copy(operator)
        if made.get_dag() is None:
            with defining_for(release):
                made.dag = _dag_of_flow(flow_name, file)
            made.resolve_template_files()
        return made

    return operator_task(native(make), operator._init_kwargs, dag_id, release)()


def _dag_of_flow(flow_name: str, file: str) -> DAG:
    """Return a DAG for one operator.

    Its id is set later, because a flow's name may have characters that Airflow refuses.
    """
    dag = DAG("flow", schedule=None)
    dag.dag_id, dag.fileloc, dag.partial = flow_name or "flow", file, True
    return dag


class _AsItIs(ResolveMixin):
    """Wraps an argument that the flow passed in the call, so that it is not rendered as a template."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> tuple[()]:
        return ()

    def resolve_with(self, resolve: Callable[[Any], Any]) -> Any:
        return self.value


def _protect(operator: BaseOperator, given: Mapping[str, Any]) -> None:
    """Wrap the arguments that the flow passed in the call, so that they are not rendered as templates."""
    for name in operator.template_fields:
        held, passed = getattr(operator, name, None), given.get(name)
        if passed is not None and (held is passed or (isinstance(held, str) and held == str(passed))):
            setattr(operator, name, _AsItIs(held))
