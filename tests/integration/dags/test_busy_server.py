"""A run of a DAG that ends while its server gives no answers."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from busy_proxy import BusyProxy, busy_proxy
from dag_runs import flow_run_of, run, write
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

_DAG = """
    import time
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    with DAG("{dag_id}", schedule=None) as dag:
        @task
        def last():
            (FOLDER / "began").touch()
            while not (FOLDER / "busy").exists():
                time.sleep(0.01)

        last()
"""


def _be_busy_at_the_end(proxy: BusyProxy, folder: Path) -> None:
    while not (folder / "began").exists():
        time.sleep(0.01)
    proxy.be_busy("/health", "/set_state")
    (folder / "busy").touch()
    proxy.wait_until_asked(3)
    proxy.be_free()


def test_a_run_ends_when_the_server_answers_again(prefect_server: str, unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "busy", _DAG.format(folder=tmp_path, dag_id=unique))
    # Prefect's client gives up at once, as it does when it can't connect.
    with busy_proxy(prefect_server) as proxy, temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
        busy = threading.Thread(target=_be_busy_at_the_end, args=(proxy, tmp_path), daemon=True)
        busy.start()
        state = run(path)
        busy.join()
        assert flow_run_of(state).state_name == "Completed"
