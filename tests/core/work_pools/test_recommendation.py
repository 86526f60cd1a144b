"""Work pools for Airflow's executors, queues and containers, with notes on unsupported arguments."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_compat import work_pools
from airflow_compat.errors import InvalidWorkPoolError, UnsupportedFeatureError


@pytest.mark.parametrize(
    ("executor", "queue", "type_"),
    [
        ("", "", "process"),
        ("SequentialExecutor", "", "process"),
        ("LocalExecutor", "", "process"),
        ("CeleryExecutor", "etl", "process"),
        ("airflow.providers.celery.executors.celery_executor.CeleryExecutor", "", "process"),
        ("airflow.providers.edge3.executors.EdgeExecutor", "factory", "process"),
        ("KubernetesExecutor", "", "kubernetes"),
        ("CeleryKubernetesExecutor", "etl", "process"),
        ("CeleryKubernetesExecutor", "kubernetes", "kubernetes"),
        ("LocalKubernetesExecutor", "kubernetes", "kubernetes"),
        ("KubernetesExecutor,LocalExecutor", "", "kubernetes"),
        ("fast:my.module.LocalExecutor, KubernetesExecutor", "", "process"),
    ],
)
def test_pool_type_by_executor_and_queue(executor: str, queue: str, type_: str) -> None:
    pool = work_pools.recommend(executor=executor, queue=queue)
    assert pool.type == type_
    assert pool.name == (queue or f"airflow-{type_}")
    assert pool.reasons
    assert pool.job_variables == {}


def test_additional_executors_are_noted() -> None:
    pool = work_pools.recommend(executor="LocalExecutor,KubernetesExecutor")
    assert pool.notes == ("executor KubernetesExecutor: ignored; create another pool for tasks that use it",)


@pytest.mark.parametrize("executor", ["AwsEcsExecutor", "DaskExecutor", "my.OwnExecutor"])
def test_unsupported_executor_is_refused(executor: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=executor.rpartition(".")[2]):
        work_pools.recommend(executor=executor)


@pytest.mark.parametrize("name", ["", " ", "a/b", "a%", "a&b", "<a>", "prefect-pool", "Prefect"])
def test_invalid_pool_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidWorkPoolError):
        work_pools.WorkPoolSpec(name, "process")


def test_queue_becomes_a_valid_name() -> None:
    assert work_pools.recommend(queue="team/etl").name == "team-etl"
    assert not any("queue" in reason for reason in work_pools.recommend(queue="default").reasons)
    assert any("queue 'team/etl'" in reason for reason in work_pools.recommend(queue="team/etl").reasons)


@pytest.mark.parametrize("limit", [-1, True, 1.5, "3"])
def test_invalid_limit_is_refused(limit: Any) -> None:
    with pytest.raises(InvalidWorkPoolError, match="concurrency_limit"):
        work_pools.recommend(concurrency_limit=limit)


def test_docker_operator_is_translated() -> None:
    pool = work_pools.recommend(
        executor="CeleryExecutor",
        queue="etl",
        docker_operator={
            "task_id": "load",
            "image": "registry.example.com/etl:7",
            "command": "python load.py",
            "environment": {"STAGE": "prod", "WORKERS": 3, "API_TOKEN": "open-sesame"},
            "private_environment": {"LOGIN": "etl"},
            "network_mode": "bridge",
            "mem_limit": "2g",
            "cpus": 0.5,
            "auto_remove": "force",
            "force_pull": True,
            "privileged": False,
            "labels": ["team=data"],
            "user": 1000,
            "shm_size": 64_000_000,
            "extra_hosts": {"db": "10.0.0.1"},
            "log_opts_max_size": "10m",
            "port_bindings": {8080: 8080},
            "mounts": [
                {"Target": "/data", "Source": "/srv/data", "Type": "bind", "ReadOnly": True},
                {"target": "/cache", "source": "cache"},
                {"Target": "/tmp/fast", "Source": None, "Type": "tmpfs", "TmpfsOptions": {"SizeBytes": 1000}},
            ],
            "docker_url": "tcp://docker:2375",
            "docker_conn_id": "registry",
        },
    )
    assert pool.type == "docker"
    assert pool.name == "etl"
    assert pool.job_variables == {
        "image": "registry.example.com/etl:7",
        "env": {"STAGE": "prod", "WORKERS": "3"},
        "labels": {"team": "data"},
        "network_mode": "bridge",
        "mem_limit": "2g",
        "privileged": False,
        "image_pull_policy": "Always",
        "auto_remove": True,
        "volumes": ["/srv/data:/data:ro", "cache:/cache"],
        "container_create_kwargs": {
            "extra_hosts": {"db": "10.0.0.1"},
            "ports": {"8080": 8080},
            "shm_size": 64_000_000,
            "user": 1000,
            "nano_cpus": 500_000_000,
            "log_config": {"type": "json-file", "config": {"max-size": "10m"}},
            "mounts": [{"Target": "/tmp/fast", "Source": None, "Type": "tmpfs", "TmpfsOptions": {"SizeBytes": 1000}}],
        },
    }
    assert pool.secret_env == {"API_TOKEN": "etl--api-token", "LOGIN": "etl--login"}
    named = {note.partition(":")[0] for note in pool.notes}
    assert named == {
        "task_id",
        "command",
        "docker_url",
        "docker_conn_id",
        "environment API_TOKEN",
        "private_environment LOGIN",
    }


@pytest.mark.parametrize(
    ("option", "is_plain"),
    [
        ({"no_copy": False}, True),
        ({"labels": {}}, True),
        ({"consistency": ""}, True),
        ({"no_copy": True}, False),
        ({"labels": {"team": "data"}}, False),
    ],
)
def test_mount_with_a_set_option_is_data(option: dict[str, Any], is_plain: bool) -> None:
    mount = {"target": "/cache", "source": "cache", **option}
    pool = work_pools.recommend(docker_operator={"mounts": [mount]})
    plain, data = {"volumes": ["cache:/cache"]}, {"container_create_kwargs": {"mounts": [mount]}}
    assert pool.job_variables == (plain if is_plain else data)


def test_messages_have_no_secret() -> None:
    pool = work_pools.recommend(
        docker_operator={"environment": {"API_TOKEN": "open-sesame"}, "private_environment": ["LOGIN=open-sesame"]}
    )
    assert "open-sesame" not in repr(pool) + str(pool.as_dict())


@pytest.mark.parametrize("policy", ["never", "success", False])
def test_auto_remove_success_keeps_containers(policy: Any) -> None:
    pool = work_pools.recommend(docker_operator={"auto_remove": policy})
    assert "auto_remove" not in pool.job_variables
    assert bool(pool.notes) == (policy == "success")


@pytest.mark.parametrize(
    ("operator", "match"),
    [
        ({"imagee": "a"}, "no argument 'imagee'. Did you mean image"),
        ({"zzz": 1}, "no argument 'zzz'. Leave the argument out"),
        ({"auto_remove": "often"}, "auto_remove is unknown"),
        ({"cpus": "many"}, "cpus is not a number"),
        ({"mounts": ["/a:/b"]}, "a mount is a str"),
        ({"environment": 3}, "environment is a int"),
        ({"device_requests": [object()]}, "a object"),
    ],
)
def test_invalid_docker_arguments_are_refused(operator: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidWorkPoolError, match=match):
        work_pools.recommend(docker_operator=operator)


def test_jinja_templates_are_noted_and_left_out() -> None:
    pool = work_pools.recommend(
        docker_operator={"image": "etl:{{ params.tag }}", "environment": {"DAY": "{{ ds }}", "STAGE": "prod"}}
    )
    assert pool.job_variables == {"env": {"STAGE": "prod"}}
    assert {note.partition(":")[0] for note in pool.notes} == {"image", "environment DAY"}


def test_both_operators_are_refused() -> None:
    with pytest.raises(InvalidWorkPoolError, match="in a pod or in a container"):
        work_pools.recommend(docker_operator={}, kubernetes_pod_operator={})


def test_build_step_uses_the_built_image() -> None:
    step = work_pools.build_step("registry.example.com/etl", tag="7", push=True)
    [build] = step["build"]
    assert build["prefect_docker.deployments.steps.build_docker_image"] == {
        "id": "build_image",
        "requires": "prefect-docker",
        "image_name": "registry.example.com/etl",
        "dockerfile": "Dockerfile",
        "tag": "7",
    }
    [push] = step["push"]
    assert push["prefect_docker.deployments.steps.push_docker_image"]["tag"] == "{{ build_image.tag }}"
    assert step["work_pool"] == {"job_variables": {"image": "{{ build_image.image }}"}}
    assert "push" not in work_pools.build_step("etl")


@pytest.mark.parametrize(("image", "step"), [("", "a"), ("a b", "a"), ("a", "build-image"), ("a", "")])
def test_invalid_build_names_are_refused(image: str, step: str) -> None:
    with pytest.raises(InvalidWorkPoolError):
        work_pools.build_step(image, step_id=step)


def test_helm_values_have_pool_and_server() -> None:
    pool = work_pools.recommend("etl", executor="KubernetesExecutor")
    assert work_pools.helm_values(pool, api_url="http://prefect-server:4200/api", limit=5) == {
        "worker": {
            "apiConfig": "selfHostedServer",
            "config": {"workPool": "etl", "limit": 5},
            "selfHostedServerApiConfig": {"apiUrl": "http://prefect-server:4200/api"},
        }
    }
    cloud = work_pools.helm_values(pool, account_id="a", workspace_id="w")["worker"]
    assert cloud["apiConfig"] == "cloud"
    assert cloud["cloudApiConfig"] == {"accountId": "a", "workspaceId": "w"}


@pytest.mark.parametrize("arguments", [{}, {"account_id": "a"}, {"api_url": "u", "account_id": "a"}])
def test_helm_values_need_exactly_one_server(arguments: dict[str, str]) -> None:
    with pytest.raises(InvalidWorkPoolError, match="either api_url"):
        work_pools.helm_values(work_pools.recommend(executor="KubernetesExecutor"), **arguments)


def test_helm_values_need_a_kubernetes_pool() -> None:
    with pytest.raises(UnsupportedFeatureError, match="prefect worker start"):
        work_pools.helm_values(work_pools.recommend("etl"), api_url="u")
