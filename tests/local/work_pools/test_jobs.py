"""Jobs, made by the workers of prefect-docker and prefect-kubernetes from a pool's template and its job variables."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from docker.types import HostConfig, Mount
from kubernetes_asyncio import client as kubernetes
from prefect.client.schemas.objects import FlowRun
from prefect.workers.base import BaseJobConfiguration, BaseWorker
from prefect.workers.process import ProcessWorker
from prefect_docker.worker import DockerWorker
from prefect_kubernetes.worker import KubernetesWorker

from airflow_compat import work_pools
from airflow_compat.work_pools._job_templates import KUBERNETES_VARIABLES, with_additions
from airflow_compat.work_pools._kubernetes_objects import api_name, as_plain
from airflow_compat.work_pools._server import problems_with, read_template

WORKERS: dict[str, type[BaseWorker[Any, Any, Any]]] = {
    "process": ProcessWorker,
    "docker": DockerWorker,
    "kubernetes": KubernetesWorker,
}


class NoBlocks:
    """Answer the worker's request for a secret without a server."""

    async def read_block_document_by_name(self, name: str, block_type_slug: str, **_: Any) -> Any:
        return type("Document", (), {"data": {"value": f"the value of {block_type_slug}/{name}"}})()


def job_of(pool: work_pools.WorkPoolSpec) -> BaseJobConfiguration:
    """Return the configuration that the pool's real worker would start."""
    template = with_additions(read_template(pool.type), pool)
    assert problems_with(template, pool.job_variables) == []
    schema = template["variables"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(dict(pool.job_variables), schema)
    configuration = WORKERS[pool.type].job_configuration
    job = asyncio.run(configuration.from_template_and_values(template, dict(pool.job_variables), client=NoBlocks()))
    job.prepare_for_flow_run(FlowRun(id=uuid4(), flow_id=uuid4(), name="wise-owl"))
    assert isinstance(job, BaseJobConfiguration)
    return job


def manifest_of(pool: work_pools.WorkPoolSpec) -> dict[str, Any]:
    """Return the worker's Kubernetes job, checked with the client's classes."""
    manifest: dict[str, Any] = job_of(pool).job_manifest  # type: ignore[attr-defined]
    read_by_the_client(manifest, "V1Job")
    assert "{{" not in json.dumps(manifest)
    return manifest


def read_by_the_client(value: Any, kind: str) -> None:
    """Check recursively that each field exists in the class and has the right type."""
    if kind.startswith("list["):
        assert isinstance(value, list), (kind, value)
        for each in value:
            read_by_the_client(each, kind[5:-1])
    elif kind.startswith("dict("):
        assert isinstance(value, Mapping), (kind, value)
    elif model := getattr(kubernetes, kind, None):
        fields = {api: name for name, api in model.attribute_map.items()}
        assert isinstance(value, Mapping), (kind, value)
        # Prefect's own template has two fields of a job in its pod.
        unknown = set(value) - set(fields) - {"parallelism", "completions"}
        assert not unknown, (kind, unknown)
        for name in set(value) & set(fields):
            read_by_the_client(value[name], model.openapi_types[fields[name]])
    elif kind in ("str", "int", "bool"):
        assert isinstance(value, {"str": str, "int": int, "bool": bool}[kind]), (kind, value)


def pod_of(pool: work_pools.WorkPoolSpec) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the job's metadata, its pod's spec and the container that runs the flow."""
    manifest = manifest_of(pool)
    spec = manifest["spec"]["template"]["spec"]
    [container] = [each for each in spec["containers"] if each["name"] == "prefect-job"]
    assert "prefect" in " ".join(container["args"])
    return manifest, spec, container


def test_job_of_the_pod_operator() -> None:
    pool = work_pools.recommend(
        kubernetes_pod_operator={
            "image": "registry.example.com/etl:7",
            "namespace": "etl",
            "labels": {"team": "data"},
            "annotations": {"example.com/owner": "data"},
            "env_vars": [kubernetes.V1EnvVar(name="STAGE", value="prod"), {"name": "DB_PASSWORD", "value": "x"}],
            "env_from": [kubernetes.V1EnvFromSource(config_map_ref=kubernetes.V1ConfigMapEnvSource(name="settings"))],
            "container_resources": kubernetes.V1ResourceRequirements(
                requests={"cpu": "500m", "memory": "1Gi"}, limits={"memory": "2Gi", "nvidia.com/gpu": "1"}
            ),
            "service_account_name": "runner",
            "image_pull_policy": "Always",
            "image_pull_secrets": [kubernetes.V1LocalObjectReference(name="registry")],
            "node_selector": {"disk_type": "ssd"},
            "tolerations": [kubernetes.V1Toleration(key="gpu", operator="Exists", toleration_seconds=60)],
            "affinity": {"nodeAffinity": {}},
            "volumes": [
                kubernetes.V1Volume(name="data", host_path=kubernetes.V1HostPathVolumeSource(path="/srv/data"))
            ],
            "volume_mounts": [kubernetes.V1VolumeMount(name="data", mount_path="/data", read_only=True)],
            "priority_class_name": "high",
            "security_context": kubernetes.V1PodSecurityContext(run_as_user=1000),
            "hostnetwork": True,
            "termination_grace_period": 30,
            "init_containers": [kubernetes.V1Container(name="wait", image="busybox", command=["true"])],
            "on_finish_action": "delete_pod",
        }
    )
    manifest, spec, container = pod_of(pool)
    assert manifest["metadata"]["namespace"] == "etl"
    assert manifest["spec"]["ttlSecondsAfterFinished"] == 60
    metadata = manifest["spec"]["template"]["metadata"]
    assert metadata["labels"]["team"] == "data"
    assert metadata["annotations"] == {"example.com/owner": "data"}
    assert container["image"] == "registry.example.com/etl:7"
    assert container["imagePullPolicy"] == "Always"
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"memory": "2Gi", "nvidia.com/gpu": "1"},
    }
    assert container["volumeMounts"] == [{"name": "data", "mountPath": "/data", "readOnly": True}]
    assert container["envFrom"] == [{"configMapRef": {"name": "settings"}}]
    env = {each["name"]: each.get("value") for each in container["env"]}
    assert env["STAGE"] == "prod"
    assert env["DB_PASSWORD"] == "the value of secret/airflow-kubernetes--db-password"
    assert spec["serviceAccountName"] == "runner"
    assert spec["nodeSelector"] == {"disk_type": "ssd"}
    assert spec["tolerations"] == [{"key": "gpu", "operator": "Exists", "tolerationSeconds": 60}]
    assert spec["affinity"] == {"nodeAffinity": {}}
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["volumes"] == [{"name": "data", "hostPath": {"path": "/srv/data"}}]
    assert spec["priorityClassName"] == "high"
    assert spec["securityContext"] == {"runAsUser": 1000}
    assert spec["hostNetwork"] is True
    assert spec["terminationGracePeriodSeconds"] == 30
    assert spec["initContainers"] == [{"name": "wait", "image": "busybox", "command": ["true"]}]
    assert spec["restartPolicy"] == "Never"


def test_job_of_a_pod_override() -> None:
    secret = kubernetes.V1EnvVarSource(secret_key_ref=kubernetes.V1SecretKeySelector(name="api", key="token"))
    pod = kubernetes.V1Pod(
        metadata=kubernetes.V1ObjectMeta(labels={"release": "stable"}),
        spec=kubernetes.V1PodSpec(
            runtime_class_name="gvisor",
            containers=[
                kubernetes.V1Container(
                    name="base",
                    env=[kubernetes.V1EnvVar(name="TOKEN", value_from=secret), kubernetes.V1EnvVar("A", value="1")],
                    liveness_probe=kubernetes.V1Probe(period_seconds=5),
                ),
                kubernetes.V1Container(
                    name="side", image="busybox", env=[kubernetes.V1EnvVar(name="API_KEY", value="open-sesame")]
                ),
            ],
        ),
    )
    pool = work_pools.recommend(executor="KubernetesExecutor", executor_config={"pod_override": pod})
    assert "open-sesame" not in str(pool.as_dict())
    assert any(note.startswith("env of side API_KEY: the value isn't copied") for note in pool.notes)
    _, spec, container = pod_of(pool)
    assert spec["containers"][1]["env"] == [
        {"name": "API_KEY", "value": "the value of secret/airflow-kubernetes--side--api-key"}
    ]
    assert spec["runtimeClassName"] == "gvisor"
    assert container["livenessProbe"] == {"periodSeconds": 5}
    assert {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}} in container["env"]
    assert {"name": "A", "value": "1"} in container["env"]
    assert [each["name"] for each in spec["containers"]] == ["prefect-job", "side"]


def test_job_without_variables_is_prefects() -> None:
    everything = work_pools.WorkPoolSpec("etl", "kubernetes", added_variables=tuple(KUBERNETES_VARIABLES))
    plain = work_pools.WorkPoolSpec("etl", "kubernetes")
    first, second = (pod_of(each)[1] for each in (everything, plain))
    for spec in (first, second):
        # Each run has an id of its own in there.
        spec["containers"][0].pop("env")
    assert first == second


def test_container_of_the_docker_operator() -> None:
    pool = work_pools.recommend(
        docker_operator={
            "image": "registry.example.com/etl:7",
            "environment": {"STAGE": "prod"},
            "private_environment": {"LOGIN": "x"},
            "network_mode": "bridge",
            "mem_limit": "2g",
            "cpus": 1.5,
            "user": 1000,
            "shm_size": 64_000_000,
            "dns": ["10.0.0.1"],
            "ulimits": [{"name": "nofile", "soft": 1024, "hard": 2048}],
            "log_opts_max_size": "10m",
            "device_requests": [{"count": -1, "capabilities": [["gpu"]]}],
            "mounts": [
                Mount("/data", "/srv/data", type="bind", read_only=True),
                Mount("/cache", "cache", no_copy=True),
                Mount("/fast", None, type="tmpfs", tmpfs_size=1000),
            ],
            "auto_remove": "force",
        }
    )
    worker = DockerWorker(work_pool_name="etl", test_mode=True)
    job = job_of(pool)

    class Engine:
        @staticmethod
        def version() -> dict[str, str]:
            return {"Version": "28.0.0"}

    settings = worker._build_container_settings(Engine(), job)  # type: ignore[arg-type]
    assert settings["image"] == "registry.example.com/etl:7"
    assert settings["environment"]["STAGE"] == "prod"
    assert settings["environment"]["LOGIN"] == "the value of secret/airflow-docker--login"
    assert settings["volumes"] == ["/srv/data:/data:ro"]
    assert settings["user"] == 1000
    assert settings["auto_remove"] is True
    of_the_host = ("nano_cpus", "mem_limit", "shm_size", "dns", "ulimits", "log_config", "device_requests", "mounts")
    host = HostConfig("1.44", **{name: settings[name] for name in of_the_host}, network_mode=settings["network_mode"])
    assert host["NanoCpus"] == 1_500_000_000
    assert host["Memory"] == 2 * 1024**3
    assert host["LogConfig"]["Config"] == {"max-size": "10m"}
    assert host["DeviceRequests"][0]["Capabilities"] == [["gpu"]]
    assert [(each["Target"], each["Type"]) for each in host["Mounts"]] == [("/cache", "volume"), ("/fast", "tmpfs")]


def test_a_process_pool_needs_nothing() -> None:
    job = job_of(work_pools.recommend(executor="CeleryExecutor", queue="etl"))
    assert job.command
    assert "prefect" in job.command


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"cpu": "1"}, "job variable cpu: the pool's job template doesn't have it"),
        ({"image_pull_policy": "Sometimes"}, "job variable image_pull_policy: its value"),
        ({"finished_job_ttl": "soon"}, "job variable finished_job_ttl: its value"),
    ],
)
def test_unknown_job_variables_are_named(variables: dict[str, Any], problem: str) -> None:
    [found] = problems_with(read_template("kubernetes"), variables)
    assert found.startswith(problem)
    assert "Sometimes" not in found


def test_python_names_become_api_names_in_all_pod_fields() -> None:
    todo, seen, wrong = ["V1Pod"], set(), {}
    while todo:
        model = getattr(kubernetes, todo.pop(), None)
        # What a cluster says of a pod that runs, nobody writes.
        if model is None or model in seen or model is kubernetes.V1PodStatus:
            continue
        seen.add(model)
        for name, api in model.attribute_map.items():
            if api_name(name) != api:
                wrong[f"{model.__name__}.{name}"] = api
            todo.append(model.openapi_types[name].removeprefix("list[").removeprefix("dict(str, ").rstrip("])"))
    assert len(seen) > 100
    assert wrong == {}


def test_dictionaries_equal_client_objects() -> None:
    pod = kubernetes.V1PodSpec(
        node_selector={"disk_type": "ssd"},
        containers=[kubernetes.V1Container(name="base", volume_mounts=[])],
        host_ipc=True,
    )
    assert as_plain(pod) == as_plain(pod.to_dict())
