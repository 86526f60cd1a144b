"""`airflow-compat dags check|test` with a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dag_runs import write
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL, temporary_settings

from airflow_compat import Variable, dags, pools
from airflow_compat.cli._app import run

NAMES = """
    from airflow.sdk import DAG, BaseHook, Variable, task
    from airflow.providers.standard.operators.bash import BashOperator

    known = Variable.get("OWNER_known")

    with DAG("OWNER", schedule=None):
        BashOperator(task_id="small", bash_command="1", pool="OWNER_small", pool_slots=3)
        BashOperator(task_id="none", bash_command="{{ var.value.OWNER_none }}", pool="OWNER_none")
        BashOperator(task_id="hook", bash_command="{{ var.value.get('OWNER_default', 1) }} {{ var.value.OWNER_known }}")

        @task
        def read():
            BaseHook.get_connection("OWNER_conn")
            BaseHook.get_connection("OWNER_here")

        read()
"""


def test_check_asks_the_server(tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "etl", NAMES.replace("OWNER", unique))
    Variable.set(f"{unique}_known", "1")
    pools.apply({f"{unique}_small": {"slots": 2}})
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique}_here".upper(), "postgres://")
    found = {(each.kind, each.line, each.level): each for each in dags.check(path)}
    assert set(found) == {
        ("pool", 8, "error"),
        ("pool", 9, "error"),
        ("variable", 9, "error"),
        ("variable", 10, "warning"),
        ("connection", 14, "error"),
        ("connection", 15, "warning"),
        ("result storage", 0, "warning"),
    }
    assert found["pool", 8, "error"].message == f"pool '{unique}_small': the pool has 2 slots, but 3 are requested"
    assert found["variable", 10, "warning"].message.endswith("but the code has a default")
    assert all(each.next for each in found.values())


def test_check_refuses_a_local_storage_for_several_machines(
    tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "etl", f"from airflow.sdk import DAG\nwith DAG('{unique}', schedule=None): ...\n")
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
        client.create_deployment(client.create_flow_from_name(unique), unique, work_pool_name=unique)
        for name in ("one", "two"):
            client.send_worker_heartbeat(unique, name, heartbeat_interval_seconds=600)

    (problem,) = dags.check(path)
    assert (problem.kind, problem.level) == ("result storage", "error")
    assert f"work pool '{unique}' has 2 workers online" in problem.message
    monkeypatch.setenv("AIRFLOW_COMPAT_SHARED_STORAGE", "1")
    assert dags.check(path) == ()


def test_check_reports_a_server_that_is_down(tmp_path: Path, unique: str) -> None:
    path = write(tmp_path, "etl", NAMES.replace("OWNER", unique).replace("known = ", "# "))
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        (problem,) = dags.check(path)
    assert (problem.kind, problem.level) == ("server", "error")
    assert "http://127.0.0.1:9/api can't be reached" in problem.message
    assert dags.check(path, server=False) == ()


HOSTED = """
    from airflow.providers.acme.operators.acme import AcmeOperator
    from airflow.sdk import DAG

    with DAG("OWNER", schedule=None):
        AcmeOperator(task_id="publish")
"""


def test_commands_take_the_interpreter_of_a_host(
    tmp_path: Path, unique: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = str(write(tmp_path, "etl", HOSTED.replace("OWNER", unique)))
    host = ["--host", "/no/airflow"]
    cause = "The host's interpreter /no/airflow can't be started (No such file or directory)"
    assert run(["dags", "check", path, "--offline", *host]) == 1
    assert f"host: {cause}" in capfd.readouterr().out
    assert run(["dags", "test", path, *host]) == 1
    assert cause in caplog.text
    assert (run(["dags", "list", path, *host]), run(["dags", "show", path, *host])) == (0, 0)


RUN = """
    from airflow.sdk import DAG, Param, task

    with DAG("OWNER", schedule=None, params={"number": Param(1, type="integer")}):
        @task
        def numbers(params=None):
            print("noise")
            return [params["number"], 2]

        @task(retries=1, retry_delay=0)
        def check(number, ti=None):
            if number == 2 and ti.try_number == 1:
                raise ValueError("again")
            if number == 3:
                raise ValueError("wrong")

        @task.short_circuit
        def stop():
            return False

        @task
        def skipped(): ...

        check.expand(number=numbers())
        stop() >> skipped()
"""


def test_test_shows_each_task_instance_and_the_result(
    tmp_path: Path, unique: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "etl", RUN.replace("OWNER", unique))
    assert run(["dags", "test", str(path), "--logical-date", "2026-11-01"]) == 0
    output = capfd.readouterr()
    lines = output.err.splitlines()
    for line in (
        "numbers: success",
        "check[0]: success",
        "check[1]: up_for_retry",
        "check[1]: success (try 2)",
        "stop: success",
        "skipped: skipped",
    ):
        assert lines.count(line) == 1
    shown = output.out.splitlines()
    assert shown[0].startswith(f"DAG {unique}, run manual__2026-11-01T00:00:00+00:00")
    assert [line.split()[0] for line in shown[1:]] == ["numbers", "stop", "check[0]", "check[1]", "skipped"]


def test_test_of_a_run_that_fails(tmp_path: Path, unique: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "etl", RUN.replace("OWNER", unique))
    assert run(["dags", "test", f"{path}:{unique}", "--conf", '{"number": 3}', "--json"]) == 1
    found = json.loads(capfd.readouterr().out)
    assert (found["dag_id"], found["state"]) == (unique, "failed")
    states = {
        (each["task_id"], each["map_index"]): (each["state"], each["try_number"]) for each in found["task_instances"]
    }
    assert states["check", 0] == ("failed", 2)
    assert states["check", 1] == ("success", 2)


@pytest.mark.parametrize("conf", ['{"number": "many"}', '{"number": ""}'])
def test_conf_that_a_param_refuses(tmp_path: Path, unique: str, conf: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "etl", RUN.replace("OWNER", unique))
    assert run(["dags", "test", str(path), "--conf", conf]) == 2
    output = capfd.readouterr()
    assert "can't run: Invalid input for param number: " in output.err
    assert (output.err.count("\n"), output.out) == (1, "")
