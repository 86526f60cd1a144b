"""A run of a DAG whose server is killed in the middle, and started again."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dag_runs import flow_run_of, run, states_of, write
from patient_client import patient_client

from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec

if TYPE_CHECKING:
    from own_server import OwnServer

pytestmark = pytest.mark.sqlite

_DAG = """
    import time
    from datetime import timedelta
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    with DAG("{dag_id}", schedule=None) as dag:
        @task
        def before():
            (FOLDER / "began").touch()
            while not (FOLDER / "killed").exists():
                time.sleep(0.01)
            return [1, 2, 3]

        @task(retries=1, retry_delay=timedelta(0))
        def without_server(number, ti):
            if number == 2 and ti.try_number == 1:
                raise ValueError("The first try fails.")
            return number

        @task
        def ended(numbers):
            (FOLDER / "ended").touch()
            return list(numbers)

        @task(pool="{dag_id}")
        def pooled():
            pass

        numbers = before()
        ended(without_server.expand(number=numbers))
        numbers >> pooled()
"""


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 240
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.01)


def _restart(server: OwnServer, folder: Path) -> None:
    """Kill the server in the first task, and start it when the last task without a pool has ended."""
    _wait_for(folder / "began")
    server.kill()
    (folder / "killed").touch()
    _wait_for(folder / "ended")
    server.start()


def test_tasks_run_while_the_server_is_down(own_server: OwnServer, unique: str, tmp_path: Path) -> None:
    create_limit(LimitSpec(unique, 1))
    path = write(tmp_path, "restarted", _DAG.format(folder=tmp_path, dag_id=unique))
    thread = threading.Thread(target=_restart, args=(own_server, tmp_path))
    thread.start()

    state = run(path)

    thread.join()
    result = state.result()
    names = ["before", *(f"without_server[{number}]" for number in range(3)), "ended", "pooled"]
    assert states_of(result) == dict.fromkeys(names, "success")
    assert result.xcoms["ended", -1, "return_value"] == [1, 2, 3]
    assert flow_run_of(state).state_name == "Completed"
    assert patient_client().read_global_concurrency_limit_by_name(unique).active_slots == 0
