"""Work pools on a real server: created with Prefect's template, kept, and changed on request."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prefect import flow
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.variables import Variable
from prefect.workers.base import BaseWorker
from prefect_kubernetes.worker import KubernetesWorker, KubernetesWorkerJobConfiguration

from airflow_compat import work_pools
from airflow_compat._prefect.client import kept_client
from airflow_compat.cli._app import run
from airflow_compat.errors import InvalidWorkPoolError, MissingPackageError, ServerUnreachableError
from airflow_compat.work_pools import WorkPoolItem, WorkPoolSpec
from airflow_compat.work_pools._apply import apply_items
from airflow_compat.work_pools._secrets import secret_block

Call = Callable[..., Any]
POD = {
    "image": "registry.example.com/etl:7",
    "env_vars": {"STAGE": "prod", "DB_PASSWORD": "open-sesame"},
    "node_selector": {"disk": "ssd"},
    "priority_class_name": "high",
}


@pytest.fixture
def name(unique: str) -> Iterator[str]:
    """A name for the test's pool. Deletes the pool at the end."""
    yield unique
    with get_client(sync_client=True) as client:
        for pool in client.request("POST", "/work_pools/filter", json={"limit": 200}).json():
            if pool["name"].startswith(unique):
                client.request("DELETE", "/work_pools/{name}", path_params={"name": pool["name"]})


def held(name: str) -> dict[str, Any]:
    """Return the server's pool."""
    with get_client(sync_client=True) as client:
        found: dict[str, Any] = client.request("GET", "/work_pools/{name}", path_params={"name": name}).json()
    return found


def actions(items: tuple[WorkPoolItem, ...]) -> list[str]:
    return [item.action for item in items]


def applied(*pools: WorkPoolSpec, replace: bool = False) -> list[str]:
    outcomes = work_pools.apply(pools, replace=replace)
    assert all(outcome.done or outcome.item.action == "differs" for outcome in outcomes)
    return [outcome.item.action for outcome in outcomes]


@pytest.mark.parametrize("type_", ["process", "docker", "kubernetes"])
def test_pool_has_the_worker_template(type_: Any, name: str) -> None:
    pool = WorkPoolSpec(name, type_, concurrency_limit=3)
    assert actions(work_pools.plan([pool])) == ["create"]
    with pytest.raises(httpx.HTTPStatusError):
        held(name)
    assert applied(pool) == ["create"]
    assert held(name)["type"] == type_
    assert held(name)["concurrency_limit"] == 3
    worker = BaseWorker.get_worker_class_from_type(type_)
    assert worker
    assert held(name)["base_job_template"] == worker.get_default_base_job_template()
    before = held(name)
    assert applied(pool) == ["unchanged"]
    assert held(name) == before


def test_spec_additions_reach_the_job(name: str) -> None:
    pool = work_pools.recommend(name, kubernetes_pod_operator=POD)
    assert applied(pool) == ["create"]
    assert applied(pool) == ["unchanged"]
    assert "open-sesame" not in json.dumps(held(name))
    # The server checks a deployment's job variables by the pool's template.
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow_from_name(name)
        client.create_deployment(flow_id, name, work_pool_name=name, job_variables=dict(pool.job_variables))
        with pytest.raises(httpx.HTTPStatusError):
            client.create_deployment(flow_id, "wrong", work_pool_name=name, job_variables={"node_selector": "ssd"})
    Secret(value="open-sesame").save(secret_block(name, "DB_PASSWORD"), overwrite=True)
    job = asyncio.run(
        KubernetesWorkerJobConfiguration.from_template_and_values(
            held(name)["base_job_template"], dict(pool.job_variables)
        )
    )
    spec = job.job_manifest["spec"]["template"]["spec"]
    assert spec["nodeSelector"] == {"disk": "ssd"}
    assert spec["priorityClassName"] == "high"
    assert job.env == {"STAGE": "prod", "DB_PASSWORD": "open-sesame"}


