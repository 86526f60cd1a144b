"""Pods, from an operator's arguments and from a pod_override, as job variables and a part of the job manifest."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_compat import work_pools
from airflow_compat.errors import InvalidWorkPoolError
from airflow_compat.work_pools._job_templates import conflicts, merged
from airflow_compat.work_pools._pod_operator import reconciled


class Model(SimpleNamespace):
    """Like the Kubernetes client's classes: attributes with the API's names."""

    attribute_map = {  # noqa: RUF012 - as there
        "api_version": "apiVersion",
        "spec": "spec",
        "metadata": "metadata",
        "containers": "containers",
        "node_selector": "nodeSelector",
        "name": "name",
        "image": "image",
        "labels": "labels",
        "host_ip": "hostIP",
    }


def container_of(pool: work_pools.WorkPoolSpec) -> dict[str, Any]:
    """Return the manifest's container that runs the flow."""
    found: dict[str, Any] = pool.job_manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def test_pod_operator_is_translated() -> None:
    pool = work_pools.recommend(
        "etl",
        concurrency_limit=4,
        kubernetes_pod_operator={
            "task_id": "load",
            "name": "load",
            "image": "registry.example.com/etl:7",
            "cmds": ["python"],
            "arguments": ["load.py"],
            "namespace": "etl",
            "labels": {"team_name": "data"},
            "annotations": {"a_b/c": "d"},
            "env_vars": {"STAGE_NAME": "prod", "DB_PASSWORD": "open-sesame", "DAY": "{{ ds }}"},
            "secrets": [
                SimpleNamespace(deploy_type="env", deploy_target="TOKEN", secret="api", key="token", items=[]),
                SimpleNamespace(deploy_type="env", deploy_target=None, secret="all", key=None, items=[]),
                SimpleNamespace(deploy_type="volume", deploy_target="/keys", secret="files", key=None, items=[]),
            ],
            "configmaps": ["settings"],
            "container_resources": {
                "requests": {"cpu": "500m", "memory": "1Gi"},
                "limits": {"cpu": 1, "nvidia.com/gpu": 1},
            },
            "service_account_name": "runner",
            "image_pull_policy": "Always",
            "image_pull_secrets": "first, second",
            "node_selector": {"disk_type": "ssd"},
            "tolerations": [{"key": "gpu", "operator": "Exists", "toleration_seconds": 60}],
            "volumes": [{"name": "data", "persistent_volume_claim": {"claim_name": "data"}}],
            "volume_mounts": [{"name": "data", "mount_path": "/data"}],
            "priority_class_name": "high",
            "host_aliases": [{"ip": "10.0.0.1", "hostnames": ["db"]}],
            "container_security_context": {"run_as_user": 1000},
            "startup_timeout_seconds": 300,
            "on_finish_action": "delete_pod",
            "get_logs": True,
            "in_cluster": True,
        },
    )
    assert pool.type == "kubernetes"
    assert pool.concurrency_limit == 4
    assert pool.job_variables == {
        "namespace": "etl",
        "labels": {"team_name": "data"},
        "annotations": {"a_b/c": "d"},
        "image": "registry.example.com/etl:7",
        "image_pull_policy": "Always",
        "service_account_name": "runner",
        "image_pull_secrets": [{"name": "first"}, {"name": "second"}],
        "node_selector": {"disk_type": "ssd"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "tolerationSeconds": 60}],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "secretvol-1", "secret": {"secretName": "files"}},
        ],
        "volume_mounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "secretvol-1", "mountPath": "/keys", "readOnly": True},
        ],
        "env": {"STAGE_NAME": "prod"},
        "cpu_request": "500m",
        "memory_request": "1Gi",
        "cpu_limit": "1",
        "pod_watch_timeout_seconds": 300,
        "finished_job_ttl": 60,
    }
    assert pool.secret_env == {"DB_PASSWORD": "etl--db-password"}
    spec = pool.job_manifest["spec"]["template"]["spec"]
    assert spec["priorityClassName"] == "high"
    assert spec["hostAliases"] == [{"ip": "10.0.0.1", "hostnames": ["db"]}]
    assert container_of(pool) == {
        "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}}],
        "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "all"}}],
        "resources": {"limits": {"nvidia.com/gpu": "1"}},
        "securityContext": {"runAsUser": 1000},
    }
    assert {"node_selector", "tolerations", "volumes", "volume_mounts"} <= set(pool.added_variables)
    named = {note.partition(":")[0] for note in pool.notes}
    assert named == {
        "task_id",
        "name",
        "cmds",
        "arguments",
        "get_logs",
        "in_cluster",
        "on_finish_action",
        "env_vars DAY",
        "env DB_PASSWORD",
    }
    assert "open-sesame" not in repr(pool) + str(pool.as_dict())


