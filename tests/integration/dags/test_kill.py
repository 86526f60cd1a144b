"""A run whose process is killed at random moments, and restarted, does everything and repeats nothing recorded."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from dag_runs import write
from prefect.client.orchestration import get_client
from prefect.filesystems import LocalFileSystem
from prefect.results import get_default_result_storage

_SCRIPT = Path(__file__).parents[1] / "killed_dag.py"
_TASKS = 20

# Four chains of tasks that meet in one. Each task and each callback leaves a line.
_DAG = """
    import os
    from airflow.sdk import DAG, task

    def note(name, text):
        with open(os.path.join("{folder}", name), "a") as file:
            file.write(f"{{text}}\\n")

    def told(context):
        note("callbacks", context["ti"].task_id)

    with DAG("{dag_id}", schedule=None) as dag:
        def made(number):
            @task(task_id=f"t{{number}}", on_success_callback=told)
            def work():
                note("effects", f"t{{number}}")
                return number
            return work()

        tasks = [made(number) for number in range({tasks})]
        for number in range(4, {tasks} - 1):
            tasks[number - 4] >> tasks[number]
        tasks[{tasks} - 5:-1] >> tasks[-1]
"""


def _lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


class _Killed:
    """One run, and the processes that execute it."""

    def __init__(self, folder: Path, dag_id: str, chance: random.Random) -> None:
        self._folder, self._chance = folder, chance
        self._path = write(folder, "killed", _DAG.format(folder=folder, dag_id=dag_id, tasks=_TASKS))
        self._id = folder / "id"

    def process(self) -> subprocess.Popen[str]:
        again = [self._id.read_text()] if self._id.exists() else []
        command = [sys.executable, str(_SCRIPT), str(self._path), str(self._id), *again]
        return subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def kill_once(self) -> None:
        """Kill a process at a random moment after its first task."""
        before = len(_lines(self._folder / "effects"))
        process = self.process()
        while len(_lines(self._folder / "effects")) == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(self._chance.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def recorded(self) -> set[str]:
        """The tasks whose success is recorded."""
        storage = get_default_result_storage(_sync=True)
        assert isinstance(storage, LocalFileSystem)
        folder = Path(storage.basepath) / "dag-runs" / self._id.read_text()
        texts = {each.name: each.read_text() for each in folder.glob("t*~-1~*")}
        ended = [name for name, text in texts.items() if '"state":"success"' in text and text.endswith("\n")]
        return {name.partition("~")[0] for name in ended}

    def effects(self) -> Counter[str]:
        return Counter(_lines(self._folder / "effects"))

    def callbacks(self) -> Counter[str]:
        return Counter(_lines(self._folder / "callbacks"))


def _check_run(folder: Path, unique: str, *, kills: int, seed: int) -> None:
    run = _Killed(folder, unique, random.Random(seed))
    counted: dict[str, int] = {}
    for _ in range(kills):
        run.kill_once()
        effects = run.effects()
        assert {task: effects[task] for task in counted} == counted
        counted = {task: effects[task] for task in run.recorded()}
    last = run.process()
    output, _ = last.communicate(timeout=240)
    assert last.returncode == 0, output
    effects, callbacks = run.effects(), run.callbacks()
    assert {task: effects[task] for task in counted} == counted
    tasks = {f"t{number}" for number in range(_TASKS)}
    assert set(effects) == tasks
    assert set(callbacks) == tasks
    # A callback that was interrupted is called again.
    assert sum(callbacks.values()) <= _TASKS + kills
    with get_client(sync_client=True) as client:
        assert client.read_flow_run((folder / "id").read_text()).state.is_completed()


def test_killed_twice(unique: str, tmp_path: Path) -> None:
    _check_run(tmp_path, unique, kills=2, seed=1)


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(20))
def test_killed_often(unique: str, tmp_path: Path, seed: int) -> None:
    _check_run(tmp_path, unique, kills=4, seed=seed)
