"""Mapped operators: one task of the DAG, with one instance for each value."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ._abstract_operator import AbstractOperator, follow_references
from ._current import defining_for
from ._partial import check_duplicates

if TYPE_CHECKING:
    from ._dag import DAG
    from ._expand_input import ExpandInput
    from ._operator import BaseOperator
    from ._params import ParamsDict
    from ._task_group import TaskGroup


class _Argument:
    """An attribute of a mapped operator whose value was given to `partial`."""

    def __init__(self, default: Any = None) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, operator: Any, cls: type) -> Any:
        return self if operator is None else operator.partial_kwargs.get(self._name, self._default)

    def __set__(self, operator: Any, value: Any) -> None:
        operator.partial_kwargs[self._name] = value


class MappedOperator(AbstractOperator):
    """An operator that is expanded over values; `expand` and `expand_kwargs` create it.

    Attributes:
        operator_class: The class of the operator.
        partial_kwargs: The arguments that all instances share.
        expand_input: The arguments that differ between the instances.
        params: The params that all instances share.
    """

    _is_mapped = True

    owner: Any = _Argument()
    email: Any = _Argument()
    email_on_failure: Any = _Argument(True)
    email_on_retry: Any = _Argument(True)
    map_index_template: Any = _Argument()
    trigger_rule: Any = _Argument()
    depends_on_past: Any = _Argument(False)
    ignore_first_depends_on_past: Any = _Argument()
    wait_for_past_depends_before_skipping: Any = _Argument()
    wait_for_downstream: Any = _Argument(False)
    retries: Any = _Argument()
    queue: Any = _Argument()
    pool: Any = _Argument("default_pool")
    pool_slots: Any = _Argument(1)
    execution_timeout: Any = _Argument()
    retry_delay: Any = _Argument()
    max_retry_delay: Any = _Argument()
    retry_exponential_backoff: Any = _Argument()
    retry_policy: Any = _Argument()
    priority_weight: Any = _Argument()
    weight_rule: Any = _Argument()
    sla: Any = _Argument()
    max_active_tis_per_dag: Any = _Argument()
    max_active_tis_per_dagrun: Any = _Argument()
    resources: Any = _Argument()
    on_execute_callback: Any = _Argument()
    on_failure_callback: Any = _Argument()
    on_retry_callback: Any = _Argument()
    on_success_callback: Any = _Argument()
    on_skipped_callback: Any = _Argument()
    run_as_user: Any = _Argument()
    executor: Any = _Argument()
    executor_config: Any = _Argument()
    inlets: Any = _Argument()
    outlets: Any = _Argument()
    doc: Any = _Argument()
    doc_md: Any = _Argument()
    doc_json: Any = _Argument()
    doc_yaml: Any = _Argument()
    doc_rst: Any = _Argument()
    do_xcom_push: Any = _Argument(True)
    multiple_outputs: Any = _Argument(False)
    allow_nested_operators: Any = _Argument(True)
    render_template_as_native_obj: Any = _Argument()
    is_setup: Any = _Argument(False)
    is_teardown: Any = _Argument(False)

    def __init__(
        self,
        *,
        operator_class: type[BaseOperator],
        expand_input: ExpandInput,
        partial_kwargs: Mapping[str, Any],
        params: ParamsDict,
        disallow_kwargs_override: bool,
    ) -> None:
        arguments = dict(partial_kwargs)
        self.operator_class = operator_class
        self.expand_input = expand_input
        self.task_id: str = arguments.pop("task_id")
        self.dag: DAG | None = None
        dag, group = arguments.pop("dag"), arguments.pop("task_group")
        self.start_date: Any = arguments.pop("start_date", None)
        self.end_date: Any = arguments.pop("end_date", None)
        # The DAG limits the dates of this operator to the dates of the DAG, but does not change the arguments of the
        # instances.
        self.partial_kwargs: dict[str, Any] = arguments
        self.params = params
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()
        self.task_group: TaskGroup | None = None
        self.template_fields: Sequence[str] = operator_class.template_fields
        self.template_ext: Sequence[str] = operator_class.template_ext
        self.template_fields_renderers: Mapping[str, str] = operator_class.template_fields_renderers
        self.operator_extra_links: Collection[Any] = operator_class.operator_extra_links
        self.ui_color: str = operator_class.ui_color
        self.ui_fgcolor: str = operator_class.ui_fgcolor
        self.start_trigger_args: Any = arguments.get("start_trigger_args", operator_class.start_trigger_args)
        self.start_from_trigger: Any = arguments.get("start_from_trigger", operator_class.start_from_trigger)
        self._is_empty, self._is_sensor = operator_class._is_empty, operator_class._is_sensor
        self._disallow_kwargs_override = disallow_kwargs_override
        if group is not None and next(group.iter_mapped_task_groups(), None) is not None:
            raise NotImplementedError(
                f"Task {self.task_id!r}: operator expansion in an expanded task group is not yet supported"
            )
        if arguments.get("sla") is not None and dag is not None and dag.airflow_version == "2":
            raise DagDefinitionError(
                f"SLAs are unsupported with mapped tasks. Set `sla=None` for task {self.task_id!r}."
            )
        if group is not None:
            group.add(self)
        if dag is not None:
            dag.add_task(self)
        for operator, _ in self.expand_input.iter_references():
            self.set_upstream(operator)
        for name, value in arguments.items():
            if name in self.template_fields:
                follow_references(self, value)

    def iter_mapped_dependencies(self) -> Iterator[AbstractOperator]:
        """Yield the operators whose results the task is expanded over."""
        return (operator for operator, _ in self.expand_input.iter_references())

    def unmap(self, row: Mapping[str, Any]) -> BaseOperator:
        """Return the operator of one instance: it has the task's DAG, group and edges, but is not added to the DAG.

        Args:
            row: The arguments of the instance: `expand_input.row(...)`.
        """
        arguments = self._unmapped_arguments(row)
        roles = {name: bool(arguments.pop(name, False)) for name in ("is_setup", "is_teardown")}
        with defining_for(self.airflow_version):
            operator: BaseOperator = self.operator_class(**arguments, _airflow_from_mapped=True)
        operator.is_setup, operator.is_teardown = roles["is_setup"], roles["is_teardown"]
        operator.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        operator.returns_dag_result = self.returns_dag_result
        operator.upstream_task_ids, operator.downstream_task_ids = self.upstream_task_ids, self.downstream_task_ids
        return operator

    def _unmapped_arguments(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of an instance's operator. Operators that map other arguments override this method."""
        if self._disallow_kwargs_override:
            check_duplicates(self.partial_kwargs, row, reason="unmappable or already specified")
        params = copy.copy(self.params)
        params.update(row.get("params") or {})
        return {
            "task_id": self.task_id,
            "dag": self.dag,
            "task_group": self.task_group,
            "start_date": self.start_date,
            "end_date": self.end_date,
            **self.partial_kwargs,
            **row,
            "params": params,
        }

    def prepare_for_execution(self) -> MappedOperator:
        return self

    @property
    def task_type(self) -> str:
        return str(self.operator_class.__name__)

    @property
    def operator_name(self) -> str:
        return str(getattr(self.operator_class, "custom_operator_name", self.task_type))

    @property
    def task_display_name(self) -> str:
        return self.partial_kwargs.get("task_display_name") or self.task_id

    def __repr__(self) -> str:
        return f"<Mapped({self.task_type}): {self.task_id}>"