def test_secrets_as_dictionaries() -> None:
    fields: list[dict[str, Any]] = [
        {"deploy_type": "env", "deploy_target": "TOKEN", "secret": "api", "key": "token"},
        {"deploy_type": "env", "deploy_target": None, "secret": "all"},
        {
            "deploy_type": "volume",
            "deploy_target": "/keys",
            "secret": "files",
            "items": [{"key": "a", "path": "b", "mode": 256}],
        },
    ]
    objects = [SimpleNamespace(**{"deploy_target": None, "key": None, "items": [], **each}) for each in fields]
    # Airflow's Secret itself writes the name of a variable in capitals.
    written = [{**fields[0], "deploy_target": "token"}, {"deploy_type": "env", "secret": "all"}, fields[2]]
    mine = work_pools.recommend(kubernetes_pod_operator={"secrets": written})
    theirs = work_pools.recommend(kubernetes_pod_operator={"secrets": objects})
    assert mine == theirs
    assert container_of(mine) == {
        "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}}],
        "envFrom": [{"secretRef": {"name": "all"}}],
    }
    [volume] = mine.job_variables["volumes"]
    assert volume["secret"] == {"secretName": "files", "items": [{"key": "a", "path": "b", "mode": 256}]}


def test_old_argument_names() -> None:
    pool = work_pools.recommend(
        kubernetes_pod_operator={
            "node_selectors": {"disk_type": "ssd"},
            "resources": {"request_memory": "1Gi", "limit_cpu": "2", "limit_gpu": 1},
            "is_delete_operator_pod": False,
        }
    )
    assert pool.job_variables == {"node_selector": {"disk_type": "ssd"}, "memory_request": "1Gi", "cpu_limit": "2"}
    assert container_of(pool)["resources"] == {"limits": {"nvidia.com/gpu": "1"}}


def test_arguments_override_the_pod_template() -> None:
    template = {
        "metadata": {"labels": {"a": "1", "b": "1"}, "namespace": "base"},
        "spec": {
            "nodeSelector": {"old": "1"},
            "volumes": [{"name": "v"}],
            "containers": [{"name": "base", "image": "old", "env": [{"name": "A", "value": "1"}]}, {"name": "side"}],
        },
    }
    pool = work_pools.recommend(
        kubernetes_pod_operator={
            "pod_template_dict": template,
            "labels": {"b": "2"},
            "image": "new",
            "node_selector": {"new": "1"},
            "env_vars": {"B": "2"},
        }
    )
    assert pool.job_variables["labels"] == {"a": "1", "b": "2"}
    assert pool.job_variables["namespace"] == "base"
    assert pool.job_variables["image"] == "new"
    assert pool.job_variables["node_selector"] == {"new": "1"}
    assert pool.job_variables["env"] == {"A": "1", "B": "2"}
    assert pool.job_variables["volumes"] == [{"name": "v"}]
    assert pool.job_manifest["spec"]["template"]["spec"]["containers"] == [{}, {"name": "side"}]
    assert any(note.startswith("side: an additional container") for note in pool.notes)


