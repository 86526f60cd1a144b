"""TriggerDagRunOperator and ExternalTaskSensor, with other DAGs' runs in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from executions import DATE, dag_of, run

from airflow_compat._airflow.graph import InstanceKey
from airflow_compat.errors import UnsupportedFeatureError
from airflow_compat.exceptions import AirflowException, DagRunAlreadyExists
from airflow_compat.operators import (
    EmptyOperator,
    ExternalTaskSensor,
    LatestOnlyOperator,
    OtherDag,
    OtherRun,
    Resume,
    TriggerDagRunOperator,
    run_trigger,
)
from airflow_compat.operators._dag_runs import providing


class Runs:
    """Runs of one DAG, `other`. A run that `wait` is called for ends in the state `ends_as`."""

    def __init__(self) -> None:
        self.by_id: dict[str, OtherRun] = {}
        self.states: dict[str, dict[InstanceKey, str | None]] = {}
        self.calls: list[dict[str, Any]] = []
        self.ends_as = "success"

    def add(self, state: str, tasks: dict[Any, str] | None = None, date: datetime = DATE) -> None:
        run_id = f"r{len(self.by_id)}"
        self.by_id[run_id] = OtherRun(run_id, date, state)
        self.states[run_id] = {
            key if isinstance(key, InstanceKey) else InstanceKey(key): value for key, value in (tasks or {}).items()
        }

    def dag(self, dag_id: str) -> Any:
        if dag_id != "other":
            return None
        return OtherDag(frozenset("ab") | {"g.a", "g.b"}, {"g": frozenset({"g.a", "g.b"})})

    def trigger(self, dag_id: str, *, run_id: str, logical_date: Any, reset: bool = False, **given: Any) -> OtherRun:
        if run_id in self.by_id and not reset:
            raise DagRunAlreadyExists(run_id)
        self.calls.append({"dag_id": dag_id, "run_id": run_id, "logical_date": logical_date, "reset": reset, **given})
        self.by_id[run_id] = OtherRun(run_id, logical_date, "running")
        return self.by_id[run_id]

    def wait(self, dag_id: str, run_id: str, seconds: float) -> str:
        self.by_id[run_id] = OtherRun(run_id, self.by_id[run_id].logical_date, self.ends_as)
        return self.ends_as

    def runs(self, dag_id: str, *, logical_dates: Any = None, run_ids: Any = None) -> list[OtherRun]:
        return [
            each
            for each in self.by_id.values()
            if (each.run_id in run_ids if run_ids else each.logical_date in (logical_dates or ()))
        ]

    def task_states(self, dag_id: str, run_id: str) -> dict[InstanceKey, str | None]:
        return self.states[run_id]


@pytest.fixture
def runs() -> Iterator[Runs]:
    found = Runs()
    with providing(found):
        yield found


def trigger(release: str = "3", **arguments: Any) -> TriggerDagRunOperator:
    with dag_of(release):
        return TriggerDagRunOperator(task_id="t", trigger_dag_id="other", **arguments)


def test_a_run_is_started(runs: Runs) -> None:
    done = run(trigger(logical_date="{{ logical_date }}", conf={"day": "{{ ds }}"}))
    (call,) = runs.calls
    assert call == {
        "dag_id": "other",
        "run_id": "manual__2024-03-05T06:00:00+00:00",
        "logical_date": DATE,
        "conf": {"day": "2024-03-05"},
        "run_after": None,
        "reset": False,
    }
    assert done.xcoms == {"trigger_run_id": call["run_id"]}


def test_airflow_2_also_pushes_the_date(runs: Runs) -> None:
    done = run(trigger("2", execution_date=DATE, trigger_run_id="mine"))
    assert done.xcoms == {"trigger_run_id": "mine", "trigger_logical_date_iso": DATE.isoformat()}


def test_a_run_without_a_date(runs: Runs) -> None:
    run(trigger(run_after=DATE))
    run(trigger(logical_date=None, trigger_run_id="mine"))
    assert [(call["logical_date"], call["run_after"]) for call in runs.calls] == [(None, DATE), (None, None)]


@pytest.mark.parametrize(
    ("arguments", "state"),
    [({}, "failed"), ({"skip_when_already_exists": True}, "skipped"), ({"reset_dag_run": True}, "success")],
)
def test_a_run_that_exists(arguments: dict[str, Any], state: str, runs: Runs) -> None:
    run(trigger(trigger_run_id="mine"))
    assert run(trigger(trigger_run_id="mine", **arguments)).state == state


@pytest.mark.parametrize(
    ("ends_as", "arguments", "state"),
    [
        ("success", {}, "success"),
        ("failed", {}, "failed"),
        ("failed", {"allowed_states": ["failed"], "failed_states": []}, "success"),
    ],
)
@pytest.mark.parametrize("deferrable", [True, False])
def test_a_wait(ends_as: str, arguments: dict[str, Any], state: str, deferrable: bool, runs: Runs) -> None:
    runs.ends_as = ends_as
    task = trigger(wait_for_completion=True, poke_interval=0, deferrable=deferrable, **arguments)
    done = run(task)
    if deferrable:
        deferral = done.outcome.deferral
        assert deferral is not None
        runs.wait("other", done.xcoms["trigger_run_id"], 0)
        event = asyncio.run(run_trigger(deferral.trigger))
        done = run(task, resume=Resume(deferral.method, deferral.kwargs, event))
    assert done.state == state


def test_conf_must_be_json(runs: Runs) -> None:
    assert str(run(trigger(conf={"a": {1}})).outcome.error) == "conf parameter should be JSON Serializable: {'a': {1}}"


def test_outside_a_dag_flow() -> None:
    done = run(trigger())
    assert isinstance(done.outcome.error, UnsupportedFeatureError)
    assert "Task 't' needs the runs of other DAGs" in str(done.outcome.error)


def sensor(release: str = "3", **arguments: Any) -> ExternalTaskSensor:
    with dag_of(release):
        return ExternalTaskSensor(task_id="t", external_dag_id="other", mode="reschedule", **arguments)


GROUP = {InstanceKey("g.a"): "success", InstanceKey("g.b", 0): "success", InstanceKey("g.b", 1): "failed"}


@pytest.mark.parametrize(
    ("arguments", "state"),
    [
        ({}, "success"),
        ({"allowed_states": ["failed"]}, "up_for_reschedule"),
        ({"external_task_id": "a"}, "success"),
        ({"external_task_ids": ["a", "b"]}, "up_for_reschedule"),
        ({"external_task_ids": ["a", "b"], "allowed_states": ["success", "failed"]}, "success"),
        ({"external_task_id": "b", "failed_states": ["failed"]}, "failed"),
        ({"external_task_id": "b", "failed_states": ["failed"], "soft_fail": True}, "skipped"),
        ({"external_task_id": "b", "skipped_states": ["failed"]}, "skipped"),
        ({"external_task_group_id": "g"}, "up_for_reschedule"),
        ({"external_task_group_id": "g", "allowed_states": ["success", "failed"]}, "success"),
        ({"execution_delta": timedelta(days=1)}, "up_for_reschedule"),
        ({"execution_date_fn": lambda date, ds: date if ds == "2024-03-05" else None}, "success"),
        ({"execution_date_fn": lambda date: [date, date.add(days=1)]}, "up_for_reschedule"),
        ({"check_existence": True, "external_task_id": "a"}, "success"),
        ({"check_existence": True, "external_task_id": "c"}, "failed"),
        ({"check_existence": True, "external_task_group_id": "h"}, "failed"),
    ],
)
def test_other_runs_are_awaited(arguments: dict[str, Any], state: str, runs: Runs) -> None:
    runs.add("success", {"a": "success", "b": "failed", **GROUP})
    assert run(sensor(**arguments)).state == state


@pytest.mark.parametrize(
    ("ends_as", "release", "state"),
    [("success", "3", "success"), ("failed", "3", "failed"), ("success", "2", "success")],
)
def test_a_sensor_that_defers(ends_as: str, release: str, state: str, runs: Runs) -> None:
    task = sensor(release, deferrable=True, failed_states=["failed"])
    deferral = run(task).outcome.deferral
    assert deferral is not None
    runs.add(ends_as)
    event = asyncio.run(run_trigger(deferral.trigger))
    assert run(task, resume=Resume(deferral.method, deferral.kwargs, event)).state == state


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"allowed_states": ["success"], "failed_states": ["success"]}, AirflowException, "Duplicate values"),
        ({"external_task_id": "a", "external_task_group_id": "g"}, ValueError, "Only one of `external_task_id`"),
        ({"allowed_states": ["skipped"]}, ValueError, "Invalid states"),
        ({"execution_delta": timedelta(1), "execution_date_fn": print}, ValueError, "Only one of `execution_delta`"),
    ],
)
def test_arguments_that_do_not_fit(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        sensor(**arguments)


@pytest.mark.parametrize(("now", "followed"), [(DATE.add(hours=1), True), (DATE.add(days=5), False)])
@pytest.mark.parametrize("release", ["2", "3"])
def test_only_the_latest_run_continues(now: Any, followed: bool, release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from executions import collecting

    from airflow_compat.authoring import DAG

    monkeypatch.setattr("airflow_compat.operators.latest_only.utcnow", lambda: now)
    with collecting(release), DAG("etl", schedule="0 6 * * *", start_date=DATE.add(days=-9)):
        task = LatestOnlyOperator(task_id="t")
        task >> EmptyOperator(task_id="a")
    scheduled = SimpleNamespace(
        run_type="scheduled",
        external_trigger=False,
        logical_date=DATE,
        data_interval_start=DATE.add(days=-1),
        data_interval_end=DATE,
        run_after=DATE,
    )
    assert run(task, dag_run=scheduled).outcome.skips.task_ids == (set() if followed else {"a"})
    # A run that was triggered is always the latest one. Airflow 2 does not count runs of `dag.test()` as triggered.
    assert run(task).outcome.skips.task_ids == set()
    tested = SimpleNamespace(**{**vars(scheduled), "run_type": "manual", "external_trigger": False})
    is_skipped = not followed and release == "2"
    assert run(task, dag_run=tested).outcome.skips.task_ids == ({"a"} if is_skipped else set())
