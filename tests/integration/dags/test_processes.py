"""Tasks in child processes: what they may do that threads may not, and what happens when a process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dag_runs import run, states_of, write
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.settings import PREFECT_LOGGING_LEVEL, temporary_settings

from airflow_compat.dags._processes import tries
from airflow_compat.errors import DagRunFailedError

_SCRIPT = Path(__file__).parents[1] / "killed_dag.py"

_OWN_STATE = """
    import os
    import signal
    import time
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    def meet(name):
        (FOLDER / name).touch()
        while len(list(FOLDER.glob("here*"))) < 2:
            time.sleep(0.01)

    with DAG("{dag_id}", schedule=None, max_active_tasks=2) as dag:
        @task
        def moves(number):
            os.chdir(FOLDER / str(number))
            os.environ["{dag_id}"] = str(number)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            meet(f"here{{number}}")
            return [os.getcwd(), os.environ["{dag_id}"], os.getpid()]

        @task
        def sees():
            is_default = signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
            return [os.getcwd(), os.environ.get("{dag_id}"), os.getpid(), is_default]

        moves.expand(number=[1, 2]) >> sees()
"""


def test_each_task_has_the_state_of_a_process(unique: str, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
    path = write(tmp_path, "state", _OWN_STATE.format(folder=tmp_path, dag_id=unique))
    xcoms = run(path, isolation="process").result().xcoms
    first, second = (xcoms["moves", index, "return_value"] for index in (0, 1))
    assert first[:2] == [str(tmp_path / "1"), "1"]
    assert second[:2] == [str(tmp_path / "2"), "2"]
    folder, variable, process, is_default = xcoms["sees", -1, "return_value"]
    assert (folder, variable, is_default) == (str(Path.cwd()), None, True)
    # The processes are used again, and have ended with the run.
    assert process in (first[2], second[2])
    assert first[2] != second[2]
    assert not any(_lives(one) for one in (first[2], second[2]))


def _lives(process: int) -> bool:
    command = ["ps", "-o", "stat=", "-p", str(process)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")


_DYING = """
    import os
    import signal
    import time
    from datetime import timedelta
    from pathlib import Path
    from airflow.sdk import DAG, task

    def told(context):
        with Path("{told}").open("a") as file:
            print(context["ti"].task_id, context["ti"].try_number, context["exception"], file=file)

    given = dict(on_retry_callback=told, on_failure_callback=told, trigger_rule="all_done")

    with DAG("{dag_id}", schedule=None, max_active_tasks=1, default_args=given) as dag:
        @task(retries=1, retry_delay=timedelta(0))
        def leaves(ti):
            ti.xcom_push("try", ti.try_number)
            if ti.try_number == 1:
                os._exit(3)
            return ti.xcom_pull(task_ids="leaves", key="try")

        @task
        def killed():
            os.kill(os.getpid(), signal.SIGKILL)

        @task(execution_timeout=timedelta(seconds=1))
        def blocks():
            signal.sigwait([signal.SIGUSR1])

        @task(execution_timeout=timedelta(seconds=1))
        def sleeps():
            time.sleep(60)

        @task
        def forks():
            child = os.fork()
            if child:
                os.waitpid(child, 0)
            return "parent" if child else "child"

        @task
        def closes():
            os.closerange(3, 256)

        leaves() >> killed() >> blocks() >> sleeps() >> forks() >> closes()
