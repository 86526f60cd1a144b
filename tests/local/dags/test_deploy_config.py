"""`airflow-compat dags deploy-config`: the module and the entries of prefect.yaml for a folder of DAG files."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from dag_folders import write
from prefect.flows import load_flow_from_entrypoint
from prefect_docker.worker import DockerWorker
from prefect_kubernetes.worker import KubernetesWorker

from airflow_compat.artifacts import summary_hook
from airflow_compat.automations._files import read_alerts
from airflow_compat.cli._app import run

_SALES = """
from datetime import datetime
from zoneinfo import ZoneInfo
from airflow.sdk import DAG, Asset, Param, task
from shop import HOUR

with DAG(
    "team.sales-eu", schedule=f"0 {HOUR} * * *", start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")),
    tags={"b", "a"}, description="Sales.",
    params={"region": Param("eu", enum=["eu", "us"])}, max_active_runs=1, is_paused_upon_creation=True,
):
    @task(queue="big")
    def load(): ...

    @task
    def report(): ...

    load() >> report()

for number in range(2):
    with DAG(f"made_{number}", schedule=[Asset("s3://shop/orders")], default_args={"queue": f"gpu {number}"}):
        report()
        report()
"""
_BROKEN = """
import missing_package
from airflow.sdk import DAG

with DAG("broken", schedule="@daily"):
    pass
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with DAG files, in the working directory."""
    files = {"dags/sales.py": _SALES, "dags/shop.py": "HOUR = 2\n", "dags/broken.py": _BROKEN}
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _entries() -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in yaml.safe_load(Path("prefect.yaml").read_text())["deployments"]}


def test_entries_come_from_loaded_dags(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dags", "deploy-config", "dags", "--work-pool", "prod", "--json"]) == 1

    found = _entries()
    assert found["team.sales-eu"] == {
        "name": "team.sales-eu",
        "entrypoint": "dag_flows.py:team__dot__sales__dash__eu",
        "description": "Sales.",
        "tags": ["a", "b"],
        "parameters": {"conf": {}},
        "schedules": [{"cron": "0 2 * * *", "timezone": "Europe/Berlin", "active": False}],
        "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
        "work_pool": {"name": "prod"},
    }
    # All tasks of the DAG have this queue.
    assert found["made_1"]["work_pool"] == {"name": "prod", "work_queue_name": "gpu 1"}
    assert found["made_1"]["triggers"][0]["match"] == {"prefect.resource.id": "airflow-compat.asset.s3://shop/orders"}
    # Its file can't be loaded, so its source is read.
    assert found["broken"]["schedules"][0]["cron"] == "0 0 * * *"
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(each["path"], each["level"]) for each in problems if "missing_package" in each["message"]] == [
        ("dags/broken.py", "error")
    ]
    assert [each["detail"] for each in problems if each["message"].startswith("`queue` of tasks")] == ["load"]


def test_the_module_loads_only_the_file_that_is_asked_for(folder: Path) -> None:
    run(["dags", "deploy-config", "dags"])

    for name, dag_id in (("team__dot__sales__dash__eu", "team.sales-eu"), ("made_1", "made_1")):
        assert load_flow_from_entrypoint(f"dag_flows.py:{name}").name == dag_id
    sys.modules.pop("dag_flows", None)
    with pytest.raises(Exception, match="missing_package"):
        load_flow_from_entrypoint("dag_flows.py:broken")


def test_a_second_call_changes_nothing_and_generate_leaves_the_entries(folder: Path) -> None:
    run(["dags", "deploy-config", "dags", "--work-pool", "prod"])
    files = ("prefect.yaml", "dag_flows.py")
    before = {name: (Path(name).read_text(), Path(name).stat().st_ino) for name in files}

    run(["dags", "deploy-config", "dags", "--work-pool", "prod"])
    run(["deployments", "generate", "dags/broken.py"])

    assert {name: (Path(name).read_text(), Path(name).stat().st_ino) for name in files} == before


def test_flows_of_other_files_stay_in_the_module(folder: Path) -> None:
    write(folder, {"dags/stock.py": 'from airflow.sdk import DAG\ndag = DAG("stock", schedule=None)\n'})
    for file in ("dags/stock.py", "dags/sales.py"):
        assert run(["dags", "deploy-config", file, "--work-pool", "prod"]) == 0
    assert load_flow_from_entrypoint("dag_flows.py:stock").name == "stock"

    assert run(["dags", "deploy-config", "dags/sales.py", "--work-pool", "prod"]) == 0
    assert load_flow_from_entrypoint("dag_flows.py:made_0").name == "made_0"

    Path("dags/stock.py").unlink()
    assert run(["dags", "deploy-config", "dags/sales.py", "--work-pool", "prod"]) == 0
    assert "stock" not in Path("dag_flows.py").read_text()


def test_equal_attribute_names_are_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("a.b", "a__dot__b")
    source = "\n".join(["from airflow.sdk import DAG", *(f"with DAG('{name}', schedule=None): ..." for name in names)])
    Path("dags/same.py").write_text(source)

    assert run(["dags", "deploy-config", "dags/same.py"]) == 1

    assert list(_entries()) == ["a.b"]
    assert "has the same name" in capsys.readouterr().out


def test_nothing_is_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("dag_flows.py").write_text("mine = 1\n")
    assert run(["dags", "deploy-config", "dags"]) == 2
    assert Path("dag_flows.py").read_text() == "mine = 1\n"
    assert "Pass another name to --module" in capsys.readouterr().err
    assert run(["dags", "deploy-config", "dags/sales.py", "--module", "others.py", "--dry-run"]) == 0
    assert not Path("prefect.yaml").exists()
    assert not Path("others.py").exists()


def test_the_module_finds_files_whose_names_have_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {'dags/the "new" one.py': "from airflow.sdk import DAG\ndag = DAG('new', schedule=None)\n"})
    monkeypatch.chdir(tmp_path)
    run(["dags", "deploy-config", "dags"])
    assert load_flow_from_entrypoint("dag_flows.py:new").name == "new"


def test_the_module_keeps_the_isolation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"dags/new.py": "from airflow.sdk import DAG\ndag = DAG('new', schedule=None)\n"})
    monkeypatch.chdir(tmp_path)
    run(["dags", "deploy-config", "dags", "--isolation", "process"])
    assert load_flow_from_entrypoint("dag_flows.py:new").isolation == "process"
    run(["dags", "deploy-config", "dags"])
    assert load_flow_from_entrypoint("dag_flows.py:new").isolation == "thread"


_PODS = """
from airflow.sdk import DAG, task