def test_init_containers_are_merged_by_name() -> None:
    base = {"spec": {"initContainers": [{"name": "wait", "image": "old", "env": [1]}, {"name": "first"}]}}
    over = {"spec": {"initContainers": [{"name": "wait", "image": "new", "env": [2]}, {"name": "last"}]}}
    assert reconciled(base, over)["spec"]["initContainers"] == [
        {"name": "wait", "image": "new", "env": [1, 2]},
        {"name": "first"},
        {"name": "last"},
    ]


@pytest.mark.parametrize("where", ["containers", "initContainers"])
@pytest.mark.parametrize("source", ["pod_override", "full_pod_spec", "pod_template_dict"])
def test_secret_of_another_container_is_a_reference(where: str, source: str) -> None:
    beside = {
        "name": "proxy",
        "env": [
            {"name": "DB_PASSWORD", "value": "open-sesame"},
            {"name": "STAGE", "value": "prod"},
            {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}},
            {"name": "EMPTY_SECRET", "value": ""},
        ],
    }
    spec: dict[str, Any] = {"containers": [{"name": "base"}]}
    spec[where] = [*spec.get(where, ()), beside]
    arguments: dict[str, Any] = (
        {"executor_config": {source: {"spec": spec}}}
        if source == "pod_override"
        else {"kubernetes_pod_operator": {source: {"spec": spec}}}
    )
    pool = work_pools.recommend(**arguments)
    assert pool.job_manifest["spec"]["template"]["spec"][where][-1]["env"] == [
        {"name": "DB_PASSWORD", "value": "{{ prefect.blocks.secret.airflow-kubernetes--proxy--db-password }}"},
        {"name": "STAGE", "value": "prod"},
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}},
        {"name": "EMPTY_SECRET", "value": ""},
    ]
    assert "open-sesame" not in repr(pool) + str(pool.as_dict())
    assert any(note.startswith("env of proxy DB_PASSWORD: the value isn't copied") for note in pool.notes)


def test_pod_override_from_client_objects() -> None:
    pod = Model(
        metadata=Model(labels={"team_name": "data"}),
        spec=Model(containers=[Model(name="base", image="etl:7")], node_selector={"disk_type": "ssd"}, host_ip="x"),
    )
    pool = work_pools.recommend(executor="KubernetesExecutor", executor_config={"pod_override": pod})
    assert pool.job_variables == {
        "labels": {"team_name": "data"},
        "node_selector": {"disk_type": "ssd"},
        "image": "etl:7",
    }
    assert pool.job_manifest["spec"]["template"]["spec"] == {"hostIP": "x"}


def test_ignored_override_is_noted() -> None:
    override = {"pod_override": {"spec": {"nodeSelector": {"a": "b"}}}}
    for arguments in ({"executor": "CeleryExecutor"}, {"docker_operator": {}}, {"kubernetes_pod_operator": {}}):
        pool = work_pools.recommend(executor_config=override, **arguments)  # type: ignore[arg-type]
        assert pool.job_variables == {}
        assert [note.partition(":")[0] for note in pool.notes] == ["pod_override"]


def test_differences_are_noted() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x", "creationTimestamp": "now"},
        "spec": {"restartPolicy": "Always", "containers": [{"name": "mine", "command": ["a"], "args": ["b"]}]},
        "status": {},
    }
    pool = work_pools.recommend(executor_config={"pod_override": pod, "pod_template_file": "pod.yaml"})
    assert pool.job_variables == {}
    assert pool.job_manifest == {}
    assert {note.partition(":")[0] for note in pool.notes} == {
        "executor_config pod_template_file",
        "metadata.name",
        "restartPolicy",
        "container mine",
        "args",
        "command",
    }


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"pod_overide": {}}, "pod_overide"),
        ({"pod_override": 3}, "pod_override is a int"),
        ({"pod_override": {"specs": {}}}, "no argument 'specs'. Did you mean spec"),
        ({"pod_override": {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}}, "none or several are named base"),
        ({"pod_override": {"spec": {"containers": ["a"]}}}, "an entry of containers is a str"),
        ({"pod_override": {"spec": {"hostname": "{{ ds }}"}}}, "Jinja"),
    ],
)
def test_invalid_pod_override_is_refused(config: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidWorkPoolError, match=match):
        work_pools.recommend(executor_config=config)


