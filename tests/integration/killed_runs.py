"""Runs of a deployed DAG under a real worker, whose processes a test kills; and what must hold after their retries."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from child_processes import end
from dag_runs import write
from patient_client import patient_client
from prefect import flow
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.filesystems import LocalFileSystem
from prefect.results import get_default_result_storage
from prefect.states import Scheduled

from airflow_compat._prefect.claims import is_claim

R = TypeVar("R")

# A mapped task in a pool, bursts of tasks that take 5 ms, a sensor, a setup and a teardown, and callbacks.
_DAG = """
    import os
    import time
    from pathlib import Path
    from airflow.sdk import DAG, BaseSensorOperator, task

    def note(name, text):
        with (Path("{folder}") / os.environ["PREFECT__FLOW_RUN_ID"] / name).open("a") as file:
            file.write(text + "\\n")

    def began(context):
        ti = context["ti"]
        note("effects", ti.task_id if ti.map_index < 0 else f"{{ti.task_id}}[{{ti.map_index}}]")

    def ended(context):
        note("callbacks", context["reason"])

    class Third(BaseSensorOperator):
        looks = 0

        def poke(self, context):
            self.looks += 1
            return self.looks == 3

    with DAG(
        "{dag_id}",
        schedule=None,
        max_active_tasks=8,
        params={{"fails": False}},
        on_success_callback=ended,
        on_failure_callback=ended,
        default_args={{"on_execute_callback": began}},
    ):
        @task
        def opens(): ...

        @task
        def numbers():
            return list(range(6))

        @task(pool="{dag_id}")
        def loads(number):
            time.sleep(0.05)
            return number

        @task
        def bursts(number):
            time.sleep(0.005)

        @task
        def total(loaded, params):
            if params["fails"]:
                raise ValueError("This run fails.")
            return sum(loaded)

        @task
        def closes(): ...

        opened, waited = opens().as_setup(), Third(task_id="waits", poke_interval=0.1)
        loaded = loads.expand(number=numbers())
        summed = total(loaded)
        opened >> waited >> summed
        opened >> (burst := bursts.expand(number=list(range(20)))) >> summed
        opened >> loaded
        summed >> closes().as_teardown(setups=opened)
"""
TASKS = {
    *("opens", "numbers", "waits", "total", "closes"),
    *(f"loads[{number}]" for number in range(6)),
    *(f"bursts[{number}]" for number in range(20)),
}
# Each process writes its id to the folder of its flow run.
_FLOWS = """
import os
from pathlib import Path
from airflow_compat import dags

if flow_run_id := os.environ.get("PREFECT__FLOW_RUN_ID"):
    folder = Path("{folder}") / flow_run_id
    folder.mkdir(exist_ok=True)
    (folder / "new").write_text(str(os.getpid()))
    (folder / "new").rename(folder / "pid")