SECRET_BESIDE = {"name": "proxy", "image": "proxy:1", "env": [{"name": "DB_PASSWORD", "value": "open-sesame"}]}
MAIN = {"name": "base", "image": "etl:7"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"kubernetes_pod_operator": {"image": "etl:7", "init_containers": [SECRET_BESIDE]}},
        {"kubernetes_pod_operator": {"full_pod_spec": {"spec": {"containers": [MAIN, SECRET_BESIDE]}}}},
        {"kubernetes_pod_operator": {"pod_template_dict": {"spec": {"initContainers": [SECRET_BESIDE]}}}},
        {"executor_config": {"pod_override": {"spec": {"containers": [MAIN, SECRET_BESIDE]}}}},
        {"executor_config": {"pod_override": {"spec": {"containers": [MAIN], "initContainers": [SECRET_BESIDE]}}}},
    ],
    ids=["init_containers", "full_pod_spec", "pod_template_dict", "sidecar of an override", "init of an override"],
)
def test_secret_of_another_container_is_resolved_at_each_run(arguments: dict[str, Any], name: str) -> None:
    pool = work_pools.recommend(name, **arguments)
    assert applied(pool) == ["create"]
    assert applied(pool) == ["unchanged"]
    assert "open-sesame" not in json.dumps(held(name)) + json.dumps(pool.as_dict())
    Secret(value="open-sesame").save(secret_block(name, "DB_PASSWORD", "proxy"), overwrite=True)
    job = asyncio.run(
        KubernetesWorkerJobConfiguration.from_template_and_values(
            held(name)["base_job_template"], dict(pool.job_variables)
        )
    )
    spec = job.job_manifest["spec"]["template"]["spec"]
    [beside] = [*spec["containers"][1:], *spec.get("initContainers", ())]
    assert beside["env"] == [{"name": "DB_PASSWORD", "value": "open-sesame"}]


REFERENCE = "{{ prefect.blocks.secret.db-password }}"


@pytest.mark.parametrize(
    "annotations",
    [
        {"a": "{{ image }}"},
        {"a": "{ {a}, {{}}, {{ a b }} }"},
        {"a": "{{ nowhere }}"},
        {"a": "{{$HOME}} and {{ image }}"},
        {"{{ nowhere }}": "a"},
        {REFERENCE: "a"},
    ],
)
def test_plan_refuses_templates_like_the_server(annotations: dict[str, str], name: str) -> None:
    pool = WorkPoolSpec(name, "kubernetes", job_manifest={"metadata": {"annotations": annotations}})
    [item] = work_pools.plan([pool])
    template = KubernetesWorker.get_default_base_job_template()
    template["job_configuration"]["job_manifest"]["metadata"]["annotations"] = annotations
    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=f"{name}-raw", type="kubernetes", base_job_template=template))
        except httpx.HTTPStatusError:
            assert "the server refuses" in item.notes[0]
            with pytest.raises(InvalidWorkPoolError, match="the server refuses"):
                work_pools.apply([pool])
        else:
            assert applied(pool) == ["create"]


def test_references_anywhere_in_a_manifest_are_resolved_at_each_run(name: str) -> None:
    Secret(value="open-sesame").save("db-password", overwrite=True)
    Variable.set(name, "warehouse", overwrite=True)
    annotations = {"url": f"postgres://u:{REFERENCE}@h/{{{{prefect.variables.{name}}}}}", "alone": REFERENCE}
    pool = WorkPoolSpec(name, "kubernetes", job_manifest={"metadata": {"annotations": annotations}})
    assert applied(pool) == ["create"]
    assert applied(pool) == ["unchanged"]
    template = held(name)["base_job_template"]
    job = asyncio.run(KubernetesWorkerJobConfiguration.from_template_and_values(template, {}))
    resolved = {"url": "postgres://u:open-sesame@h/warehouse", "alone": "open-sesame"}
    assert job.job_manifest["metadata"]["annotations"] == resolved


def test_different_pool_is_updated_only_with_replace(name: str) -> None:
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=name, type="kubernetes"))
    assert held(name)["base_job_template"] in ({}, None) or not held(name)["base_job_template"].get("job_configuration")
    pool = work_pools.recommend(name, kubernetes_pod_operator=POD, concurrency_limit=2)
    before = held(name)
    assert applied(pool) == ["differs"]
    assert held(name) == before
    [outcome] = work_pools.apply([pool])
    assert not outcome.done
    assert "its job template, which is empty" in outcome.item.notes[0]
    assert applied(pool, replace=True) == ["update"]
    assert held(name)["concurrency_limit"] == 2
    assert held(name)["id"] == before["id"]
    assert applied(pool) == ["unchanged"]


