"""Each command ends with one line and the documented exit code if no server helps it, or the user stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_commands import (
    ARGUMENTS,
    Ended,
    call_command,
    commands,
    each_command,
    each_online_command,
    write_files,
)
from http_servers import Handler, Server
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    get_current_settings,
    temporary_settings,
)

from airflow_compat import Variable
from airflow_compat._prefect.temporary_server import start_if_needed
from airflow_compat.errors import ServerUnreachableError

Call = Callable[[str], Ended]

# They check what they can without a server.
WITHOUT_SERVER = {"dags check", "deployments check"}
# They print the server's problem to standard output.
PRINTING = {"dags check", "doctor"}


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in a folder with the files that it reads."""
    monkeypatch.chdir(tmp_path)
    write_files()
    return lambda command: call_command(command, capfd)


@contextmanager
def answering(status: int, body: bytes, content_type: str, asked: Callable[[], None] = lambda: None) -> Iterator[str]:
    """A loopback server that gives all requests the same answer; its API's URL."""

    class Answer(Handler):
        def respond(self) -> None:
            asked()
            self.body()
            self.send(status, body, content_type)

    class Patient(Server):
        # A client that was interrupted reads no answer.
        def handle_error(self, *_: object) -> None: ...

    with Patient(Answer) as server, temporary_settings({PREFECT_API_URL: f"{server.url}/api"}):
        yield f"{server.url}/api"


def check_one_line(command: str, ended: Ended, *parts: str) -> None:
    if command in PRINTING:
        assert ended == (1, [])
    else:
        assert ended.code == 2
        (line,) = ended.lines
        assert line.startswith("airflow-compat: ")
        for part in parts:
            assert part in line


def test_all_commands_are_tested() -> None:
    assert set(ARGUMENTS) == set(map(" ".join, commands()))


@each_command
def test_no_server(command: str, call: Call) -> None:
    with temporary_settings({PREFECT_API_URL: None, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False}):
        ended = call(command)
    if not ARGUMENTS[command][1] or command in WITHOUT_SERVER:
        assert ended == (0, [])
    else:
        check_one_line(command, ended, "no Prefect server is configured; set PREFECT_API_URL")


def test_server_that_is_down(call: Call) -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        check_one_line("pools list", call("pools list"), "http://127.0.0.1:9/api can't be reached", "PREFECT_API_URL")


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:port/api", "ftp://127.0.0.1/api", "http:///api"])
def test_address_that_is_not_a_url(url: str, call: Call) -> None:
    with temporary_settings({PREFECT_API_URL: url}):
        check_one_line("pools list", call("pools list"), "PREFECT_API_URL is not a valid URL; set a URL such as")


SLOW: dict[Any, Any] = {
    PREFECT_API_URL: None,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: True,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 1,
}


@each_command
def test_temporary_server_that_starts_too_slowly(command: str, call: Call) -> None:
    with temporary_settings(SLOW):
        ended = call(command)
    if command == "doctor":
        # It starts no server.
        assert ended.lines == []
    elif not ARGUMENTS[command][1] or command in WITHOUT_SERVER:
        assert ended == (0, [])
    else:
        assert "no Prefect server is configured; starting a temporary server" in ended.lines[0]
        check_one_line(command, Ended(ended.code, ended.lines[1:]), "did not start within 1 s", "set PREFECT_API_URL")