matrix = dags.load_flow("{path}")
"""
_LOG = "worker.log"


def until(look: Callable[[], R | None], what: object, every: float = 0.2) -> R:
    """Repeat a look until it returns something."""
    deadline = time.monotonic() + 500
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(every)
    return found


class Moment(NamedTuple):
    """A random moment of a process: the number of begun tasks and called callbacks, and some time more."""

    lines: int
    seconds: float

    @classmethod
    def random(cls, chance: random.Random) -> Moment:
        return cls(chance.randint(0, len(TASKS) + 1), chance.uniform(0, 0.1))


class KilledRun:
    """One flow run of the deployment."""

    def __init__(self, folder: Path, deployment_id: UUID, *, fails: bool) -> None:
        self._log, self._log_seen = folder / _LOG, 0
        parameters = {"conf": {"fails": fails}}
        self.id = patient_client().create_flow_run_from_deployment(deployment_id, parameters=parameters).id
        self.fails = fails
        self._folder = folder / str(self.id)
        self._pid = ""
        # How often each task may have begun whose outcome was recorded before a retry: all tasks, without a retry.
        self._recorded = dict.fromkeys(TASKS, 1)

    def next_process(self) -> int:
        """Wait for the process of the next attempt, and return its id."""
        self._pid = until(lambda: None if (pid := self._read("pid")) == self._pid else pid, self)
        return int(self._pid)

    def reach(self, moment: Moment) -> None:
        """Wait for the next process, and for a moment of it, or until it has ended."""
        self.next_process()
        until(lambda: len(self._lines()) >= moment.lines or not self._signal(0), self, every=0.005)
        time.sleep(moment.seconds)

    def kill(self, moment: Moment, number: signal.Signals) -> bool:
        """Send a signal to the next process. Return False if the process has ended."""
        self.reach(moment)
        return self._signal(number)

    def end(self) -> bool:
        """Wait until the process of the run and its worker are done. Return True if the DAG's run has ended, too."""
        until(lambda: not self._signal(0), self)
        until(lambda: self._state().is_final() or self._is_lost(), self)
        is_ended = self._state().is_completed() or self._state().is_failed()
        # A run that can't begin while the server is down fails without an end of the DAG's run.
        return is_ended and any(self._records("ended~*"))

    def retry(self) -> None:
        """Do what `prefect flow-run retry` does, and remember which outcomes are recorded."""
        self._recorded = {name: self._effects()[name] for name in self._succeeded()}
        self._log_seen = len(self._log.read_text())
        patient_client().set_flow_run_state(self.id, Scheduled(), force=True)
        self.next_process()

    def check(self) -> None:
        """Fail unless the run did everything, repeated nothing recorded, and called one callback for each end."""
        state, effects = self._state(), self._effects()
        assert state.is_failed() if self.fails else state.is_completed(), self
        assert effects.keys() == TASKS, self
        assert {name: effects[name] for name in self._recorded} == self._recorded, self
        # A run that had failed before its process was killed fails again.
        ends = [json.loads(path.read_text())["reason"] for path in self._records("ended~*")]
        assert set(ends) == {"task_failure" if self.fails else "success"}, self
        # If a process is killed in a callback, or before it has recorded that the callback ended, the call is repeated.
        calls, interrupted = self._read("callbacks").split(), self._interrupted_calls()
        assert ends == calls[: len(ends)], self
        assert len(calls) <= len(ends) + interrupted, self

    def __str__(self) -> str:
        names = ("pid", "effects", "callbacks")
        return f"{self.id} {self._state()!r} {[self._read(name).split() for name in names]} {self._recorded}"

    def _state(self) -> Any:
        return patient_client().read_flow_run(self.id).state

    def _interrupted_calls(self) -> int:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[self.id]))
        found = patient_client().read_task_runs(flow_run_filter=wanted)
        return sum(is_claim(each) and each.state.is_crashed() for each in found)

    def _is_lost(self) -> bool:
        """Return True if the worker could not report the end of a process, because the server was down."""
        return f"Failed to update state of flow run '{self.id}'" in self._log.read_text()[self._log_seen :]

    def _signal(self, number: int) -> bool:
        try:
            os.kill(int(self._pid), number)
        except ProcessLookupError:
            return False
        return True

    def _read(self, name: str) -> str:
        path = self._folder / name
        return path.read_text() if path.exists() else ""

    def _lines(self) -> list[str]:
        return [*self._read("effects").split(), *self._read("callbacks").split()]

    def _effects(self) -> Counter[str]:
        return Counter(self._read("effects").split())

    def _records(self, pattern: str) -> Iterator[Path]:
        storage = get_default_result_storage(_sync=True)
        assert isinstance(storage, LocalFileSystem)
        return (Path(storage.basepath) / "dag-runs" / str(self.id)).glob(pattern)

    def _succeeded(self) -> Iterator[str]:
        """The names of the task instances whose success is recorded. A setup and its teardown may run again."""
        for path in self._records("*~*~*"):
            text = path.read_text()
            if text.endswith("\n") and text.startswith('{"task_id"') and '"state":"success"' in text:
                record = json.loads(text)
                name, index = record["task_id"], record["map_index"]
                if name not in {"opens", "closes"}:
                    yield name if index < 0 else f"{name}[{index}]"


class KilledDag:
    """The deployment of the DAG, and its worker."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        path = write(folder, "killed", _DAG.format(folder=folder, dag_id=name))
        (folder / "flows.py").write_text(_FLOWS.format(folder=folder, path=path))
        patient_client().create_work_pool(WorkPoolCreate(name=name, type="process"))
        deployed = flow.from_source(str(folder), "flows.py:matrix")
        self._id: UUID = deployed.deploy(name, work_pool_name=name, print_next_steps=False, ignore_warnings=True)

    def new_run(self, *, fails: bool = False) -> KilledRun:
        return KilledRun(self._folder, self._id, fails=fails)

    @contextmanager
    def worker(self) -> Iterator[None]:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", self._name, "--limit", "4"]
        environment = {**os.environ, "PREFECT_WORKER_QUERY_SECONDS": "0.5", "PREFECT_LOGGING_LEVEL": "WARNING"}
        with (self._folder / _LOG).open("w") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                yield
            finally:
                end(process)
