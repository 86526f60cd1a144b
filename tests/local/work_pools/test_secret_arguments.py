"""Secrets and harmless texts in the arguments of a pod's other containers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from airflow_compat import work_pools
from airflow_compat.errors import InvalidWorkPoolError

SECRET = "open-sesame"
BESIDE: list[tuple[dict[str, Any], str]] = [
    ({"args": ["--password", SECRET]}, "container proxy.args has a secret after the name 'password'"),
    ({"command": ["sh", "-c", f"curl -H 'Authorization: Bearer {SECRET}'"]}, "container proxy.command has"),
    ({"args": [f"--dsn=postgres://etl:{SECRET}@db"]}, "container proxy.args has"),
    (
        {"livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X-Api-Token", "value": SECRET}]}}},
        "container proxy.livenessProbe.httpGet.httpHeaders.0 has a secret's name",
    ),
    ({"lifecycle": {"postStart": {"exec": {"command": ["login", f"--token={SECRET}"]}}}}, "postStart.exec.command has"),
    ({"args": ["--password", 98765432]}, "container proxy.args has a secret after the name 'password'"),
    ({"args": ["--password", SECRET, 1]}, "container proxy.args has"),
    ({"command": ["x", "--password"], "args": [SECRET]}, "container proxy.args has"),
    ({"args": [f"--password={SECRET}-path"]}, "container proxy.args has"),
    ({"args": ["--password", f"{SECRET}-file"]}, "container proxy.args has"),
    ({"args": [f"--password=$(X){SECRET}"]}, "container proxy.args has"),
    ({"args": ["proxy-password:12345"]}, "container proxy.args has"),
    ({"args": ["--password", f"-{SECRET}", "--verbose"]}, "container proxy.args has"),
    ({"args": [f"--password=true{SECRET}"]}, "container proxy.args has"),
    ({"args": [f"--token-url=https://u:{SECRET}@h"]}, "container proxy.args has"),
    ({"args": [f"ssh://git:{SECRET}@h"]}, "container proxy.args has"),
    (
        {"env": [{"name": "X", "value": SECRET, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
        "env X has both value and valueFrom",
    ),
]


@pytest.mark.parametrize(("fields", "place"), BESIDE)
@pytest.mark.parametrize("where", ["containers", "initContainers"])
def test_secret_of_another_container_is_refused_with_its_place(where: str, fields: dict[str, Any], place: str) -> None:
    spec: dict[str, Any] = {"containers": [{"name": "base"}]}
    spec[where] = [*spec.get(where, ()), {"name": "proxy", **fields}]
    for arguments in (
        {"kubernetes_pod_operator": {"full_pod_spec": {"spec": spec}}},
        {"executor_config": {"pod_override": {"spec": spec}}},
    ):
        with pytest.raises(InvalidWorkPoolError, match=re.escape(place)) as caught:
            work_pools.recommend(**arguments)  # type: ignore[arg-type]
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "--token-ttl=5m",
        "--auth-mode=server",
        "--authorization-mode=RBAC",
        "--secret-namespace=x",
        "--use-credentials=false",
        "--token-url=https://h/x",
        "--pass-access-token=true",
        "--no-auth --foo",
        "--no-auth -v",
        "--password-stdin --verbose",
        "--access-token-lifetime=3600",
        "--refresh-token 1h30m",
        "ssh://git@github.com/x",
        "gcloud auth activate-service-account --key-file=/x",
    ],
)
def test_harmless_argument_is_kept(line: str) -> None:
    for args in ([line], line.split()):
        spec = {"containers": [{"name": "base"}, {"name": "proxy", "args": args}]}
        pool = work_pools.recommend(kubernetes_pod_operator={"full_pod_spec": {"spec": spec}})
        assert pool.job_manifest["spec"]["template"]["spec"]["containers"][1]["args"] == args
