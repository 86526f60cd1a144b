"""`airflow-compat deployments` as its user has it, and what `prefect deploy` makes of the file on a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_kubernetes.worker import KubernetesWorker

from airflow_compat.cli._app import run

Call = Callable[..., Any]

DAGS = '''
"""Sales, every night."""

import pendulum
from airflow.sdk import DAG, Asset, Param, Variable

START = pendulum.datetime(2024, 1, 1, tz="Europe/Berlin")

with DAG(
    "NAME-sales",
    schedule="0 2 * * *",
    start_date=START,
    doc_md=__doc__,
    params={"region": Param("eu", enum=["eu", "us"]), "day": "on"},
    tags=["sales"],
    max_active_runs=1,
    dagrun_timeout=None,
):
    ...

DAG("NAME-report", schedule=[Asset("s3://shop/NAME")], start_date=START)
DAG("NAME-paused", schedule="@hourly", start_date=START, is_paused_upon_creation=True)
DAG("NAME-unknown", schedule=Variable.get("schedule"))
'''
FLOWS = """
from prefect import flow

@flow
def NAME_sales(region: str = "us", day: str = ""): ...
@flow
def NAME_report(): ...
@flow
def NAME_paused(): ...
@flow
def NAME_unknown(): ...
"""


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unique: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in a folder with the DAGs and their flows; what it printed. The exit code is checked."""
    monkeypatch.chdir(tmp_path)
    for path, text in {"dags/shop.py": DAGS, "flows/shop.py": FLOWS}.items():
        Path(path).parent.mkdir()
        Path(path).write_text(text.replace("NAME", unique))

    def command(*arguments: str, code: int = 0) -> Any:
        capfd.readouterr()
        ended = run(["deployments", *arguments])
        captured = capfd.readouterr()
        assert ended == code, captured
        return json.loads(captured.out) if "--json" in arguments else captured.out + captured.err

    return command


def test_from_the_dry_run_to_the_second_time(call: Call, unique: str) -> None:
    planned = call("generate", "dags", "--work-pool", unique, "--dry-run", "--diff", code=1)
    assert "4 would create. Nothing was written." in planned
    assert f"+  - name: {unique}-sales" in planned
    assert not Path("prefect.yaml").exists()
    written = call("generate", "dags", "--work-pool", unique, code=1)
    assert "4 created. Written to prefect.yaml." in written
    line = next(number for number, each in enumerate(DAGS.splitlines(), 1) if "NAME-unknown" in each)
    why = "the DAG's schedule reads an Airflow Variable; add `schedules` yourself, and it will be kept"
    assert f"error: `schedules` isn't written: {why}\n    dags/shop.py:{line}: {unique}-unknown\n" in written
    line = DAGS.splitlines().index("with DAG(") + 1
    assert "note: not for prefect.yaml: dagrun_timeout" in written
    assert f"\n    dags/shop.py:{line}: {unique}-sales\n" in written
    before = Path("prefect.yaml").read_bytes()
    assert "4 unchanged. Nothing was written." in call("generate", "dags", "--work-pool", unique, code=1)
    assert Path("prefect.yaml").read_bytes() == before
    assert call("check", "--offline") == (
        "0 problems in prefect.yaml.\nWork pools were not compared: no server was asked.\n"
    )
    told = call("check", code=1)
    assert (
        told.count(f"work_pool: the server has no work pool named '{unique}'; create the work pool before you deploy")
        == 4
    )
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
        assert call("check") == "0 problems in prefect.yaml.\n"
        client.delete_work_pool(unique)


POOLED = """
x-job: &job {namespace: etl, memory: 1Gi}
deployments:
  - name: sales
    entrypoint: flows/shop.py:NAME_sales
    work_pool:
      name: NAME-pods
      job_variables:
        image: "{{ $IMAGE }}"
        memory: 1Gi
        finished_job_ttl: soon
        env.STAGE: prod
        evn.STAGE: prod
        env: {TOKEN: "{{ prefect.blocks.secret.token }}"}
  - {name: merged, entrypoint: "flows/shop.py:NAME_report", work_pool: {name: NAME-pods, job_variables: {<<: *job}}}
  - {name: empty, entrypoint: "flows/shop.py:NAME_report", work_pool: {name: NAME-empty, job_variables: {memory: 1}}}
  - {name: later, entrypoint: "flows/shop.py:NAME_report", work_pool: {name: "{{ $POOL }}", job_variables: {x: 1}}}
  - {name: misspelt, entrypoint: "flows/shop.py:NAME_report", work_pool: {name: NAME-pod}}
"""


def test_job_variables_are_compared_with_the_pools(call: Call, unique: str) -> None:
    with get_client(sync_client=True) as client:
        template = KubernetesWorker.get_default_base_job_template()
        pods = WorkPoolCreate(name=f"{unique}-pods", type="kubernetes", base_job_template=template)
        client.create_work_pool(pods)
        client.create_work_pool(WorkPoolCreate(name=f"{unique}-empty", type="kubernetes"))
        Path("prefect.yaml").write_text(POOLED.replace("NAME", unique))
        assert call("check", "--json", "--offline") == []
        found = call("check", "--json", code=1)
        for name in ("pods", "empty"):
            client.delete_work_pool(f"{unique}-{name}")
    messages = [(each["line"], each["name"], each["message"].partition(" (pool ")[0]) for each in found]
    where = "work_pool.job_variables: job variable"
    none = "the pool's job template doesn't have it"
    assert messages == [
        (10, "sales", f"{where} memory: {none}; did you mean memory_limit or memory_request?"),
        (
            11,
            "sales",
            f"{where} finished_job_ttl: its value doesn't fit the schema of the pool's job template; correct it",
        ),
        (13, "sales", f"{where} evn: {none}; did you mean env?"),
        (2, "merged", f"{where} memory: {none}; did you mean memory_limit or memory_request?"),
        (18, "misspelt", f"work_pool: the server has no work pool named '{unique}-pod'; did you mean '{unique}-pods'?"),
    ]
    assert "(pool 't" in found[0]["message"]
    assert "kubernetes)" in found[0]["message"]