def test_user_additions_are_kept(name: str) -> None:
    own = KubernetesWorker.get_default_base_job_template()
    own["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["hostNetwork"] = True
    with get_client(sync_client=True) as client:
        client.create_work_pool(
            WorkPoolCreate(name=name, type="kubernetes", base_job_template=own, concurrency_limit=9)
        )
    [item] = work_pools.plan([WorkPoolSpec(name, "kubernetes")])
    assert item.action == "unchanged"
    assert item.notes == ("keeps its concurrency limit of 9",)
    assert applied(work_pools.recommend(name, kubernetes_pod_operator=POD), replace=True) == ["update"]
    spec = held(name)["base_job_template"]["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    assert spec["hostNetwork"] is True
    assert spec["nodeSelector"] == "{{ node_selector }}"
    assert held(name)["concurrency_limit"] == 9


def test_other_type_is_refused_and_nothing_is_written(name: str) -> None:
    applied(WorkPoolSpec(name, "process"))
    other = WorkPoolSpec(f"{name}-other", "process")
    with pytest.raises(InvalidWorkPoolError, match=f"process pool of this name.*{name}"):
        work_pools.apply([other, WorkPoolSpec(name, "docker")], replace=True)
    assert actions(work_pools.plan([other])) == ["create"]


def test_invalid_job_variables_are_refused(name: str) -> None:
    pool = WorkPoolSpec(name, "docker", {"image": ["a", "b"], "gpu": 1})
    [item] = work_pools.plan([pool])
    assert item.action == "refused"
    assert [note.partition(":")[0] for note in item.notes] == ["job variable gpu", "job variable image"]


def test_concurrent_applies_create_one_pool(name: str) -> None:
    pool = WorkPoolSpec(name, "process", concurrency_limit=1)
    items = work_pools.plan([pool])
    with ThreadPoolExecutor(4) as threads:
        outcomes = [outcome for [outcome] in threads.map(apply_items, [items] * 4)]
    assert [outcome.error for outcome in outcomes] == [""] * 4
    assert applied(pool) == ["unchanged"]


def test_different_pool_of_another_process_is_reported(name: str) -> None:
    items = work_pools.plan([WorkPoolSpec(name, "process", concurrency_limit=1)])
    applied(WorkPoolSpec(name, "process", concurrency_limit=2))
    [outcome] = apply_items(items)
    assert not outcome.done
    assert "created an object of the same name in the meantime" in outcome.error


def test_deleted_pool_is_reported_and_can_be_created_again(name: str) -> None:
    applied(WorkPoolSpec(name, "process", concurrency_limit=1))
    pool = WorkPoolSpec(name, "process", concurrency_limit=2)
    items = work_pools.plan([pool], replace=True)
    with get_client(sync_client=True) as client:
        client.delete_work_pool(name)
    [outcome] = apply_items(items)
    assert outcome.error == f"work pool {name!r} was deleted in the meantime; apply the pools again to create it"
    assert applied(pool) == ["create"]


def test_async_twins(name: str) -> None:
    async def both() -> list[str]:
        pool = WorkPoolSpec(name, "process")
        [planned] = await work_pools.aplan([pool])
        [outcome] = await work_pools.aapply([pool])
        [again] = await work_pools.aplan([pool])
        return [planned.action, outcome.item.action, again.action]

    assert asyncio.run(both()) == ["create", "create", "unchanged"]


def test_template_comes_from_the_server_without_the_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseWorker, "get_worker_class_from_type", staticmethod(lambda type_: None))
    pool = work_pools.recommend(name, kubernetes_pod_operator={**POD, "annotations": {"a": "b"}})
    assert applied(pool) == ["create"]
    template = held(name)["base_job_template"]
    assert template["job_configuration"]["job_manifest"]["kind"] == "Job"
    assert {"annotations", "node_selector", "image"} <= set(template["variables"]["properties"])
    assert applied(pool) == ["unchanged"]


def test_unknown_type_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseWorker, "get_worker_class_from_type", staticmethod(lambda type_: None))
    monkeypatch.setattr("airflow_compat.work_pools._server._read_worker_metadata", dict)
    with pytest.raises(MissingPackageError, match=r'pip install "airflow-compat\[docker\]"'):
        work_pools.plan([WorkPoolSpec("etl", "docker")])


