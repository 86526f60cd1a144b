"""A real Airflow's web server on loopback, with a DAG that has run once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from airflow_api_scenario import DAG_FILE, DATE

LOGIN, PASSWORD = "mover", "open-sesame"


@contextmanager
def airflow_api(home: Path, major: str) -> Iterator[int]:
    """Start the server, and yield its port."""
    (home / "dags").mkdir()
    modules = ("airflow", "airflow.decorators") if major == "2" else ("airflow.sdk", "airflow.sdk")
    (home / "dags" / "bills.py").write_text(DAG_FILE.format(module=modules[0], tasks=modules[1]))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {
        "CORE__DAGS_FOLDER": home / "dags",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{LOGIN}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": home / "passwords.json",
        "API_AUTH__JWT_SECRET": "a secret of this test, and of no use",
        # On a busy machine, Airflow 2's server needs time to start.
        "WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": 400,
        "WEBSERVER__WEB_SERVER_WORKER_TIMEOUT": 400,
        "WEBSERVER__SECRET_KEY": "a secret of this test",
        "API__SECRET_KEY": "a secret of this test",
    }
    (home / "passwords.json").write_text(json.dumps({LOGIN: PASSWORD}))
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW__")},
        "AIRFLOW_HOME": str(home),
        **{f"AIRFLOW__{key}": str(value) for key, value in settings.items()},
    }
    command = [sys.executable, "-m", "airflow"]

    def run(*arguments: str, check: bool = True) -> None:
        subprocess.run([*command, *arguments], env=environment, capture_output=True, check=check, timeout=400)

    run("db", "migrate")
    if major == "2":
        person = ("--firstname", "A", "--lastname", "Test", "--email", "a@example.com", "--role", "Admin")
        run("users", "create", "--username", LOGIN, "--password", PASSWORD, *person)
        serving = ("webserver", "--hostname", "127.0.0.1", "--port", str(port), "--workers", "1")
    else:
        serving = ("api-server", "--apps", "core", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    run("dags", "reserialize")
    log = (home / "server.log").open("w")
    with (
        log,
        subprocess.Popen(
            [*command, *serving], env=environment, stdout=log, stderr=log, start_new_session=True
        ) as server,
    ):
        try:
            # The run fails, and the command with it.
            run("dags", "test", "bills", DATE.isoformat(), check=False)
            _wait_for(server, f"http://127.0.0.1:{port}/api/{'v1' if major == '2' else 'v2'}/version")
            yield port
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(20)
            # Its workers, too.
            with suppress(ProcessLookupError):
                os.killpg(server.pid, 9)


def _wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + 400
    while True:
        try:
            with urlopen(url, timeout=10):
                return
        except (URLError, OSError):
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.2)