def test_a_server_that_does_not_answer_ends_the_check(call: Call, unique: str) -> None:
    Path("prefect.yaml").write_text(POOLED.replace("NAME", unique))
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert "can't be reached" in call("check", code=2)
        assert "0 problems" in call("check", "--offline")
    with temporary_settings({PREFECT_API_URL: None}):
        assert "no server was asked" in call("check")


def test_one_line_per_cause_and_values_from_other_files(call: Call) -> None:
    Path("dags/shop.py").unlink()
    config = 'from airflow.models import Variable\nNIGHTLY = "0 3 * * *"\nSECRET = Variable.get("x")\n'
    Path("dags/config.py").write_text(config)
    for name in ("a", "b"):
        source = f"from airflow.sdk import DAG\nfrom config import *\nDAG('{name}', schedule=NIGHTLY, tags=[SECRET])\n"
        Path(f"dags/{name}.py").write_text(source)
    printed = call("generate", "dags", "--work-pool", "prod", code=1)
    assert (
        "error: `tags` isn't written: one of the DAG's tags reads an Airflow Variable (dags/config.py:3); "
        "add `tags` yourself, and it will be kept\n    dags/a.py:3: a\n    dags/b.py:3: b\n"
    ) in printed
    assert "note: Airflow loads this file, but its text shows no DAG" not in printed
    assert Path("prefect.yaml").read_text().count("cron: 0 3 * * *") == 2


def test_json(call: Call, unique: str) -> None:
    found = call("generate", "dags", "--json", "--dry-run", "--diff", code=1)
    assert (found["path"], found["written"]) == ("prefect.yaml", False)
    sales = found["deployments"][0]
    assert sales["name"] == f"{unique}-sales"
    assert sales["entrypoint"] == f"flows/shop.py:{unique}_sales"
    assert sales["params_schema"] == {"region": {"enum": ["eu", "us"]}}
    assert {problem["level"] for problem in found["problems"]} == {"error", "warning", "note"}
    assert found["diff"].startswith("--- prefect.yaml")
    call("generate", "dags", "--json", code=1)
    Path("prefect.yaml").write_text("nmae: x\n")
    [problem] = call("check", "--json", code=1)
    assert problem == {
        "path": "prefect.yaml",
        "line": 1,
        "name": "",
        "level": "error",
        "message": "nmae is not a Prefect key; did you mean 'name'?",
        "detail": "",
    }


def test_what_is_wrong_with_the_use_ends_with_2(call: Call) -> None:
    assert "no such file or folder" in call("generate", "nowhere", code=2)
    assert "unknown placeholder {nothing}" in call("generate", "dags", "--entrypoints", "{nothing}.py:f", code=2)
    assert "no such file" in call("check", code=2)
    Path("prefect.yaml").write_text("a: [")
    assert "not YAML" in call("generate", "dags", code=2)
    assert "not YAML" in call("check", code=2)


def test_nothing_of_a_dag_file_is_run(call: Call) -> None:
    Path("dags/evil.py").write_text(
        "open('ran', 'w')\nfrom airflow.sdk import DAG\nDAG('evil', schedule=open('ran', 'w'))\n"
    )
    call("generate", "dags", code=1)
    assert not Path("ran").exists()
    assert not any(name.partition(".")[0] == "airflow" for name in sys.modules)


def _prefect(*arguments: str) -> str:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), timeout=200, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_prefect_deploys_the_file(call: Call, unique: str) -> None:
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
        call("generate", "dags", "--work-pool", unique, code=1)
        assert _prefect("deploy", "--all").count("successfully created") == 4

        def held(name: str) -> Any:
            return client.read_deployment_by_name(f"{unique}-{name}/{unique}-{name}")

        sales = held("sales")
        assert sales.description == "Sales, every night."
        assert (sales.parameters, sales.tags) == ({"region": "eu", "day": "on"}, ["sales"])
        assert sales.work_pool_name == unique
        assert sales.global_concurrency_limit.limit == 1
        assert sales.concurrency_options.collision_strategy == "ENQUEUE"
        [schedule] = sales.schedules
        assert schedule.active
        assert schedule.schedule == CronSchedule(cron="0 2 * * *", timezone="Europe/Berlin")
        assert [each.active for each in held("paused").schedules] == [False]
        assert held("unknown").schedules == []
        report = held("report")
        assert report.schedules == []
        automations = client.request("GET", f"/automations/related-to/prefect.deployment.{report.id}").json()
        assert [each["actions"][0]["type"] for each in automations] == ["run-deployment"]

        # What the DAG no longer says is gone after the next deploy, but for schedules, which Prefect keeps.
        source = Path("dags/shop.py").read_text().replace('schedule="0 2 * * *"', "schedule=None")
        Path("dags/shop.py").write_text(source.replace("max_active_runs=1,", ""))
        told = call("generate", "dags", "--work-pool", unique, code=1)
        assert "the DAG no longer has a schedule" in told
        _prefect("deploy", "--all")
        assert held("sales").global_concurrency_limit is None
        _prefect("deployment", "schedule", "clear", "-y", f"{unique}-sales/{unique}-sales")
        assert held("sales").schedules == []