def test_unreachable_server_stops_apply(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    items = work_pools.plan([WorkPoolSpec(f"{name}-{number}", "process") for number in range(3)])

    def gone(*_: Any, **__: Any) -> None:
        raise httpx.ConnectError("gone")

    monkeypatch.setattr(kept_client(), "create_work_pool", gone)
    outcomes = apply_items(items)
    assert "can't be reached" in outcomes[0].error
    assert [outcome.error for outcome in outcomes[1:]] == [
        "not sent, because the server can't be reached; apply the pools again"
    ] * 2


def test_unreachable_server_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), pytest.raises(ServerUnreachableError):
        work_pools.plan([WorkPoolSpec("etl", "process")])


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Run a command, check its exit code, and return its output, parsed if it has --json."""

    def command(*arguments: str, code: int = 0) -> Any:
        capfd.readouterr()
        ended = run(["work-pools", *arguments])
        captured = capfd.readouterr()
        assert ended == code, captured
        return json.loads(captured.out) if "--json" in arguments else captured.out + captured.err

    return command


YAML = """
work_pools:
  - name: NAME
    concurrency_limit: 3
    kubernetes_pod_operator:
      image: registry.example.com/etl:7
      cmds: [python, load.py]
      node_selector: {disk: ssd}
      secrets:
        - {deploy_type: env, deploy_target: TOKEN, secret: api, key: token}
        - {deploy_type: volume, deploy_target: /keys, secret: files}
  - executor: CeleryExecutor
    queue: NAME-gpu
