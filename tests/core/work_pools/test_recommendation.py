"""Work pools for what Airflow says of executors, queues and containers; what has no place is named."""

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
def test_the_executor_and_the_queue_say_which_kind(executor: str, queue: str, type_: str) -> None:
    pool = work_pools.recommend(executor=executor, queue=queue)
    assert pool.type == type_
    assert pool.name == (queue or f"airflow-{type_}")
    assert pool.reasons
    assert pool.job_variables == {}


def test_of_several_executors_the_others_are_named() -> None:
    pool = work_pools.recommend(executor="LocalExecutor,KubernetesExecutor")
    assert pool.notes == ("executor KubernetesExecutor: the first is the default; ask again for what names another",)


@pytest.mark.parametrize("executor", ["AwsEcsExecutor", "DaskExecutor", "my.OwnExecutor"])
def test_an_executor_that_no_pool_is_like_is_refused_by_name(executor: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=executor.rpartition(".")[2]):
        work_pools.recommend(executor=executor)


@pytest.mark.parametrize("name", ["", " ", "a/b", "a%", "a&b", "<a>", "prefect-pool", "Prefect"])
def test_a_name_that_the_server_refuses_is_refused(name: str) -> None:
    with pytest.raises(InvalidWorkPoolError):
        work_pools.WorkPoolSpec(name, "process")


def test_a_queue_becomes_a_name_that_prefect_takes() -> None:
    assert work_pools.recommend(queue="team/etl").name == "team-etl"


@pytest.mark.parametrize("limit", [-1, True, 1.5, "3"])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    with pytest.raises(InvalidWorkPoolError, match="concurrency_limit"):
        work_pools.recommend(concurrency_limit=limit)


def test_a_container_is_brought_over_whole() -> None:
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
    assert pool.secret_env == {"API_TOKEN": "api-token", "LOGIN": "login"}
    named = {note.partition(":")[0] for note in pool.notes}
    assert named == {
        "task_id",
        "command",
        "docker_url",
        "docker_conn_id",
        "environment API_TOKEN",
        "private_environment LOGIN",
    }


def test_no_secret_is_in_what_is_said() -> None:
    pool = work_pools.recommend(
        docker_operator={"environment": {"API_TOKEN": "open-sesame"}, "private_environment": ["LOGIN=open-sesame"]}
    )
    assert "open-sesame" not in repr(pool) + str(pool.as_dict())


@pytest.mark.parametrize("policy", ["never", "success", False])
def test_a_pool_that_cannot_remove_some_containers_removes_none(policy: Any) -> None:
    pool = work_pools.recommend(docker_operator={"auto_remove": policy})
    assert "auto_remove" not in pool.job_variables
    assert bool(pool.notes) == (policy == "success")


@pytest.mark.parametrize(
    ("operator", "match"),
    [
        ({"imagee": "a"}, "no argument 'imagee'; did you mean image"),
        ({"zzz": 1}, "no argument 'zzz'; leave it out"),
        ({"auto_remove": "often"}, "auto_remove is 'often'"),
        ({"cpus": "many"}, "cpus is 'many'"),
        ({"mounts": ["/a:/b"]}, "a mount is a str"),
        ({"environment": 3}, "environment is a int"),
        ({"device_requests": [object()]}, "a object"),
    ],
)
def test_what_docker_has_not_is_refused_by_name(operator: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidWorkPoolError, match=match):
        work_pools.recommend(docker_operator=operator)


def test_a_template_is_named_and_left_out() -> None:
    pool = work_pools.recommend(
        docker_operator={"image": "etl:{{ params.tag }}", "environment": {"DAY": "{{ ds }}", "STAGE": "prod"}}
    )
    assert pool.job_variables == {"env": {"STAGE": "prod"}}
    assert {note.partition(":")[0] for note in pool.notes} == {"image", "environment DAY"}


def test_a_run_is_in_a_pod_or_in_a_container() -> None:
    with pytest.raises(InvalidWorkPoolError, match="in a pod or in a container"):
        work_pools.recommend(docker_operator={}, kubernetes_pod_operator={})


def test_the_build_is_of_the_image_that_runs_are_in() -> None:
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
def test_a_build_that_nothing_could_refer_to_is_refused(image: str, step: str) -> None:
    with pytest.raises(InvalidWorkPoolError):
        work_pools.build_step(image, step_id=step)


def test_helm_is_told_of_the_pool_and_its_server() -> None:
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
def test_a_worker_without_one_server_is_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(InvalidWorkPoolError, match="either api_url"):
        work_pools.helm_values(work_pools.recommend(executor="KubernetesExecutor"), **arguments)


def test_the_chart_is_for_kubernetes() -> None:
    with pytest.raises(UnsupportedFeatureError, match="prefect worker start"):
        work_pools.helm_values(work_pools.recommend("etl"), api_url="u")
