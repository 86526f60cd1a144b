"""Logs of runs on the server: Airflow's loggers are in the right run, without secrets."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

import pytest
from patient_client import patient_client
from prefect import flow, task
from prefect.blocks.system import Secret
from prefect.futures import wait
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_LOGGING_EXTRA_LOGGERS, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from airflow_compat import AirflowConnection, BaseHook, Variable, get_connection, get_current_context, load_block, logs
from airflow_compat.errors import ContextNotFoundError, InvalidArgumentError, InvalidCallbackError

TASK_LOG = logging.getLogger("airflow.task")


def lines(name: str, *, logger: str | None = None, least: int = 1) -> list[dict[str, Any]]:
    """Return the server's logs of a flow's runs, once they are complete."""
    APILogHandler().flush()
    body = {"flows": {"name": {"any_": [name]}}}
    runs = {run["id"]: run for run in patient_client().request("POST", "/flow_runs/filter", json=body).json()}
    until = time.monotonic() + 240
    while True:
        body = {"logs": {"flow_run_id": {"any_": list(runs)}}, "sort": "TIMESTAMP_ASC"}
        found = patient_client().request("POST", "/logs/filter", json=body).json()
        mine = [line for line in found if logger is None or line["name"].startswith(logger)]
        if len(mine) >= least or time.monotonic() > until:
            return mine


def texts(name: str, *, logger: str | None = "airflow.task", least: int = 1) -> list[str]:
    return [line["message"] for line in lines(name, logger=logger, least=least)]


@task
def say(text: str) -> str:
    logging.getLogger("airflow.task.operators").info("%s", text)
    return str(get_current_context()["ti"].log_url)


def test_message_is_in_the_run_that_logged_it(unique: str) -> None:
    @flow(name=unique)
    @logs.forward("airflow.task")
    def etl() -> str:
        TASK_LOG.info("in the flow")
        return say("in the task")

    page = etl()
    TASK_LOG.warning("outside")
    in_flow, in_task = lines(unique, logger="airflow.task", least=2)

    assert (in_flow["message"], in_flow["task_run_id"], in_flow["name"]) == ("in the flow", None, "airflow.task")
    assert (in_task["message"], in_task["name"]) == ("in the task", "airflow.task.operators")
    assert in_task["flow_run_id"] == in_flow["flow_run_id"]
    assert page.endswith(in_task["task_run_id"])


def test_nothing_is_forwarded_outside_the_context(unique: str) -> None:
    level, handlers = TASK_LOG.level, list(TASK_LOG.handlers)

    @flow(name=unique)
    def etl() -> None:
        TASK_LOG.error("before")
        with logs.forward(), logs.forward(level="DEBUG"):
            TASK_LOG.debug("meanwhile")
        TASK_LOG.error("after")

    etl()

    assert texts(unique) == ["meanwhile"]
    assert (TASK_LOG.level, TASK_LOG.handlers) == (level, handlers)


def test_explicit_start_lasts_until_stop(unique: str) -> None:
    forwarding = logs.forward("airflow.task")
    forwarding.start()
    try:

        @flow(name=unique)
        def etl() -> None:
            say("a")

        etl()
        etl()
    finally:
        forwarding.stop()
    forwarding.stop()

    assert texts(unique, least=2) == ["a", "a"]


def test_tasks_in_threads_log_to_their_own_runs(unique: str) -> None:
    @task
    @logs.forward("airflow.task")
    def each(number: int) -> tuple[str, int]:
        for _ in range(5):
            TASK_LOG.info("number %d", number)
        return str(get_current_context()["ti"].log_url).rpartition("/")[2], number

    @flow(name=unique, task_runner=ThreadPoolTaskRunner(max_workers=8))  # type: ignore[call-overload]
    def etl() -> list[tuple[str, int]]:
        futures = each.map(range(8))
        wait(futures)
        return [future.result() for future in futures]

    ids = dict(etl())
    found = lines(unique, logger="airflow.task", least=40)

    assert len(found) == 40
    assert all(line["message"] == f"number {ids[line['task_run_id']]}" for line in found)


def test_async_code(unique: str) -> None:
    @task
    @logs.forward("airflow.task")
    async def each(number: int) -> None:
        await asyncio.sleep(0)
        TASK_LOG.info("number %d", number)

    @flow(name=unique)
    async def etl() -> None:
        await asyncio.gather(*(each(number) for number in range(3)))

    asyncio.run(etl())

    found = lines(unique, logger="airflow.task", least=3)
    assert sorted(line["message"] for line in found) == ["number 0", "number 1", "number 2"]
    assert len({line["task_run_id"] for line in found}) == 3


def test_logger_that_prefect_forwards_is_logged_once(unique: str) -> None:
    handler = APILogHandler()
    # As Prefect does for this setting when it is imported.
    TASK_LOG.addHandler(handler)
    try:

        @flow(name=unique)
        @logs.forward("airflow.task")
        def etl() -> None:
            TASK_LOG.info("once")
            logging.getLogger("airflow.task.child").info("once")

        etl()
    finally:
        TASK_LOG.removeHandler(handler)

    assert texts(unique, least=2) == ["once", "once"]


def test_prefects_own_setting_in_a_subprocess(unique: str) -> None:
    code = f"""
        import logging
        from prefect import flow

        @flow(name={unique!r})
        def etl():
            logging.getLogger("airflow.task").setLevel("INFO")
            logging.getLogger("airflow.task.child").info("native")

        etl()
    """
    environment = {**os.environ, PREFECT_LOGGING_EXTRA_LOGGERS.name: "airflow.task"}
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, env=environment, timeout=120)

    assert texts(unique) == ["native"]


def test_tasks_in_subprocesses(unique: str) -> None:
    secret = f"secret_{unique}"

    @task
    @logs.forward("airflow.task")
    def work() -> None:
        logs.mask(secret)
        logging.getLogger("airflow.task").info("in a process with %s", secret)

    @flow(name=unique, task_runner=ProcessPoolTaskRunner(max_workers=1))  # type: ignore[call-overload]
    def etl() -> None:
        work.submit().wait()

    etl()

    (line,) = lines(unique, logger="airflow.task")
    assert line["message"] == "in a process with ***"
    assert line["task_run_id"]


def test_self_log_and_ti_log(unique: str) -> None:
    class Operator(logs.LoggingMixin):
        def execute(self) -> None:
            self.log.warning("by self.log")

    @task
    def work() -> None:
        Operator().execute()
        get_current_context()["ti"].log.warning("by ti.log")

    @flow(name=unique)
    def etl() -> None:
        work()

    etl()

    found = lines(unique, logger="prefect.task_runs", least=2)
    assert {"by self.log", "by ti.log"} <= {line["message"] for line in found}
    assert isinstance(Operator().log, logging.Logger)


def test_task_log_url(unique: str) -> None:
    seen: dict[str, str] = {}

    @task
    def work() -> None:
        context = get_current_context()
        seen.update(
            task=logs.task_log_url(), ti=logs.task_log_url(context["ti"]), dag_run=logs.task_log_url(context["dag_run"])
        )

    @flow(name=unique)
    def etl() -> None:
        seen["flow"] = logs.task_log_url()
        work()

    etl()

    assert "/runs/task-run/" in seen["task"]
    assert seen["task"] == seen["ti"]
    assert "/runs/flow-run/" in seen["flow"]
    assert seen["flow"] == seen["dag_run"]
    with pytest.raises(ContextNotFoundError, match="outside a run"):
        logs.task_log_url()
    with pytest.raises(InvalidArgumentError, match="not str"):
        logs.task_log_url("etl")  # type: ignore[arg-type]


def test_only_functions_are_decorated() -> None:
    with pytest.raises(InvalidCallbackError, match="below @flow or @task"):
        logs.forward()(task(lambda: None))

    def generates() -> Any:
        yield 1

    with pytest.raises(InvalidCallbackError, match="can't decorate the generator"):
        logs.forward()(generates)


def _connection(unique: str, secret: str) -> str:
    AirflowConnection(conn_id=unique, conn_type="sftp", password=secret, extra=f'{{"api_key": "key-{secret}"}}').save(
        unique
    )
    return unique


def _get_connection(unique: str, secret: str) -> None:
    get_connection(_connection(unique, secret))


def _base_hook(unique: str, secret: str) -> None:
    BaseHook.get_connection(_connection(unique, secret))


def _load_block(unique: str, secret: str) -> None:
    load_block(_connection(unique, secret))


def _from_environment(unique: str, secret: str) -> None:
    from urllib.parse import quote

    os.environ[f"AIRFLOW_CONN_{unique.upper()}"] = f"sftp://u:{quote(secret, safe='')}@h"
    get_connection(unique)
    del os.environ[f"AIRFLOW_CONN_{unique.upper()}"]


def _variable(unique: str, secret: str) -> None:
    Variable.set(f"{unique}_password", secret)
    Variable.get(f"{unique}_password")


def _json_variable(unique: str, secret: str) -> None:
    Variable.set(unique, {"host": "h", "token": secret}, serialize_json=True)
    Variable.get(unique, deserialize_json=True)


def _secret_variable_by_hand(unique: str, secret: str) -> None:
    Secret(value=secret).save(f"{unique}-token")  # type: ignore[arg-type]
    Variable.get(f"{unique}_token")


@pytest.mark.parametrize(
    "load",
    [_get_connection, _base_hook, _load_block, _from_environment, _variable, _json_variable, _secret_variable_by_hand],
)
def test_loaded_secret_is_in_no_log(
    unique: str, load: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    secret = f"pa:ss/wo rd-{unique}"

    @task
    def work() -> None:
        load(unique, secret)
        TASK_LOG.info("message %s", secret)
        get_run_logger().warning("%r", {"args": [secret]})
        get_run_logger().error(f"https://u:{secret.replace(':', '%3A').replace('/', '%2F').replace(' ', '%20')}@h")
        print("printed", secret)
        raise ValueError(f"with {secret}") from KeyError(secret)

    @flow(name=unique, log_prints=True)
    @logs.forward("airflow.task")
    def etl() -> None:
        work(return_state=True)

    etl()
    found = texts(unique, logger=None, least=5)
    everything = "\n".join(found) + capsys.readouterr().err

    assert "message ***" in found
    assert "{'args': ['***']}" in found
    assert "https://u:***@h" in found
    assert "ValueError: with ***" in everything
    assert secret not in everything
    assert "pa%3Ass" not in everything


def test_threads_load_and_log_concurrently(unique: str) -> None:
    @task
    def work(number: int) -> None:
        secret = f"{unique}-secret-{number:02}"
        logs.mask(secret)
        for _ in range(5):
            get_run_logger().warning("it is %s", secret)

    @flow(name=unique, task_runner=ThreadPoolTaskRunner(max_workers=8))  # type: ignore[call-overload]
    def etl() -> None:
        wait(work.map(range(8)))

    etl()

    found = texts(unique, logger="prefect.task_runs", least=40)
    assert found.count("it is ***") == 40
    assert f"{unique}-secret" not in "\n".join(found)


def test_short_secrets_and_common_words_are_shown(unique: str) -> None:
    AirflowConnection(conn_id=unique, conn_type="sftp", password="airflow", extra='{"token": "e"}').save(unique)

    @flow(name=unique)
    def etl() -> None:
        get_connection(unique)
        get_run_logger().warning("the airflow line here")

    etl()

    assert "the airflow line here" in texts(unique, logger="prefect.flow_runs")


def test_run_settings_apply_to_forwarded_loggers(unique: str) -> None:
    """A run's own settings apply to forwarded messages."""
    from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED

    @flow(name=unique)
    @logs.forward("airflow.task")
    def etl() -> None:
        TASK_LOG.info("sent")
        with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):
            TASK_LOG.info("kept back")

    etl()

    assert texts(unique) == ["sent"]