def pod(**container):
    container = {"name": "base", **container}
    return {"pod_override": {"spec": {"containers": [container]}}}

with DAG("pods", schedule=None):
    @task(executor_config=pod(
        image="registry.example.com/etl:7",
        env=[{"name": "STAGE", "value": "prod"}],
        resources={"requests": {"memory": "512Mi", "cpu": "1500m"}},
    ))
    def small(): ...

    @task(executor_config=pod(image="registry.example.com/etl:7", resources={"requests": {"memory": "2G", "cpu": 1}}))
    def large(): ...

    @task(executor="KubernetesExecutor", resources={"cpus": 1})
    def other(): ...

with DAG("images", schedule=None):
    for number in (1, 2):
        small.override(task_id=f"t{number}", executor_config=pod(image=f"etl:{number}", args=["x"]))()

with DAG("wrong", schedule=None):
    small.override(executor_config={"pod_overide": {}})()
"""


class NoServer:
    """The client of a job whose variables need nothing of the server."""


def test_pods_of_tasks_become_job_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pods = _PODS.replace('with DAG("images"', '    small() >> large() >> other()\n\nwith DAG("images"')
    write(tmp_path, {"dags/pods.py": pods})
    monkeypatch.chdir(tmp_path)
    assert run(["dags", "deploy-config", "dags", "--work-pool", "k8s", "--json"]) == 0

    found = _entries()
    variables = found["pods"]["work_pool"]["job_variables"]
    assert variables == {
        "image": "registry.example.com/etl:7",
        "env": {"STAGE": "prod"},
        "cpu_request": "1500m",
        "memory_request": "2G",
    }
    assert found["images"]["work_pool"] == {"name": "k8s"}
    assert found["wrong"]["work_pool"] == {"name": "k8s"}
    problems = json.loads(capsys.readouterr().out)["problems"]
    told = {(each["name"], each["detail"]): each["message"] for each in problems}
    assert "cpu_request, memory_request; create the pool with" in told["pods", "small, large"]
    assert {"`executor`", "`resources`"} <= {
        each["message"].split(" of tasks")[0] for each in problems if each["detail"] == "other"
    }
    assert "job variable image is left out, because tasks ask for different values" in [
        each["message"] for each in problems if each["name"] == "images"
    ]
    assert "executors don't read 'pod_overide'" in told["wrong", "small"]

    # A person gives the DAG another image and more packages.
    text = Path("prefect.yaml").read_text().replace("STAGE: prod", "EXTRA_PIP_PACKAGES: pandas==2.3.3")
    Path("prefect.yaml").write_text(text)
    assert run(["dags", "deploy-config", "dags", "--work-pool", "k8s"]) == 0
    assert Path("prefect.yaml").read_text() == text
    for worker in (KubernetesWorker, DockerWorker):
        template = worker.get_default_base_job_template()
        given = _entries()["pods"]["work_pool"]["job_variables"]
        jsonschema.validate(given, template["variables"])
        job = asyncio.run(worker.job_configuration.from_template_and_values(template, given, client=NoServer()))
        assert job.env["EXTRA_PIP_PACKAGES"] == "pandas==2.3.3"
        assert "registry.example.com/etl:7" in job.model_dump_json()


_DUE = """
from datetime import timedelta
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference

dag = DAG("due", schedule=None, deadline=DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=timedelta(hours=1), callback=AsyncCallback("pager.page"),
))
"""


def test_alerts_of_deadlines_are_a_module(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dags", "deploy-config", "dags/sales.py"]) == 0
    assert not Path("dag_alerts.py").exists()
    write(folder, {"dags/due.py": _DUE, "more/also.py": _DUE.replace('"due"', '"also"')})
    for path in ("dags/due.py", "more", "dags/sales.py"):
        capsys.readouterr()
        assert run(["dags", "deploy-config", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["more_modules"] == ["dag_alerts.py"]

    specs = read_alerts(["dag_alerts.py"], owner="shop")
    assert [spec.key for spec in specs] == ["on_deadline:due 1", "on_deadline:also 1"]

    text = Path("dag_alerts.py").read_text()
    write(folder, {"more/also.py": "from airflow.sdk import DAG\n1 / 0\n"})
    run(["dags", "deploy-config", "more"])
    assert Path("dag_alerts.py").read_text() == text

    Path("dag_alerts.py").write_text("ALERTS = []")
    assert run(["dags", "deploy-config", "dags/due.py"]) == 2
    assert "dag_alerts.py exists, and this command did not write it" in capsys.readouterr().err


def test_flows_for_operators_are_deployed(folder: Path) -> None:
    for _ in range(2):
        assert run(["dags", "deploy-config", "dags/sales.py", "--work-pool", "prod", "--operations"]) == 0

    found = {each["entrypoint"]: each for each in _entries().values() if "operations" in each["entrypoint"]}
    flows = {load_flow_from_entrypoint(entrypoint).name: each for entrypoint, each in found.items()}
    assert {name: each["name"] for name, each in flows.items()} == {
        "run-callback": "default",
        "change-dag-run": "change-dag-run",
        "handle-lost-dag-runs": "handle-lost-dag-runs",
    }
    lost = flows["handle-lost-dag-runs"]
    assert (lost["parameters"], lost["schedules"][0]["cron"]) == ({"older_than": 30}, "*/5 * * * *")
    assert {each["work_pool"]["name"] for each in flows.values()} == {"prod"}


def test_runs_end_with_a_summary_if_asked(folder: Path) -> None:
    for options in (["--summary"], []):
        assert run(["dags", "deploy-config", "dags/sales.py", *options]) == 0
        sys.modules.pop("dag_flows", None)
        flow = load_flow_from_entrypoint("dag_flows.py:made_1")
        hooks = [flow.on_completion_hooks, flow.on_failure_hooks, flow.on_crashed_hooks, flow.on_cancellation_hooks]
        assert hooks == [[summary_hook] if options else []] * 4