@pytest.mark.parametrize(
    ("operator", "match"),
    [
        ({"node_selectr": {}}, "Did you mean node_selector"),
        ({"resources": 3}, "resources is a int"),
        ({"resources": {"cpu": 1}}, "resources has no field 'cpu'"),
        ({"secrets": ["a"]}, "a secret is a str. Use Airflow's Secret"),
        ({"secrets": {"secret": "a"}}, "secrets is a dict. Use a list"),
        ({"secrets": [{"secret": "a", "deploytype": "env"}]}, "secrets have no field 'deploytype'. Use any of"),
        ({"secrets": [{"secret": "a", "deploy_type": "file"}]}, "deploy_type is unknown. Use env or volume"),
        ({"secrets": [{"deploy_type": "env"}]}, "a secret has no name"),
        ({"secrets": [{"deploy_type": "env", "secret": "a", "key": "b"}]}, "secret 'a' has no deploy_target"),
        ({"secrets": [{"deploy_type": "volume", "secret": "a"}]}, "secret 'a' has no deploy_target"),
        (
            {"secrets": [{"deploy_type": "volume", "deploy_target": "/a", "secret": "a", "items": 5}]},
            "items of a secret is a int. Use a list",
        ),
        ({"on_finish_action": "burn"}, "on_finish_action is unknown. Use keep_pod"),
        ({"env_vars": "A=1"}, "env_vars is a str. Use a list"),
        ({"env_vars": [{"value": "x"}]}, "a variable of env_vars has no name"),
        ({"labels": ["a"]}, "labels is a list. Use a dictionary"),
        ({"volumes": ["a"]}, "an entry of volumes is a str"),
        ({"configmaps": "a"}, "configmaps is a str"),
        ({"startup_timeout_seconds": "abc"}, "startup_timeout_seconds is not a number"),
        ({"full_pod_spec": {"metadata": {"labels": ["a"]}}}, "full_pod_spec: labels is a list"),
        ({"full_pod_spec": {"spec": {"containers": {"name": "base"}}}}, "containers is a dict. Use a list"),
        ({"full_pod_spec": {"spec": {"containers": [{"env": "A=1"}]}}}, "full_pod_spec: env is a str. Use a list"),
        ({"full_pod_spec": {"spec": {"initContainers": [{"resources": 3}]}}}, "full_pod_spec: resources is a int"),
    ],
)
def test_invalid_operator_arguments_are_refused(operator: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidWorkPoolError, match=match):
        work_pools.recommend(kubernetes_pod_operator=operator)


def test_merging_twice_has_no_further_effect() -> None:
    base = {"a": {"b": 1}, "l": [1], "containers": [{"name": "prefect-job", "env": "{{ env }}"}]}
    over = {"a": {"c": 2}, "l": [1, 2], "containers": [{"env": [{"name": "A"}]}, {"name": "side"}]}
    once = merged(base, over)
    assert once == {
        "a": {"b": 1, "c": 2},
        "l": [1, 2],
        "containers": [{"name": "prefect-job", "env": [{"name": "A"}]}, {"name": "side"}],
    }
    assert merged(once, over) == once
    assert base["containers"] == [{"name": "prefect-job", "env": "{{ env }}"}]


def test_conflicts_name_their_places() -> None:
    first = {"spec": {"a": 1, "b": 2, "containers": [{"x": 1}], "l": [1]}}
    second = {"spec": {"a": 1, "b": 3, "c": 4, "containers": [{"x": 2}, {"x": 1}], "l": [2]}}
    assert conflicts(first, second) == ["spec.b", "spec.containers.0.x"]
    for other in (1, {"x": 1}, "x"):
        assert conflicts({"l": [1]}, {"l": other}) == conflicts({"l": other}, {"l": [1]}) == ["l"]
