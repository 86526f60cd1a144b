"""Execute operators with a context whose task instance records what is pushed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pendulum

from airflow_compat.authoring import DAG, PlainXComArg
from airflow_compat.authoring._current import collecting
from airflow_compat.operators import Outcome, Resume, execute

DATE = pendulum.datetime(2024, 3, 5, 6, tz="UTC")


@dataclass
class FakeTaskInstance:
    """`ti`: its XComs are in `xcoms`; those that other tasks pushed are in `others`."""

    dag_id: str
    task_id: str
    run_id: str = "manual__2024-03-05T06:00:00+00:00"
    map_index: int = -1
    task: Any = None
    try_number: int = 1
    max_tries: int = 0
    start_date: datetime | None = None
    first_reschedule_date: datetime | None = None
    xcoms: dict[str, Any] = field(default_factory=dict)
    others: dict[tuple[str, str], Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value

    def xcom_pull(self, task_ids: Any = None, key: str = "return_value", **_: Any) -> Any:
        return self.others.get((task_ids, key))

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        return self.first_reschedule_date


@dataclass
class Execution:
    outcome: Outcome
    ti: FakeTaskInstance
    context: dict[str, Any]

    @property
    def state(self) -> str:
        return self.outcome.state

    @property
    def xcoms(self) -> dict[str, Any]:
        return self.ti.xcoms


def context_of(operator: Any, ti: FakeTaskInstance, **more: Any) -> dict[str, Any]:
    """Return a context as a plain dict."""
    run_object = SimpleNamespace(
        run_id=ti.run_id,
        run_type="manual",
        logical_date=DATE,
        run_after=DATE,
        conf={},
        data_interval_start=DATE,
        data_interval_end=DATE,
        external_trigger=True,
    )
    return {
        "ti": ti,
        "task_instance": ti,
        "dag": operator.dag,
        "dag_run": run_object,
        "ds": "2024-03-05",
        "logical_date": DATE,
        "execution_date": DATE,
        "data_interval_start": DATE,
        "data_interval_end": DATE,
        "run_id": ti.run_id,
        "params": dict(operator.params),
        "outlet_events": {},
        **more,
    }


def run(
    operator: Any,
    *,
    others: dict[tuple[str, str], Any] | None = None,
    resume: Resume | None = None,
    ti: FakeTaskInstance | None = None,
    pause_pokes: bool = False,
    **more: Any,
) -> Execution:
    """Execute an operator, or the operator of an `XComArg`."""
    operator = operator.operator if isinstance(operator, PlainXComArg) else operator
    ti = ti or FakeTaskInstance(operator.dag_id, operator.task_id)
    ti.others |= others or {}
    ti.task = operator
    context = context_of(operator, ti, **more)
    outcome = execute(
        operator,
        context,
        resolve=lambda arg: ti.others.get((arg.operator.task_id, arg.key)),
        resume=resume,
        pause_pokes=pause_pokes,
    )
    return Execution(outcome, ti, context)


@contextmanager
def dag_of(release: Any = "3", **arguments: Any) -> Iterator[DAG]:
    """Define a DAG of a release."""
    with collecting(release), DAG("etl", schedule=None, **arguments) as dag:
        yield dag
