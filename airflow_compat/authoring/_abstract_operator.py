"""The base class of operators and mapped operators."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from .._airflow.version import AirflowVersion
from ..errors import DagDefinitionError
from ._current import definition_release
from ._dependencies import DependencyMixin, iter_references
from ._node import DAGNode
from ._refused import RefusesOperatorMethods
from ._rules import TriggerRule, WeightRule
from ._setup_teardown import SetupTeardownContext, close_block, open_block

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._task_group import TaskGroup
    from ._xcom_arg import PlainXComArg


class AbstractOperator(RefusesOperatorMethods, DAGNode):
    """A task of a DAG: an operator or a mapped operator."""

    task_id: str
    operator_class: Any
    owner: str
    trigger_rule: TriggerRule
    is_setup: bool = False
    is_teardown: bool = False
    returns_dag_result: bool = False
    template_fields: Collection[str] = ()
    template_ext: Sequence[str] = ()
    template_fields_renderers: Mapping[str, str] = MappingProxyType({})
    operator_extra_links: Collection[Any] = ()
    ui_color: str = "#fff"
    ui_fgcolor: str = "#000"
    inlets: list[Any]
    outlets: list[Any]
    supports_lineage: bool = False
    subdag: ClassVar[None] = None
    deps: ClassVar[frozenset[Any]] = frozenset()
    priority_weight: int
    weight_rule: Any
    on_execute_callback: Any
    on_failure_callback: Any
    on_success_callback: Any
    on_retry_callback: Any
    on_skipped_callback: Any
    retry_policy: Any

    _is_sensor: bool = False
    _is_empty: bool = False
    _is_mapped: bool = False
    _on_failure_fail_dagrun: bool = False

    @property
    def airflow_version(self) -> AirflowVersion:
        """The release whose rules the task follows."""
        dag = self.get_dag()
        return dag.airflow_version if dag is not None else definition_release()

    @property
    def is_async(self) -> bool:
        return False

    @property
    def is_mapped(self) -> bool:
        return self._is_mapped

    @property
    def task_type(self) -> str:
        raise NotImplementedError

    @property
    def operator_name(self) -> str:
        raise NotImplementedError

    @property
    def task_display_name(self) -> str:
        raise NotImplementedError

    @property
    def node_id(self) -> str:
        return self.task_id

    @property
    def priority_weight_total(self) -> int:
        """The priority, including the weights of other tasks if the weight rule is `downstream` or `upstream`."""
        dag = self.get_dag()
        if dag is None or self.weight_rule not in (WeightRule.DOWNSTREAM, WeightRule.UPSTREAM):
            return self.priority_weight
        others = self.get_flat_relative_ids(upstream=self.weight_rule == WeightRule.UPSTREAM)
        return self.priority_weight + sum(dag.get_task(task_id).priority_weight for task_id in others)

    @property
    def has_on_execute_callback(self) -> bool:
        return bool(self.on_execute_callback)

    @property
    def has_on_failure_callback(self) -> bool:
        return bool(self.on_failure_callback)

    @property
    def has_on_success_callback(self) -> bool:
        return bool(self.on_success_callback)

    @property
    def has_on_retry_callback(self) -> bool:
        return bool(self.on_retry_callback)

    @property
    def has_on_skipped_callback(self) -> bool:
        return bool(self.on_skipped_callback)

    @property
    def has_retry_policy(self) -> bool:
        return bool(self.retry_policy)

    @classmethod
    def get_serialized_fields(cls) -> frozenset[str]:
        """Return an empty set, because DAGs are not serialized. DAG authors' subclasses may add attributes."""
        return frozenset()

    @property
    def label(self) -> str | None:
        """The display name; without one, the id without the prefix of the task group."""
        return self.task_display_name if self.task_display_name != self.task_id else super().label

    @property
    def dag_id(self) -> str:
        dag = self.get_dag()
        return dag.dag_id if dag is not None else f"adhoc_{self.owner}"

    @property
    def inherits_from_empty_operator(self) -> bool:
        """Whether the task does nothing, so that Airflow never runs it."""
        return self._is_empty

    @property
    def inherits_from_skipmixin(self) -> bool:
        """Whether the task can skip downstream tasks."""
        from ._skip import SkipMixin

        return issubclass(self.operator_class, SkipMixin)

    @property
    def roots(self) -> Sequence[DAGNode]:
        return [self]

    @property
    def leaves(self) -> Sequence[DAGNode]:
        return [self]

    @property
    def output(self) -> PlainXComArg:
        """The task's return value, for downstream tasks."""
        from ._xcom_arg import PlainXComArg

        return PlainXComArg(self)

    @property
    def on_failure_fail_dagrun(self) -> bool:
        """Whether a failure of this teardown fails the DAG run."""
        return self._on_failure_fail_dagrun

    @on_failure_fail_dagrun.setter
    def on_failure_fail_dagrun(self, value: bool) -> None:
        if value is True and not self.is_teardown:
            raise DagDefinitionError(
                f"Task {self.task_id!r} is not a teardown. Set on_failure_fail_dagrun on teardowns."
            )
        self._on_failure_fail_dagrun = value

    def as_setup(self) -> Self:
        self.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Self:
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        if on_failure_fail_dagrun is not None:
            self.on_failure_fail_dagrun = on_failure_fail_dagrun
        given: Any = [setups] if isinstance(setups, DependencyMixin) else setups or ()
        for setup in given:
            setup.is_setup = True
            setup.set_downstream(self)
        return self

    def __enter__(self) -> type[SetupTeardownContext]:
        return open_block([self])

    def __exit__(self, *exception: object) -> None:
        close_block()

    def iter_mapped_task_groups(self) -> Iterator[TaskGroup]:
        """Yield the mapped groups around the task, the innermost first."""
        if self.task_group is not None:
            yield from self.task_group.iter_mapped_task_groups()

    def get_closest_mapped_task_group(self) -> TaskGroup | None:
        return next(self.iter_mapped_task_groups(), None)

    def get_needs_expansion(self) -> bool:
        """Return True if the task has map indexes: it is mapped, or in a mapped group."""
        return self.is_mapped or self.get_closest_mapped_task_group() is not None

    def iter_mapped_dependants(self) -> Iterator[Any]:
        """Yield the mapped tasks and groups that are expanded over this task's result."""
        dag = self.get_dag()
        groups = dag.task_group.get_task_group_dict().values() if dag is not None else ()
        nodes: list[Any] = [*(dag.tasks if dag is not None else ()), *groups]
        for node in nodes:
            if node.is_mapped and any(operator is self for operator in node.iter_mapped_dependencies()):
                yield node


def follow_references(operator: AbstractOperator, value: Any) -> None:
    """Add an upstream edge to the operator for each result that the value refers to."""
    for upstream, _ in iter_references(value):
        operator.set_upstream(upstream)
