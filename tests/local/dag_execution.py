"""Execute a DAG's task instances one after the other, as `dag.test()` does, without Prefect."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from executions import Execution, FakeTaskInstance, context_of

from airflow_compat import operators
from airflow_compat._airflow.graph import InstanceKey
from airflow_compat.authoring import DAG, PlainXComArg
from airflow_compat.dags._decisions import NeedsLength, Ready
from airflow_compat.dags._graph_of_dag import graph_of
from airflow_compat.dags._progress import Progress
from airflow_compat.exceptions import XComNotFound
from airflow_compat.operators._triggers import until_triggered
from airflow_compat.xcom._values import Unkeepable, pack, unpack


class Run:
    """Runs a DAG one task instance after the other, as `dag.test()` does."""

    def __init__(self, dag: DAG, release: Any, **context: Any) -> None:
        self.dag, self.release, self.context = dag, release, context
        self.progress = Progress(graph_of(dag), airflow_version=release)
        self.instances: dict[InstanceKey, FakeTaskInstance] = {}
        self.executions: dict[InstanceKey, Execution] = {}
        decisions = list(self.progress.begin())
        while decisions:
            decision = decisions.pop(0)
            if isinstance(decision, Ready):
                decisions += self.progress.ended(decision.key, *self.execute(decision.key))
            elif isinstance(decision, NeedsLength):
                decisions += self.progress.expanded(decision.node_id, self.length(decision.node_id))

    def length(self, task_id: str) -> int:
        length: int = self.dag.get_task(task_id).expand_input.length(self.resolver(InstanceKey(task_id)))
        return length

    def resolver(self, key: InstanceKey) -> Any:
        def resolve(arg: PlainXComArg) -> Any:
            indexes = self.progress.map_indexes_for(key, arg.operator.task_id)
            if not isinstance(indexes, int):
                keys = (InstanceKey(arg.operator.task_id, index) for index in indexes)
                return [self.instances[each].xcoms["return_value"] for each in keys]
            ti = self.instances.get(InstanceKey(arg.operator.task_id, indexes))
            if ti is not None and arg.key in ti.xcoms:
                return ti.xcoms[arg.key]
            if arg.key == "return_value":
                return None
            raise XComNotFound(self.dag.dag_id, arg.operator.task_id, arg.key)

        return resolve

    def execute(self, key: InstanceKey) -> tuple[str, frozenset[str]]:
        task = self.dag.get_task(key.task_id)
        if task.is_mapped:
            task = task.unmap(task.expand_input.row(key.map_index, self.resolver(key)))
        for number in range(1, (task.retries or 0) + 2):
            ti = Stored(self.dag.dag_id, key.task_id, map_index=key.map_index, try_number=number, task=task)
            ti.release = self.release
            self.instances[key] = ti
            context = context_of(task, ti, **self.context)
            outcome = operators.execute(task, context, resolve=self.resolver(key))
            while outcome.deferral is not None:
                resume = asyncio.run(until_triggered(outcome.deferral))
                outcome = operators.execute(task, context, resolve=self.resolver(key), resume=resume)
            self.executions[key] = Execution(outcome, ti, context)
            if not outcome.may_retry:
                break
        return outcome.state, outcome.skips.task_ids


class Stored(FakeTaskInstance):
    """A task instance whose XComs are stored as text."""

    release: Any = "3"

    def xcom_push(self, key: str, value: Any) -> None:
        try:
            self.xcoms[key] = unpack(json.loads(pack(value, self.release)))
        except Unkeepable as error:
            raise TypeError(str(error)) from None
