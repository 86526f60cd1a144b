"""Secrets of pods and containers are never stored as plain text on the server."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from airflow_compat import work_pools
from airflow_compat.errors import InvalidWorkPoolError
from airflow_compat.work_pools import WorkPoolSpec
from airflow_compat.work_pools._plan import WorkPoolItem, plan_pools
from airflow_compat.work_pools._server import problems_with

SECRET = "open-sesame"
SECRET_VARIABLES = {
    "DB_PWD": SECRET,
    "AIRFLOW_CONN_SHOP": f"postgres://etl:{SECRET}@db/shop",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql://airflow:{SECRET}@db/airflow",
    "SETTINGS": json.dumps({"nested": {"password": SECRET}}),
    "SHOP_URL": f"https://etl:{SECRET}@shop.example.com/",
    "JAVA_OPTS": f"-Xmx1g -Dshop.password={SECRET}",
}


def shown(pool: WorkPoolSpec) -> str:
    return repr(pool) + json.dumps(pool.as_dict())


def as_list(environment: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": text} for name, text in environment.items()]


@pytest.mark.parametrize("variable", SECRET_VARIABLES)
@pytest.mark.parametrize(
    "operator",
    [
        lambda environment: {"kubernetes_pod_operator": {"env_vars": environment}},
        lambda environment: {"kubernetes_pod_operator": {"env_vars": as_list(environment)}},
        lambda environment: {
            "kubernetes_pod_operator": {"full_pod_spec": {"spec": {"containers": [{"env": as_list(environment)}]}}}
        },
        lambda environment: {
            "executor_config": {"pod_override": {"spec": {"containers": [{"env": as_list(environment)}]}}}
        },
        lambda environment: {"docker_operator": {"environment": environment}},
        lambda environment: {"docker_operator": {"private_environment": environment}},
    ],
    ids=["env_vars", "list of env_vars", "full_pod_spec", "pod_override", "environment", "private_environment"],
)
def test_secret_variable_is_read_from_a_block(operator: Any, variable: str) -> None:
    pool = work_pools.recommend("etl", **operator({variable: SECRET_VARIABLES[variable]}))
    [block] = pool.secret_env.values()
    assert list(pool.secret_env) == [variable]
    assert "env" not in pool.job_variables
    assert any(f"save the value as the block secret/{block}" in note for note in pool.notes)
    assert SECRET not in shown(pool)


@pytest.mark.parametrize("variable", SECRET_VARIABLES)
@pytest.mark.parametrize("where", ["containers", "initContainers"])
def test_secret_variable_of_another_container_is_a_reference(where: str, variable: str) -> None:
    beside = {"name": "proxy", "env": as_list({variable: SECRET_VARIABLES[variable]})}
    spec: dict[str, Any] = {"containers": [{"name": "base"}]}
    spec[where] = [*spec.get(where, ()), beside]
    pool = work_pools.recommend("etl", kubernetes_pod_operator={"full_pod_spec": {"spec": spec}})
    [env] = pool.job_manifest["spec"]["template"]["spec"][where][-1]["env"]
    assert env["name"] == variable
    assert re.fullmatch(r"{{ prefect\.blocks\.secret\.etl--proxy--[a-z0-9-]+ }}", env["value"])
    assert SECRET not in shown(pool)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("api_token", SECRET),
        ("example.com/url", f"https://etl:{SECRET}@shop.example.com"),
        ("kubectl.kubernetes.io/last-applied-configuration", json.dumps({"env": as_list({"DB_PWD": SECRET})})),
        (f"password={SECRET}", "true"),
    ],
)
@pytest.mark.parametrize(
    "operator",
    [
        lambda labels: {"kubernetes_pod_operator": {"labels": labels}},
        lambda labels: {"kubernetes_pod_operator": {"annotations": labels}},
        lambda labels: {"kubernetes_pod_operator": {"pod_template_dict": {"metadata": {"annotations": labels}}}},
        lambda labels: {"executor_config": {"pod_override": {"metadata": {"labels": labels}}}},
        lambda labels: {"docker_operator": {"labels": labels}},
    ],
    ids=["labels", "annotations", "pod_template_dict", "pod_override", "docker"],
)
def test_label_with_a_secret_is_left_out_and_noted(operator: Any, key: str, text: str) -> None:
    pool = work_pools.recommend("etl", **operator({key: text, "team": "data"}))
    found = pool.job_variables.get("labels") or pool.job_variables["annotations"]
    assert found == {"team": "data"}
    assert any(re.match("(labels|annotations) .*: left out, because the value has", note) for note in pool.notes)
    assert SECRET not in shown(pool)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (
            {"kubernetes_pod_operator": {"volumes": [{"flexVolume": {"options": {"password": SECRET}}}]}},
            "KubernetesPodOperator: spec.volumes.0.flexVolume.options.password has a secret's name",
        ),
        (
            {"kubernetes_pod_operator": {"volumes": [{"csi": {"volumeAttributes": {"password": 98765432}}}]}},
            "spec.volumes.0.csi.volumeAttributes.password has a secret's name",
        ),
        (
            {"kubernetes_pod_operator": {"volumes": [{"gitRepo": {"repository": f"https://a:{SECRET}@example.com"}}]}},
            "spec.volumes.0.gitRepo.repository has a URL with a login",
        ),
        (
            {"docker_operator": {"mounts": [{"Type": "volume", "Target": "/a", "Options": {"o": f"pwd={SECRET}"}}]}},
            "DockerOperator: container_create_kwargs.mounts.0.Options.o has",
        ),
    ],
)
def test_secret_elsewhere_is_refused_with_its_place(arguments: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidWorkPoolError, match=re.escape(place)) as caught:
        work_pools.recommend(**arguments)
    assert SECRET not in str(caught.value)


def test_references_to_secrets_are_kept() -> None:
    beside = {
        "name": "proxy",
        "image": "registry.example.com/proxy:1@sha256:" + "ab" * 32,
        "args": [
            "--password",
            "$(DB_PWD)",
            "--dsn=postgres://etl:$(DB_PWD)@db:5432/shop",
            "-credential_file=/secrets/key.json",
            "--upstream=auth-proxy:8080",
            "--auth=$(DB_USER):$(DB_PWD)",
            "--token-path",
            "/secrets/token",
        ],
        "command": ["sh", "-c", "TOKEN=$(cat /secrets/token) exec proxy --password=${DB_PWD} --secret=$DB_PWD"],
        "envFrom": [{"secretRef": {"name": "all"}}],
        "volumeMounts": [{"name": "secret", "mountPath": "/secrets"}],
    }
    spec = {
        "serviceAccountName": "runner",
        "nodeSelector": {"auth": "strict"},
        "tolerations": [{"key": "proxy", "operator": "Equal", "value": "true"}],
        "volumes": [
            {"name": "secret", "secret": {"secretName": "files"}},
            {"name": "csi", "csi": {"volumeAttributes": {"secretProviderClass": "azure"}}},
        ],
        "containers": [{"name": "base", "args": ["--password", SECRET]}, beside],
    }
    annotations = {"vault.hashicorp.com/agent-inject-secret-shop": "database/creds/shop", "proxy": "true"}
    pool = work_pools.recommend(
        kubernetes_pod_operator={"full_pod_spec": {"spec": spec, "metadata": {"annotations": annotations}}}
    )
    assert pool.job_manifest["spec"]["template"]["spec"]["containers"][1] == beside
    assert pool.job_variables["annotations"] == annotations
    assert pool.job_variables["volumes"] == spec["volumes"]
    # The flow's container doesn't keep its arguments.
    assert SECRET not in shown(pool)


def test_only_the_last_variable_of_a_name_is_written() -> None:
    env = [{"name": "X", "value": f"postgres://u:{SECRET}@h"}, {"name": "X", "value": "ok"}]
    spec = {"containers": [{"name": "base"}, {"name": "proxy", "env": env}]}
    pool = work_pools.recommend(kubernetes_pod_operator={"full_pod_spec": {"spec": spec}})
    assert pool.job_manifest["spec"]["template"]["spec"]["containers"][1]["env"] == env[1:]


def plan(*pools: WorkPoolSpec) -> list[WorkPoolItem]:
    variables = ("env", "image", "namespace", "labels", "annotations")
    template = {
        "variables": {"properties": {name: {} for name in variables}},
        "job_configuration": {"env": "{{ env }}", "job_manifest": {"spec": {"template": {"spec": {}}}}},
    }
    return list(plan_pools(pools, {}, {"kubernetes": template, "docker": template}, problems_with, replace=False))


def test_block_names_are_unique() -> None:
    def blocks(pool: str, variable: str, container: str = "") -> list[str]:
        env = [{"name": variable, "value": SECRET}]
        containers: list[dict[str, Any]] = [{"name": "base"}, {"name": container, "env": env}]
        spec = {"containers": containers if container else [{"env": env}]}
        found = work_pools.recommend(pool, executor_config={"pod_override": {"spec": spec}})
        return re.findall(r"secret/([a-z0-9-]+)", " ".join(found.notes))

    cases = [
        ("etl", "PASSWORD"),
        ("sales", "PASSWORD"),
        ("etl", "password"),
        ("ETL", "PASSWORD"),
        ("etl-db", "PASSWORD"),
        ("etl", "DB_PASSWORD"),
        ("etl", "DB__PASSWORD"),
        ("etl", "DB.PASSWORD"),
        ("etl--db", "PASSWORD"),
        ("etl", "PASSWORD", "db"),
        ("etl", "PASSWORD", "proxy"),
    ]
    names = [blocks(*case) for case in cases]
    assert all(len(found) == 1 for found in names)
    assert len({name for [name] in names}) == len(cases)
    assert names[0] == ["etl--password"]
    assert names[-1] == ["etl--proxy--password"]
    # Another run plans the same.
    assert [blocks(*case) for case in cases] == names


@pytest.mark.parametrize(
    "recommended",
    [
        lambda secret: work_pools.recommend("etl", docker_operator={"environment": {"PASSWORD": secret}}),
        lambda secret: work_pools.recommend("etl", kubernetes_pod_operator={"env_vars": {"PASSWORD": secret}}),
        lambda secret: work_pools.recommend(
            "etl",
            kubernetes_pod_operator={"init_containers": [{"name": "wait", "env": as_list({"PASSWORD": secret})}]},
        ),
    ],
    ids=["docker", "pod", "init container"],
)
def test_two_secrets_do_not_share_a_block(recommended: Any) -> None:
    [item] = plan(recommended(SECRET), recommended("another"))
    assert item.action == "refused"
    assert re.search(r"different secrets in the block secret/etl--(wait--)?password", item.notes[0])
    assert SECRET not in repr(item) + repr(item.as_dict())
    [item] = plan(recommended(SECRET), recommended(SECRET))
    assert item.action == "create"


def test_equal_container_names_with_different_secrets_are_refused() -> None:
    containers = [{"name": "wait", "env": as_list({"PASSWORD": secret})} for secret in (SECRET, "another")]
    with pytest.raises(InvalidWorkPoolError, match="env of wait PASSWORD has two values") as caught:
        work_pools.recommend("etl", kubernetes_pod_operator={"init_containers": containers})
    assert SECRET not in str(caught.value)


def test_private_value_overrides_a_public_one() -> None:
    pool = work_pools.recommend(
        "etl", docker_operator={"environment": {"LOGIN": "public"}, "private_environment": {"LOGIN": SECRET}}
    )
    assert pool.secret_env == {"LOGIN": "etl--login"}
    assert "env" not in pool.job_variables
    assert SECRET not in shown(pool)
