"""What all tests share. Prefect is imported by the fixtures alone: the core's tests run where it is absent."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from examples import load_profile

load_profile()

# Before anything imports Prefect: no server or profile of the machine's is touched, and nothing is sent anywhere.
os.environ.update(
    {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        # Events can be read this much later, in seconds, in place of 5.
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "0.2",
        # Who waits for a slot of a deployment's or a tag's limit asks again after so many seconds, in place of 30.
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        "PREFECT_SERVER_TASKS_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    }
)
for _name in [name for name in os.environ if name.startswith(("AIRFLOW_CONN_", "AIRFLOW_VAR_"))]:
    del os.environ[_name]


# Tests send SIGINT and SIGHUP to processes that they start. Without these lines, processes ignore SIGINT if a shell's
# background job runs the tests, and SIGHUP if `nohup` does.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _prefect_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home of the tests' own, also for the processes that tests start."""
    home = tmp_path_factory.mktemp("prefect")
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_PROFILES_PATH"] = str(home / "profiles.toml")
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_PROFILE"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def _import_path() -> Iterator[None]:
    """Prefect leaves the folders of the flows that it loads on `sys.path`: other tests must not find modules there."""
    before = [*sys.path]
    yield
    sys.path[:] = before


@pytest.fixture(scope="session")
def prefect_server(_prefect_home: None) -> Iterator[str]:
    """One real Prefect server for the whole session; its API's URL."""
    from session_server import session_server

    with session_server() as url:
        yield url
