"""`BaseOperator`, the base class of all operators."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ._abstract_operator import follow_references
from ._current import definition_release, given_or_setting
from ._dates import in_utc
from ._keys import validate_key
from ._lineage import Lineage
from ._notset import NOTSET
from ._operator_checks import (
    CALLBACKS,
    CONVERTERS,
    as_list,
    check_execution_timeout,
    check_pool_slots,
    check_types,
    checked_trigger_rule,
    checked_weight_rule,
    refuse_arguments,
)
from ._operator_meta import BaseOperatorMeta
from ._params import ParamsDict
from ._partial import PartialDescriptor
from ._rules import TriggerRule
from ._runnable import RunnableOperator
from ._setup_teardown import note_task

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._dag import DAG
    from ._task_group import TaskGroup

DEFAULT_POOL = "default_pool"
_CHECKED = frozenset((*CONVERTERS, "is_setup", "is_teardown"))
# `object.__setattr__` is looked up only once, because each assignment to an attribute of a task calls it.
_set = object.__setattr__
_SAFE_WEIGHTS = -2147483648, 2147483647


class BaseOperator(Lineage, RunnableOperator, metaclass=BaseOperatorMeta):
    """A task. Derive from this class, and override `execute`.

    The arguments are those of Airflow's `BaseOperator`. Arguments that are not passed are taken from `default_args` of
    the DAG, the task group and the task.

    Raises:
        DagDefinitionError: An argument is unknown or invalid.
    """

    shallow_copy_attrs: Sequence[str] = ()
    start_from_trigger: bool = False
    start_trigger_args: Any = None
    partial: PartialDescriptor = PartialDescriptor()

    _instantiated: bool = False
    _from_mapped: bool = False
    _lock_for_execution: bool = False
    _init_kwargs: dict[str, Any]
    _dag: DAG | None = None

    def __setattr__(self, key: str, value: Any) -> None:
        if key in _CHECKED:
            if key in CONVERTERS:
                value = CONVERTERS[key](value)
            else:
                self._check_role(key, value)
        _set(self, key, value)
        given = self._init_kwargs
        # While `BaseOperator.__init__` runs, some template fields are not set yet.
        if not given or self._from_mapped or self._lock_for_execution:
            return
        if key in given:
            given[key] = value
        if self._instantiated and key in self.template_fields:
            follow_references(self, value)

    def _check_role(self, key: str, value: bool) -> None:
        other = "is_teardown" if key == "is_setup" else "is_setup"
        if value and getattr(self, other):
            raise DagDefinitionError(
                f"Cannot mark task '{self.task_id}' as {key[3:]}; task is already a {other[3:]}. Use two tasks."
            )

    def __init__(  # noqa: PLR0915 - Airflow's arguments are many
        self,
        *,
        task_id: str,
        owner: str = NOTSET,
        email: str | Iterable[str] | None = None,
        email_on_retry: bool = NOTSET,
        email_on_failure: bool = NOTSET,
        retries: int | None = NOTSET,
        retry_delay: timedelta | float = NOTSET,
        retry_exponential_backoff: float = NOTSET,
        max_retry_delay: timedelta | float | None = None,
        retry_policy: Any = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        depends_on_past: bool = False,
        ignore_first_depends_on_past: bool = NOTSET,
        wait_for_past_depends_before_skipping: bool = False,
        wait_for_downstream: bool = False,
        dag: DAG | None = None,
        params: Mapping[str, Any] | None = None,
        default_args: dict[str, Any] | None = None,  # noqa: ARG002 - the metaclass has used it
        priority_weight: int = 1,
        weight_rule: Any = NOTSET,
        queue: str = NOTSET,
        pool: str | None = None,
        pool_slots: int = 1,
        sla: timedelta | None = None,
        execution_timeout: timedelta | None = NOTSET,
        on_execute_callback: Any = None,
        on_failure_callback: Any = None,
        on_success_callback: Any = None,
        on_retry_callback: Any = None,
        on_skipped_callback: Any = None,
        pre_execute: Any = None,
        post_execute: Any = None,
        trigger_rule: str = TriggerRule.ALL_SUCCESS,
        resources: dict[str, Any] | None = None,
        run_as_user: str | None = None,
        task_concurrency: int | None = NOTSET,
        map_index_template: str | None = None,
        max_active_tis_per_dag: int | None = None,
        max_active_tis_per_dagrun: int | None = None,
        executor: str | None = None,
        executor_config: dict[str, Any] | None = None,
        do_xcom_push: bool = True,
        multiple_outputs: bool = False,
        inlets: Any = None,
        outlets: Any = None,
        task_group: TaskGroup | None = None,
        doc: str | None = None,
        doc_md: str | None = None,
        doc_json: str | None = None,
        doc_yaml: str | None = None,
        doc_rst: str | None = None,
        task_display_name: str | None = None,
        logger_name: str | None = None,
        allow_nested_operators: bool = True,
        render_template_as_native_obj: bool | None = None,
        **kwargs: Any,
    ) -> None:
        release = dag.airflow_version if dag is not None else definition_release()
        set_attribute = super().__setattr__
        set_attribute("upstream_task_ids", set())
        set_attribute("downstream_task_ids", set())
        set_attribute("_task_display_name", task_display_name)
        self.owner: str = given_or_setting(owner, "operators", "default_owner")
        # The id of a mapped operator already has the group's prefix. An operator that is made from a mapped operator is
        # not added to the group.
        self.task_id: str = (
            task_group.child_id(task_id) if task_group is not None and not self._from_mapped else task_id
        )
        self.task_group: TaskGroup | None = task_group if self._from_mapped else None
        if task_concurrency is not NOTSET:
            if release == "3":
                kwargs["task_concurrency"] = task_concurrency
            else:
                max_active_tis_per_dag = max_active_tis_per_dag or task_concurrency
        if kwargs:
            refuse_arguments(type(self).__name__, self.task_id, kwargs, release)
        validate_key(self.task_id)
        if task_group is not None and not self._from_mapped:
            task_group.add(self)
        execution_timeout = given_or_setting(execution_timeout, "core", "default_task_execution_timeout")
        check_execution_timeout(execution_timeout, self.task_id)
        check_pool_slots(pool_slots, self.task_id)
        if sla is not None and release == "3":
            warnings.warn("Airflow 3 has no SLAs; `sla` has no effect. Use Deadline Alerts.", stacklevel=3)

        self.email = email
        self.email_on_retry: bool = given_or_setting(email_on_retry, "email", "default_email_on_retry")
        self.email_on_failure: bool = given_or_setting(email_on_failure, "email", "default_email_on_failure")
        self.execution_timeout = execution_timeout
        callbacks = (
            on_execute_callback,
            on_failure_callback,
            on_success_callback,
            on_retry_callback,
            on_skipped_callback,
        )
        for name, callback in zip(CALLBACKS, callbacks, strict=True):
            setattr(self, name, callback if release == "2" else as_list(callback))
        self._pre_execute_hook, self._post_execute_hook = pre_execute, post_execute
        self.start_date: Any = in_utc(start_date)
        self.end_date: Any = in_utc(end_date)
        self.executor = executor
        self.executor_config: dict[str, Any] = executor_config or {}
        self.run_as_user = run_as_user
        self.retries: int | None = given_or_setting(retries, "core", "default_task_retries")
        self.retry_delay: timedelta | float = given_or_setting(retry_delay, "core", "default_task_retry_delay")
        self.retry_exponential_backoff = (
            (False if release == "2" else 0) if retry_exponential_backoff is NOTSET else retry_exponential_backoff
        )
        self.max_retry_delay = max_retry_delay
        self.retry_policy = retry_policy
        self.queue: str = given_or_setting(queue, "operators", "default_queue")
        self.pool: str = DEFAULT_POOL if pool is None else pool
        self.pool_slots = pool_slots
        self.sla = sla
        self.trigger_rule: TriggerRule = checked_trigger_rule(trigger_rule, self.task_id, release)
        self.depends_on_past: bool = depends_on_past or wait_for_downstream
        self.ignore_first_depends_on_past: bool = (
            release == "2" if ignore_first_depends_on_past is NOTSET else ignore_first_depends_on_past
        )
        self.wait_for_past_depends_before_skipping = wait_for_past_depends_before_skipping
        self.wait_for_downstream = wait_for_downstream
        self.params: Any = ParamsDict(params)
        self.priority_weight: int = priority_weight
        weight_rule = given_or_setting(weight_rule, "core", "default_task_weight_rule")
        self.weight_rule: Any = checked_weight_rule(weight_rule, self.task_id)
        self.resources = resources
        self.max_active_tis_per_dag = max_active_tis_per_dag
        self.max_active_tis_per_dagrun = max_active_tis_per_dagrun
        self.do_xcom_push = do_xcom_push
        self.multiple_outputs = multiple_outputs
        self.map_index_template = map_index_template
        self.doc = doc
        self.doc_md = doc_md
        self.doc_json = doc_json
        self.doc_yaml = doc_yaml
        self.doc_rst = doc_rst
        self.logger_name = logger_name
        self.allow_nested_operators = allow_nested_operators
        self.render_template_as_native_obj = render_template_as_native_obj
        self.inlets: list[Any] = as_list(inlets)
        self.outlets: list[Any] = as_list(outlets)
        if isinstance(self.template_fields, str):
            warnings.warn(
                f"`template_fields` of {self.task_type} is a string. Write a list or tuple of strings.", stacklevel=3
            )
            self.template_fields: Sequence[str] = [self.template_fields]
        self.is_setup = self.is_teardown = False
        note_task(self)
        # The attribute `dag` is set last, because setting it reads the other attributes.
        if dag is not None:
            self.dag = dag
        check_types(self.task_id, vars(self), release)
        low, high = _SAFE_WEIGHTS
        self.priority_weight = max(low, min(high, self.priority_weight))

    @property
    def dag(self) -> DAG:
        """The operator's DAG.

        Raises:
            DagDefinitionError: The operator does not belong to a DAG yet.
        """
        if self._dag is None:
            raise DagDefinitionError(
                f"Operator {self} has not been assigned to a DAG yet. Create it in a `with DAG(...)` block, or pass "
                "`dag=`."
            )
        return self._dag

    @dag.setter
    def dag(self, dag: DAG | None) -> None:
        from ._dag import DAG

        if dag is not None and not isinstance(dag, DAG):
            raise DagDefinitionError(
                f"Expected dag; received {type(dag).__name__} for task {self.task_id!r}. Pass a DAG."
            )
        if dag is not None and self._dag is not None and self._dag is not dag:
            raise DagDefinitionError(f"The DAG of {self} can not be changed. Create another task for {dag.dag_id!r}.")
        self._dag = dag
        # An operator that is made from a mapped operator is not added to the DAG.
        if dag is not None and not self._from_mapped and dag.task_dict.get(self.task_id) is not self:
            dag.add_task(self)

    def get_dag(self) -> DAG | None:
        return self._dag

    def set_xcomargs_dependencies(self) -> None:
        """Add an upstream edge to this task for each result that a template field uses."""
        for name in self.template_fields:
            follow_references(self, getattr(self, name, None))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and (self.task_id, self.dag_id) == (other.task_id, other.dag_id)

    def __hash__(self) -> int:
        return hash((type(self), self.task_id))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        shallow = {*self.shallow_copy_attrs, "user_defined_macros", "user_defined_filters", "params"}
        for name, value in vars(self).items():
            vars(twin)[name] = copy.copy(value) if name in shallow else copy.deepcopy(value, memo)
        return twin