"""


def test_the_end_of_a_process_fails_the_try(unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "GRACE", 0.2)
    told = tmp_path / "told"
    path = write(tmp_path, "dying", _DYING.format(told=told, dag_id=unique))
    with pytest.raises(DagRunFailedError) as failed:
        run(path, isolation="process").result()
    result: Any = failed.value.result
    assert {each.name: (each.state, each.try_number) for each in result.task_instances} == {
        "leaves": ("success", 2),
        "killed": ("failed", 1),
        "blocks": ("failed", 1),
        "sleeps": ("failed", 1),
        "forks": ("success", 1),
        "closes": ("failed", 1),
    }
    assert result.xcoms["leaves", -1, "return_value"] == 2
    assert result.xcoms["forks", -1, "return_value"] == "parent"
    lines = told.read_text().splitlines()
    assert "leaves 1" in lines[0]
    assert "exit code 3" in lines[0]
    assert "SIGKILL" in lines[1]
    assert "killed" in lines[2]
    assert "execution_timeout" in lines[2]
    assert "Timeout" in lines[3]
    assert "exit code 1" in lines[4]


_WAITING = """
    import asyncio
    import logging
    import threading
    from airflow.sdk import DAG, task
    from airflow.sdk.bases.operator import BaseOperator
    from airflow.sdk.bases.sensor import BaseSensorOperator
    from airflow.triggers.base import BaseTrigger, TriggerEvent

    class Soon(BaseTrigger):
        def __init__(self, value):
            super().__init__()
            self.value = value

        def serialize(self):
            return "Soon", {{"value": self.value}}

        async def run(self):
            yield TriggerEvent(self.value)

    class Defers(BaseOperator):
        def __init__(self, value, **arguments):
            super().__init__(**arguments)
            self.value = value

        def execute(self, context):
            self.defer(trigger=Soon(self.value), method_name="resumed")

        def resumed(self, context, event):
            return event

    class Counts(BaseSensorOperator):
        def poke(self, context):
            with open("{folder}/" + self.task_id, "a") as file:
                file.write("x")
            return len(open("{folder}/" + self.task_id).read()) == 3

    with DAG("{dag_id}", schedule=None, max_active_tasks=1) as dag:
        pokes = Counts(task_id="pokes", poke_interval=0.01)
        looks = Counts(task_id="looks", poke_interval=0.01, mode="reschedule")
        defers = Defers(task_id="defers", value={{"rows": 3}})
        locked = Defers(task_id="locked", value=threading.Lock())

        @task
        def prints(ti):
            print("printed in the task")
            logging.getLogger("airflow.task").info("logged in the task")
            return ti.xcom_pull(task_ids="defers")

        pokes >> looks >> defers >> prints() >> locked
"""


def test_waits_and_logs(unique: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, "waits", _WAITING.format(folder=tmp_path, dag_id=unique))
    with temporary_settings({PREFECT_LOGGING_LEVEL: "INFO"}), caplog.at_level("INFO", "prefect"):
        state = run(path, isolation="process")
    with pytest.raises(DagRunFailedError) as failed:
        state.result()
    result: Any = failed.value.result
    names = {**dict.fromkeys(("pokes", "looks", "defers", "prints"), "success"), "locked": "failed"}
    assert states_of(result) == names
    assert result.xcoms["prints", -1, "return_value"] == {"rows": 3}
    logs = _logs(state.state_details.flow_run_id, 2)
    assert {"printed in the task", "logged in the task"} <= logs.keys()
    assert logs["printed in the task"] == logs["logged in the task"] is not None
    assert "trigger of task 'locked'" in caplog.text
    assert "pickle" in caplog.text


def _logs(flow_run_id: Any, number: int) -> dict[str, Any]:
    """The messages in the task runs' logs, which arrive late, with the task run."""
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id]))
    deadline = time.monotonic() + 240
    with get_client(sync_client=True) as client:
        while True:
            found = {log.message: log.task_run_id for log in client.read_logs(wanted)}
            if sum("in the task" in message for message in found) >= number or time.monotonic() > deadline:
                return found
            time.sleep(0.1)


_ENDLESS = """
    import os
    import signal
    from pathlib import Path
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None, max_active_tasks=2) as dag:
        @task
        def idle(): ...

        @task
        def runs():
            Path("{process}.new").write_text(str(os.getpid()))
            Path("{process}.new").rename("{process}")
            signal.sigwait([signal.SIGUSR1])

        idle() >> runs()
"""


def test_processes_end_with_a_killed_parent(unique: str, tmp_path: Path) -> None:
    process = tmp_path / "process"
    path = write(tmp_path, "endless", _ENDLESS.format(process=process, dag_id=unique))
    command = [sys.executable, str(_SCRIPT), str(path), str(tmp_path / "id"), "--process"]
    parent = subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not process.exists() and parent.poll() is None:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    # The child has the output open until it ends.
    output, _ = parent.communicate(timeout=240)
    assert process.exists(), output
    deadline = time.monotonic() + 240
    while _lives(int(process.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)
