"""What all tests share. Prefect is imported by the fixtures alone: the core's tests run where it is absent."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

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


# On the path of the servers that tests start; its one module says why.
SERVER_SITE = Path(__file__).with_name("server_site")

# Tests send SIGINT to processes that they start. Without this, those that a shell's background job starts ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _prefect_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home of the tests' own, also for the processes that tests start."""
    home = tmp_path_factory.mktemp("prefect")
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_PROFILES_PATH"] = str(home / "profiles.toml")
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_PROFILE"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def prefect_server(_prefect_home: None) -> Iterator[str]:
    """One real Prefect server for the whole session; its API's URL."""
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    from airflow_compat._prefect.client import close_clients

    # A sync flow run would otherwise wait a second for its heartbeat's thread.
    fast = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(SERVER_SITE), prepend=os.pathsep)
            stack.enter_context(prefect_test_harness(server_startup_timeout=240))
        stack.enter_context(fast)
        url = PREFECT_API_URL.value()
        assert url
        os.environ["PREFECT_API_URL"] = url
        yield url
        del os.environ["PREFECT_API_URL"]
        close_clients()