"""


def test_command_from_recommendation_to_pool(name: str, tmp_path: Path, call: Call) -> None:
    file = tmp_path / "pools.yaml"
    file.write_text(YAML.replace("NAME", name))
    said = call("recommend", str(file))
    assert f"{name}: a kubernetes pool" in said
    assert "note cmds: the pod runs the flow" in said
    assert "    work_pool:\n      name: " in said
    assert [spec["type"] for spec in call("recommend", str(file), "--json")] == ["kubernetes", "process"]

    assert "2 would create. Nothing was written." in call("plan", str(file))
    assert [item["action"] for item in call("plan", str(file), "--json")] == ["create", "create"]
    assert "2 created." in call("apply", str(file))
    assert held(name)["concurrency_limit"] == 3
    manifest = held(name)["base_job_template"]["job_configuration"]["job_manifest"]
    [container] = manifest["spec"]["template"]["spec"]["containers"]
    token = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}}
    assert token in container["env"], container
    again = call("apply", str(file), "--json")
    assert [(item["action"], item["done"], item["error"]) for item in again] == [("unchanged", True, "")] * 2

    file.write_text(YAML.replace("NAME", name).replace("limit: 3", "limit: 4"))
    assert "1 differs, 1 unchanged. Nothing was written." in call("plan", str(file), code=1)
    assert "1 differs, 1 unchanged." in call("apply", str(file), code=1)
    assert held(name)["concurrency_limit"] == 3
    assert "1 would update" in call("plan", str(file), "--replace")
    assert "1 updated, 1 unchanged." in call("apply", str(file), "--replace")
    assert held(name)["concurrency_limit"] == 4

    values = call("helm-values", str(file), "--pool", name, "--api-url", "http://prefect:4200/api", "--json")
    assert values["worker"]["config"] == {"workPool": name}
    assert "workPool: " + name in call("helm-values", str(file), "--pool", name, "--api-url", "http://prefect:4200/api")


def test_command_writes_nothing_if_one_pool_is_refused(name: str, tmp_path: Path, call: Call) -> None:
    applied(WorkPoolSpec(name, "docker"))
    file = tmp_path / "pools.yaml"
    file.write_text(YAML.replace("NAME", name))
    said = call("apply", str(file), code=1)
    assert "refused" in said
    assert "not written, because another entry is refused" in said
    assert actions(work_pools.plan([WorkPoolSpec(f"{name}-gpu", "process")])) == ["create"]


def test_command_takes_a_module_of_pools(name: str, tmp_path: Path, call: Call) -> None:
    file = tmp_path / "pools.py"
    file.write_text(
        "from airflow_compat import work_pools\n"
        f"pools = [work_pools.recommend({name!r}, executor='LocalExecutor', concurrency_limit=1)]\n"
    )
    assert [item["action"] for item in call("apply", str(file), "--json")] == ["create"]


@pytest.mark.parametrize(
    ("file", "text", "match"),
    [
        ("pools.toml", "", "ends in none of .py, .yaml, .yml, .json"),
        ("pools.yaml", "work_pools: []", "has no work pool"),
        ("pools.yaml", "work_pools: 3", "work_pools is not a list"),
        ("pools.yaml", "- 3", "line 1: found a int instead of a work pool"),
        ("pools.yaml", "- {name: etl, typ: docker}", "line 1, work pool 'etl': typ is not an argument of a work pool"),
        (
            "pools.yaml",
            "- {name: etl, docker_operator: ls}",
            "docker_operator is a str. Use a mapping of argument names and values",
        ),
        ("pools.yaml", "- {name: 3}", "name is a int. Use a text"),
        (
            "pools.yaml",
            "\n- {name: etl, docker_operator: {imag: a}}",
            "line 2, work pool 'etl': DockerOperator",
        ),
        ("pools.json", '[{"name": "etl", "executor": "DaskExecutor"}]', "executor 'DaskExecutor'"),
        ("pools.json", "{", "not one YAML document"),
        ("pools.py", "x = 1", "the module has no work pool; assign the result of work_pools.recommend()"),
        ("pools.py", "raise KeyError('secret')", "the module raises KeyError; correct the code"),
    ],
)
def test_file_errors_name_the_file(file: str, text: str, match: str, tmp_path: Path, call: Call) -> None:
    path = tmp_path / file
    path.write_text(text)
    said = call("plan", str(path), code=2)
    assert str(path) in said
    assert match in said


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--api-url", "u"], "choose one with --pool"),
        (["--api-url", "u", "--pool", "none"], "no pool 'none'; choose one of"),
        (["--pool", "NAME"], "Pass either api_url"),
        (["--pool", "NAME-gpu", "--api-url", "u"], "is a process pool"),
    ],
)
def test_helm_values_need_one_pool_and_one_server(
    arguments: list[str], match: str, name: str, tmp_path: Path, call: Call
) -> None:
    file = tmp_path / "pools.yaml"
    file.write_text(YAML.replace("NAME", name))
    assert match in call("helm-values", str(file), *(each.replace("NAME", name) for each in arguments), code=2)


def test_flow_is_deployed_with_the_job_variables(name: str, tmp_path: Path) -> None:
    (tmp_path / "ported.py").write_text("from prefect import flow\n\n@flow\ndef ported(): ...\n")
    pool = work_pools.recommend(name, docker_operator={"image": "registry.example.com/etl:7", "mem_limit": "1g"})
    applied(pool)
    section = pool.work_pool()
    deployed = flow.from_source(str(tmp_path), "ported.py:ported")
    id_ = deployed.deploy(
        name,
        work_pool_name=section["name"],
        job_variables=section["job_variables"],
        build=False,
        print_next_steps=False,
        ignore_warnings=True,
    )
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment(id_)
    assert deployment.job_variables == {"image": "registry.example.com/etl:7", "mem_limit": "1g"}


def test_deployment_uses_the_built_image(name: str, tmp_path: Path) -> None:
    applied(WorkPoolSpec(name, "docker"))
    (tmp_path / "ported.py").write_text("from prefect import flow\n\n@flow\ndef ported(): ...\n")
    Secret(value="open-sesame").save(f"{name}-token")
    part = work_pools.build_step("registry.example.com/etl")
    part["work_pool"]["job_variables"]["env"] = {"TOKEN": f"{{{{ prefect.blocks.secret.{name}-token }}}}"}
    deployment = {
        "name": name,
        "entrypoint": "ported.py:ported",
        "pull": [{"prefect.deployments.steps.set_working_directory": {"directory": "/opt/flows"}}],
        **part,
        "work_pool": {**part["work_pool"], "name": name},
    }
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump({"deployments": [deployment]}))
    script = str(Path(__file__).with_name("deploy_without_engine.py"))
    command = [sys.executable, script, "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(f"ported/{name}")
    # This is why a pool's own template has the references: `prefect deploy` writes down what the block holds.
    assert found.job_variables == {
        "image": "registry.example.com/etl:2026-11-22t00-00",
        "env": {"TOKEN": "open-sesame"},
    }
