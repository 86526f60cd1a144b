"""Tasks that misuse their process."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, BaseHook, BaseOperator, Variable, get_current_context
except ImportError:
    from airflow import DAG
    from airflow.hooks.base import BaseHook
    from airflow.models import BaseOperator, Variable
    from airflow.operators.python import get_current_context

HOME = Path(os.environ.get("HOSTED_HOME", "/tmp"))


def _socket() -> int:
    """Return the socket to the run."""
    found = [int(each) for each in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{each}")]
    return max(each for each in found if os.readlink(f"/proc/self/fd/{each}").startswith("socket:"))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(3)


def crash() -> None:
    ctypes.string_at(0)


def exit_early() -> None:
    sys.exit(4)


def fork() -> str:
    parent = os.getpid()
    os.fork()
    return "parent" if os.getpid() == parent else "child"


def read_input() -> str:
    return sys.stdin.read() + str(os.read(0, 1))


def stay() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (HOME / "stays").touch()
    while True:
        time.sleep(60)


def sleep() -> None:
    (HOME / "sleeps").touch()
    time.sleep(60)


def leave_thread() -> int:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return os.getpid()


def leave_process() -> int:
    return subprocess.Popen(["sleep", "60"]).pid


def flood() -> None:
    line = "x" * 1023
    for _ in range(int(os.environ.get("HOSTED_FLOOD", "30")) * 1024):
        print(line)


def write_garbage() -> None:
    os.write(_socket(), b"garbage\n")
    time.sleep(60)


def print_everywhere() -> None:
    print("printed")
    sys.stderr.write("to standard error\n")
    subprocess.run(["echo", "by a command"], check=True)
    time.sleep(0.2)


def change_process() -> None:
    os.environ["CHANGED"] = "yes"
    os.chdir("/")
    sys.path.append("/changed")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def look_at_process() -> list[Any]:
    return [os.environ.get("CHANGED"), os.getcwd() == "/", "/changed" in sys.path]


def wait() -> None:
    time.sleep(60)


def show_secret() -> list[bool]:
    """Look for a password that the task has read, where others may see it."""
    password = BaseHook.get_connection("shop").password.encode()
    print("the password is", password.decode())
    seen = []
    for pid in (os.getpid(), os.getppid()):
        for name in ("environ", "cmdline"):
            seen.append(password in Path(f"/proc/{pid}/{name}").read_bytes())
    return seen


def talk() -> str:
    """Use most messages between a task and its run."""
    ti = get_current_context()["ti"]
    ti.xcom_push(key="found", value=[Variable.get("target"), BaseHook.get_connection("shop").host])
    print(ti.xcom_pull(task_ids="talk", key="found"))
    return "done"


def hold_secrets() -> None:
    """Hold a password and a secret variable until the run has searched for them."""
    held = [BaseHook.get_connection("shop").password, Variable.get("api_secret")]
    (HOME / "holds").touch()
    while held and not (HOME / "searched").exists():
        time.sleep(0.01)


def ask_for_more() -> None:
    """Ask Airflow for what a host does not have."""
    try:
        from airflow.sdk.execution_time import comms, task_runner
    except ImportError:
        from airflow.models import DagModel
        from airflow.utils.session import create_session

        with create_session() as session:
            session.query(DagModel).all()
    else:
        task_runner.SUPERVISOR_COMMS.send(comms.GetAssetByName(name="orders"))


class Fault(BaseOperator):
    """Calls a function of this file."""

    template_fields = ("date",)

    def __init__(self, *, function: Any, date: str = "{{ ds }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.function, self.date = function, date

    def execute(self, context: Any) -> Any:
        return self.function()

    def on_kill(self) -> None:
        (HOME / f"killed-{self.task_id}").touch()


with DAG("hosted_faults", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)) as dag:
    for function in (
        die, leave, crash, exit_early, fork, read_input, stay, sleep, leave_thread, leave_process, flood,
        write_garbage, print_everywhere, change_process, look_at_process, show_secret, ask_for_more, talk, hold_secrets,
    ):  # fmt: skip
        Fault(task_id=function.__name__, function=function)
    Fault(task_id="wait", function=wait, execution_timeout=timedelta(seconds=1))