def test_temporary_server_that_can_not_start(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = f"sqlite+aiosqlite:///{tmp_path}/missing/prefect.db"
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", database)
    monkeypatch.setenv("PREFECT_API_DATABASE_MIGRATE_ON_START", "true")
    with temporary_settings({**SLOW, PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 200}):
        ended = call("pools list")
    check_one_line("pools list", Ended(ended.code, ended.lines[1:]), "run `prefect server start` to see the reason")


def test_shim_without_a_server() -> None:
    with temporary_settings(SLOW), pytest.raises(ServerUnreachableError, match="did not start within 1 s"):
        Variable.get("t_conditions")
    disabled = {PREFECT_API_URL: None, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False}
    with temporary_settings(disabled), pytest.raises(ServerUnreachableError, match="no Prefect server is configured"):
        Variable.get("t_conditions")


def test_temporary_server_sends_no_report_of_its_use(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def start(seconds: int, progress: object) -> str:
        sent.append(get_current_settings().to_environment_variables()["PREFECT_SERVER_ANALYTICS_ENABLED"])
        return "late"

    monkeypatch.setattr("airflow_compat._prefect.internals.client.start_temporary_server", start)
    with temporary_settings({**SLOW, PREFECT_SERVER_ANALYTICS_ENABLED: True}), pytest.raises(ServerUnreachableError):
        start_if_needed()
    assert sent == ["False"]


# More than the 20 seconds that Prefect waits by default.
@pytest.mark.parametrize(
    ("seconds", "register_blocks"),
    [
        (2, "false"),
        pytest.param(25, "false", marks=pytest.mark.stress),
        # As the first command of a user.
        pytest.param(0, "true", marks=pytest.mark.stress),
    ],
)
def test_command_waits_for_a_slow_temporary_server(seconds: int, register_blocks: str, tmp_path: Path) -> None:
    slow = f"import sys, time\nif 'uvicorn' in ' '.join(sys.orig_argv): time.sleep({seconds})\n"
    (tmp_path / "sitecustomize.py").write_text(slow)
    environment = {
        **os.environ,
        "PREFECT_API_URL": "",
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_API_BLOCKS_REGISTER_ON_START": register_blocks,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PYTHONPATH": str(tmp_path),
    }
    for name in ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_ANALYTICS_ENABLED"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "airflow_compat.cli", "pools", "list"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[-1].partition(",")[0]) == (0, "0 pools")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("airflow-compat: no Prefect server is configured; starting a temporary server")


@each_online_command
def test_server_that_answers_html(command: str, call: Call) -> None:
    with answering(200, b"<!doctype html>", "text/html") as url:
        check_one_line(command, call(command), f"the server at {url} is not a Prefect API; correct PREFECT_API_URL")


@pytest.mark.parametrize("command", ["doctor", "import", "pools list"])
@pytest.mark.parametrize("status", [404, 405, 501])
def test_web_server_that_serves_something_else(status: int, command: str, call: Call) -> None:
    with answering(status, b"<!doctype html>", "text/html;charset=utf-8") as url:
        check_one_line(command, call(command), f"the server at {url} is not a Prefect API; correct PREFECT_API_URL")


@each_online_command
def test_server_of_another_version(command: str, call: Call) -> None:
    with answering(404, b'{"detail": "Not Found"}', "application/json") as url:
        ended = call(command)
    if command in ("backfill", "catch-up"):
        check_one_line(command, ended, "The server has no deployment 't-conditions/daily'")
    elif command == "dags test":
        check_one_line(command, ended, f"the server at {url} is not a Prefect API; correct PREFECT_API_URL")
    else:
        check_one_line(command, ended, f"{url} answered 404 Not Found", "run `airflow-compat doctor`")


@each_online_command
def test_expired_api_key(command: str, call: Call) -> None:
    with answering(401, b'{"detail": "Invalid authentication credentials"}', "application/json") as url:
        check_one_line(
            command, call(command), f"{url} answered 401 Unauthorized (Invalid authentication", "set PREFECT_API_KEY"
        )


@pytest.mark.parametrize("output", ["/dev/full", "pipe"])
def test_process_ends_quietly(output: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe, Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "airflow_compat.cli", "--help"]
        stdout = pipe if output == "pipe" else full
        ended = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 0 if output == "pipe" else 1)


@pytest.mark.parametrize("closed", [1, 2])
def test_closed_stream(closed: int) -> None:
    shell = f'exec "$0" -m airflow_compat.cli --help {closed}>&-'
    ended = subprocess.run(["/bin/sh", "-c", shell, sys.executable], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr, bool(ended.stdout)) == (0, "", closed == 2)


def test_text_that_the_terminal_can_not_show(tmp_path: Path) -> None:
    file = tmp_path / "pools.yaml"
    file.write_text("work_pools: [{name: sp\u00e4ti, executor: KubernetesExecutor}]", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "airflow_compat.cli", "work-pools", "recommend", file],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert r"sp\xe4ti" in ended.stdout


def interrupt() -> None:
    """What Ctrl-C does to this process; the main thread raises KeyboardInterrupt."""
    os.kill(os.getpid(), signal.SIGINT)


@each_online_command
def test_ctrl_c_during_a_request(command: str, call: Call) -> None:
    with answering(404, b"{}", "application/json", interrupt):
        ended = call(command)
    if command == "backfill":
        assert (ended.code, len(ended.lines)) == (1, 1)
    else:
        assert ended == (130, ["airflow-compat: Stopped by Ctrl-C."])


# `deployments generate` refuses a pipe, so nothing can interrupt it while it reads one.
@pytest.mark.parametrize("command", ["work-pools helm-values", "work-pools recommend"])
def test_ctrl_c_while_a_file_is_read(command: str, call: Call) -> None:
    name = ARGUMENTS[command][0][0]
    Path(name).unlink()
    os.mkfifo(name)

    def write() -> None:
        with Path(name).open("wb", buffering=0) as file:
            # More than the pipe holds: the command is inside its reading when this returns.
            file.write(b"#" * 70_000)
            interrupt()

    writing = threading.Thread(target=write)
    writing.start()
    try:
        assert call(command) == (130, ["airflow-compat: Stopped by Ctrl-C."])
    finally:
        writing.join()
