"""What happens to tasks when the time limit of their run is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dag_runs import run, states_of, write
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate

from airflow_compat.errors import DagRunFailedError

_DAG = """
    import time
    from contextlib import contextmanager
    from datetime import timedelta
    from pathlib import Path
    from airflow.sdk import DAG, BaseOperator, task
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

    SEEN = Path("{seen}")

    def note(line):
        with SEEN.open("a") as file:
            file.write(line + "\\n")

    def work_without_end():
        note("begins")
        try:
            while True:
                time.sleep(0.01)
        except Exception:
            note("goes on")
        finally:
            note("cleans up")

    with DAG("{dag_id}", schedule=None, dagrun_timeout=timedelta(seconds=2), max_active_tasks={most}) as dag:
"""


def _stopped(path: Path) -> dict[str, str]:
    state = run(path)
    assert state.name == "TimedOut"
    with pytest.raises(DagRunFailedError) as failed:
        state.result()
    return states_of(failed.value.result)


def _dag(folder: Path, dag_id: str, tasks: str, **more: Any) -> Path:
    seen = folder / "seen"
    return write(folder, "stopped", _DAG.format(**{"dag_id": dag_id, "seen": seen, "most": 16, **more}) + tasks)


def test_a_running_task_is_interrupted_and_none_starts(unique: str, tmp_path: Path) -> None:
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=unique, limit=1))
    tasks = f"""
        @task(pool="{unique}", priority_weight=2)
        def endless():
            work_without_end()

        @task(pool="{unique}")
        def waits_for_a_slot():
            note("starts")

        @task
        def below(): ...

        endless() >> below()
        waits_for_a_slot()
    """

    states = _stopped(_dag(tmp_path, unique, tasks))

    assert states == {"endless": "skipped", "waits_for_a_slot": "skipped", "below": "skipped"}
    assert (tmp_path / "seen").read_text().split("\n")[:2] == ["begins", "cleans up"]
    assert "starts" not in (tmp_path / "seen").read_text()


def test_a_deferred_task_that_waits_for_its_place_ends(unique: str, tmp_path: Path) -> None:
    tasks = """
        class Defers(BaseOperator):
            def execute(self, context):
                self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=0.2)), method_name="execute_complete")

            def execute_complete(self, context, event):
                note("continues")

        @task
        def endless():
            work_without_end()

        Defers(task_id="defers", priority_weight=2)
        endless()
    """

    states = _stopped(_dag(tmp_path, unique, tasks, most=1))

    assert states == {"defers": "skipped", "endless": "skipped"}
    assert (tmp_path / "seen").read_text() == "begins\ncleans up\n"
