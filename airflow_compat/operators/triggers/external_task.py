"""Triggers that wait for runs of other DAGs (`airflow.providers.standard.triggers.external_task`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any

from ...authoring import BaseTrigger, TriggerEvent
from .._dag_runs import dag_runs, matching_count


class WorkflowTrigger(BaseTrigger):
    """Fires when the given tasks, a task group, or whole runs of another DAG have reached one of the given states.

    Args:
        external_dag_id: The id of the other DAG.
        logical_dates: The logical dates of the other DAG's runs to check. Airflow 2 names this argument
            `execution_dates`.
        external_task_ids: The ids of the tasks in the other DAG.
        external_task_group_id: The id of the task group in the other DAG.
        allowed_states: The states to wait for. The runs of all dates must have reached one of these states.
        skipped_states: If a task or run reaches one of these states, the trigger fires with the status "skipped".
        failed_states: If a task or run reaches one of these states, the trigger fires with the status "failed".
        poke_interval: The seconds between two checks.
        soft_fail: Has no effect: the sensor uses its own argument of this name.
    """

    def __init__(
        self,
        external_dag_id: str,
        *,
        logical_dates: list[datetime] | None = None,
        execution_dates: list[datetime] | None = None,
        external_task_ids: Collection[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: Collection[str] | None = None,
        skipped_states: Collection[str] | None = None,
        failed_states: Collection[str] | None = None,
        poke_interval: float = 2.0,
        soft_fail: bool = False,
    ) -> None:
        super().__init__()
        self.external_dag_id = external_dag_id
        self.logical_dates: list[datetime] = list(logical_dates or execution_dates or ())
        self.external_task_ids = external_task_ids
        self.external_task_group_id = external_task_group_id
        self.allowed_states = allowed_states
        self.skipped_states = skipped_states
        self.failed_states = failed_states
        self.poke_interval = poke_interval
        self.soft_fail = soft_fail

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = (
            "external_dag_id logical_dates external_task_ids external_task_group_id allowed_states skipped_states "
            "failed_states poke_interval soft_fail"
        ).split()
        return (
            "airflow.providers.standard.triggers.external_task.WorkflowTrigger",
            {name: getattr(self, name) for name in names},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while True:
            if self.failed_states and await self._count(self.failed_states):
                yield TriggerEvent({"status": "failed"})
                return
            if self.skipped_states and await self._count(self.skipped_states):
                yield TriggerEvent({"status": "skipped"})
                return
            if await self._count(self.allowed_states or ()) == len(self.logical_dates):
                yield TriggerEvent({"status": "success"})
                return
            await asyncio.sleep(self.poke_interval)

    async def _count(self, states: Collection[str]) -> int:
        count = await asyncio.to_thread(
            matching_count,
            states,
            dag_id=self.external_dag_id,
            logical_dates=self.logical_dates,
            task_ids=self.external_task_ids,
            group_id=self.external_task_group_id,
            needed_by="WorkflowTrigger",
        )
        return int(count)


class DagStateTrigger(BaseTrigger):
    """Fires when all given runs of another DAG have reached one of the given states.

    Args:
        dag_id: The id of the other DAG.
        states: The states to wait for.
        run_ids: The ids of the runs to wait for.
        execution_dates: The logical dates of the runs to wait for, used if `run_ids` is not given.
        poll_interval: The seconds between two checks.
    """

    def __init__(
        self,
        dag_id: str,
        states: list[str],
        run_ids: list[str] | None = None,
        execution_dates: list[datetime] | None = None,
        poll_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.states = states
        self.run_ids = run_ids
        self.execution_dates = execution_dates
        self.poll_interval = poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("dag_id", "states", "run_ids", "execution_dates", "poll_interval")
        return (
            "airflow.providers.standard.triggers.external_task.DagStateTrigger",
            {name: getattr(self, name) for name in names},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        found = dag_runs("DagStateTrigger")
        wanted = self.run_ids or self.execution_dates or ()
        while True:
            runs = await asyncio.to_thread(
                found.runs, self.dag_id, logical_dates=self.execution_dates, run_ids=self.run_ids
            )
            states = {run.run_id: run.state for run in runs if run.state in self.states}
            if len(states) == len(wanted):
                path, data = self.serialize()
                yield TriggerEvent((path, {**data, **states}))
                return
            await asyncio.sleep(self.poll_interval)
