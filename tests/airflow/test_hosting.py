"""Tasks in a host end as `dag.test()` of the same Airflow ends them, and no task harms its run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from real_airflow import MAJOR, VERSION

HERE = Path(__file__).parent
VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"

pytestmark = pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python with Prefect")


class _Discord(BaseHTTPRequestHandler):
    """Takes messages as Discord's webhooks do."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append((self.path, json.loads(body)["content"]))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""


@pytest.fixture
def discord() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Discord)
    server.messages = []
    server.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "hosted_dags", tmp_path / "dags")
    return tmp_path


def run(python: str, script: str, *arguments: str, timeout: float = 800) -> str:
    """Run a script of this folder, and return its output. A Prefect server on SQLite may be busy for a minute."""
    path = os.pathsep.join([*(os.environ.get("PYTHONPATH", "").split(os.pathsep)), str(HERE)])
    environment = {**os.environ, "PYTHONPATH": path.strip(os.pathsep)}
    done = subprocess.run(
        [python, str(HERE / script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what `dag.test()` shows in another form than a scheduler's Airflow, or than the shims."""
    instances = result["instances"]
    for instance in instances.values():
        # The order of a set, and the classes of time zones.
        instance["xcoms"] = dict(sorted(instance["xcoms"].items()))
    xcoms = instances["load"]["xcoms"]
    xcoms["moment"] = "2024" in xcoms["moment"] or "1704164400" in xcoms["moment"]
    xcoms["parts"] = "decimal" in xcoms["parts"]
    # `dag.test()` loses the arguments of a continued task.
    instances["deferred"]["xcoms"]["return_value"] = "2024-05-06" in instances["deferred"]["xcoms"]["return_value"]
    # Its task instances have other states while they run.
    events = sorted({tuple(event[:2] + event[3:4]) for event in result["events"]})
    return {"instances": instances, "events": events}


def run_in_airflow(home: Path, discord: Any) -> dict[str, Any]:
    run(sys.executable, "hosting_airflow_side.py", str(home), discord.url)
    for looks in home.glob("*-looks"):
        looks.unlink()
    return comparable(json.loads((home / "airflow.json").read_text()))


def run_hosted(home: Path, discord: Any, *options: str) -> dict[str, Any]:
    script = "hosting_prefect_side.py"
    run(os.environ[VARIABLE], script, str(home), sys.executable, MAJOR, discord.url, *options)
    return comparable(json.loads((home / "prefect.json").read_text()))


@pytest.mark.timeout(1200)
def test_hosted_tasks_end_as_in_airflow(home: Path, discord: Any) -> None:
    airflow = run_in_airflow(home, discord)
    sent = sorted(discord.messages)

    assert run_hosted(home, discord) == airflow

    assert f"has Airflow {VERSION}, but the DAG file was loaded for Airflow" in (home / "release.txt").read_text()
    assert len(sent) == 2
    assert sorted(discord.messages) == sorted(sent * 2)


@pytest.mark.stress
@pytest.mark.timeout(1200)
def test_hosted_tasks_of_rewritten_files_end_as_in_airflow(home: Path, discord: Any) -> None:
    airflow = run_in_airflow(home, discord)
    sent = sorted(discord.messages)

    assert run_hosted(home, discord, "rewritten") == airflow

    texts = [path.read_text() for path in home.glob("dags/hosted_[ot]*.py")]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    assert [line for line in lines if line.startswith(("from airflow.", "import airflow."))] == []
    assert sorted(discord.messages) == sorted(sent * 2)


def test_operators_of_a_host_are_tasks_of_a_plain_flow(home: Path, discord: Any) -> None:
    output = run(os.environ[VARIABLE], "hosted_flow_prefect_side.py", str(home), sys.executable, MAJOR, discord.url)
    found = json.loads(output.splitlines()[-1])

    report = f"{time.strftime('%Y')[:3]}: 4 rows until 2024-05-06"
    assert found["report"] == [report, 4]
    assert [text for _, text in discord.messages] == [report, "hello"]
    assert found["load"]["table"] == "a plain flow 3 eu"
    assert found["load"]["options"] == ["{{ not rendered }}"]
    assert found["double"] == [["-1", -1], ["{{ not rendered }}", -1], [1, 0], [2, 1]]
    assert (found["branch"], found["once"]) == ("chosen", [5, -1])
    assert found["flaky"] == ["Completed", 2]
    assert found["raise"] == ["Failed", "RebuiltException: it fails"]
    assert found["fail"] == ["Failed", "AirflowFailException: for good"]
    assert found["skip"] == ["Skipped", None]
    assert found["too_long"][0] == "TimedOut"
    assert found["no_pool"][0] == "Failed"
    assert "PoolNotReadyError" in found["no_pool"][1]
    assert found["poked"] == found["rescheduled"] == ["Completed", None]
    assert "AirflowSensorTimeout" in found["too_late"][1]
    assert "The host can't import hosted_operators.NoSuchClass" in found["no_class"][1]
    assert "number" in found["no_argument"][1]
    assert f"has Airflow {VERSION}, but the task was made for Airflow" in found["release"][1]
    assert "Argument number of task 'function' holds an object that can't be sent" in found["function"]
    events = {name: [event[1:] for event in found["events"] if event[0] == name] for name in ("report", *found)}
    assert events["report"] == [["success", 1, None]]
    assert events["flaky"] == [["up_for_retry", 1, "RebuiltException: it fails"], ["success", 2, None]]
    assert [event[0] for event in events["raise"]] == ["up_for_retry", "failed"]
    assert [event[0] for event in events["fail"]] == [event[0] for event in events["too_late"]] == ["failed"]


def test_sigterm_to_a_plain_flow_kills_its_operator_as_airflow_does(home: Path) -> None:
    output = run(os.environ[VARIABLE], "hosting_stop_prefect_side.py", str(home), sys.executable, MAJOR)
    found = json.loads(output.splitlines()[-1])

    assert found["events"] == [["on_kill", "hang"]]
    assert found["left"] == [False, False, False]
    assert found["code"] != 0


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of the tasks of `hosted_faults`, and the folder that they wrote to."""
    folder = tmp_path_factory.mktemp("faults")
    shutil.copytree(HERE / "hosted_dags", folder / "dags")
    output = run(os.environ[VARIABLE], "hosting_faults_prefect_side.py", str(folder), sys.executable)
    return {**json.loads(output), "home": str(folder)}


def test_each_fault_of_a_task_has_a_clear_end(faults: dict[str, Any]) -> None:
    found = faults
    error = {name: each["error"] for name, each in found.items() if isinstance(each, dict)}
    state = {name: each["state"] for name, each in found.items() if isinstance(each, dict)}

    ended = "The host's process of the task has not finished: "
    assert error["die"][1] == f"{ended}it was ended by SIGKILL."
    assert error["crash"][1] == f"{ended}it was ended by SIGSEGV."
    assert error["leave"][1] == f"{ended}it ended with exit code 3."
    assert error["exit_early"] == ["SystemExit", "4"]
    assert error["wait"][0] == "AirflowTaskTimeout"
    assert "sent 7 bytes that are not a message" in error["write_garbage"][1]
    assert (
        "metadata database" in error["ask_for_more"][1]
        if MAJOR == "2"
        else "GetAssetByName" in error["ask_for_more"][1]
    )
    failed = {"die", "crash", "leave", "exit_early", "wait", "write_garbage", "ask_for_more", "stay", "sleep"}
    assert {name for name in state if state[name] == "up_for_retry"} == failed
    assert {name for name in state if state[name] == "success"} == set(state) - failed
    assert found["fork"]["value"] == "parent"
    assert found["read_input"]["value"] == "b''"


def test_tasks_leave_neither_processes_nor_changes_nor_secrets(faults: dict[str, Any]) -> None:
    found = faults

    # A thread that was left, and a command.
    assert found["left"] == [False, False]
    assert found["look_at_process"]["value"] == [None, False, False]
    assert found["after_kill"]["state"] == "success"
    assert set(found["closed"]) == {False}
    assert set(found["show_secret"]["value"]) == {False}
    assert "the password is ***" in found["show_secret"]["log"]
    for printed in ("printed", "to standard error", "by a command"):
        assert printed in found["print_everywhere"]["log"].splitlines()
    assert "lines of the log were dropped, because the log exceeds 20 MB." in found["flood"]["log"]
    assert Path(found["home"], "killed-sleep").exists()
    assert "/no/such/python can't be started" in found["errors"][0]
    assert "No module named 'airflow'" in found["errors"][1]


def test_the_host_ends_with_its_run(home: Path) -> None:
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(HERE)]).strip(os.pathsep)
    command = [os.environ[VARIABLE], str(HERE / "hosting_faults_prefect_side.py"), str(home), sys.executable, "sleep"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}) as process:
        while not (home / "sleeps").exists():
            assert process.poll() is None
            time.sleep(0.05)
        found = _processes_with(f"HOSTED_HOME={home}".encode())
        process.send_signal(signal.SIGKILL)

    assert len(found) == 3
    while any(_is_running(pid) for pid in found):
        time.sleep(0.05)
    assert (home / "killed-sleep").exists()


def _processes_with(text: bytes) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if text in environment.split(b"\0"):
                found.append(int(folder.name))
    return found


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
