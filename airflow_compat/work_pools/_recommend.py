"""The work pool for what a DAG or an Airflow installation says of where its tasks run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.names import limit_name
from ..errors import InvalidWorkPoolError
from .work_pool_docker import docker_job_variables
from .work_pool_executors import executors, pool_type
from .work_pool_pod_operator import OPERATOR, pod_from_operator
from .work_pool_pods import PodParts, parts_of_pod, plain_pod
from .work_pools import WorkPoolSpec, WorkPoolType

_OVERRIDE = "pod_override"
_DEFAULT_QUEUE = "default"
_EXECUTOR_CONFIG = {
    "pod_template_file": "it is not read; give what it holds as kubernetes_pod_operator={'pod_template_dict': ...}",
    "KubernetesExecutor": "Airflow 2 no longer reads it; write a pod_override",
}


def recommended_pool(
    name: str,
    *,
    executor: str,
    queue: str,
    kubernetes_pod_operator: Mapping[str, Any] | None,
    docker_operator: Mapping[str, Any] | None,
    executor_config: Mapping[str, Any] | None,
    concurrency_limit: int | None,
) -> WorkPoolSpec:
    """See `airflow_compat.work_pools.recommend`."""
    if kubernetes_pod_operator is not None and docker_operator is not None:
        raise InvalidWorkPoolError(
            "kubernetes_pod_operator and docker_operator: a flow run is in a pod or in a container; make a pool of each"
        )
    override, notes = _override(executor_config or {})
    named = executors(executor)
    type_, reason = _type(named, queue, kubernetes_pod_operator, docker_operator, override)
    reasons = [reason]
    if queue and queue != _DEFAULT_QUEUE:
        reasons.append(f"queue {queue!r}: start a worker of this pool on each machine that serves the queue")
    if len(named) > 1:
        notes.append(f"executor {', '.join(named[1:])}: the first is the default; ask again for what names another")
    name = name or (limit_name(queue) if queue else f"airflow-{type_}")
    if type_ == "kubernetes":
        parts = _pod_parts(kubernetes_pod_operator, override, notes)
    elif docker_operator is not None:
        variables, secret_env, more = docker_job_variables(docker_operator)
        parts = PodParts(variables, secret_env=secret_env, notes=more)
    else:
        parts = PodParts()
    if override and type_ != "kubernetes":
        notes.append(f"{_OVERRIDE}: there is no pod, and Airflow's executor doesn't read it either; leave it out")
    if parts.job_manifest:
        reasons.append("what has no job variable is in the pool's job manifest, and so the same for all of its runs")
    return WorkPoolSpec(
        name,
        type_,
        parts.job_variables,
        concurrency_limit,
        parts.added_variables,
        parts.job_manifest,
        parts.secret_env,
        tuple(reasons),
        (*notes, *parts.notes),
    )


def _type(
    named: list[str],
    queue: str,
    kubernetes_pod_operator: Mapping[str, Any] | None,
    docker_operator: Mapping[str, Any] | None,
    override: Mapping[str, Any] | None,
) -> tuple[WorkPoolType, str]:
    """What says most wins: an operator, then the executor, then what is for pods alone."""
    if kubernetes_pod_operator is not None:
        return "kubernetes", f"{OPERATOR} runs its task in a pod of its own; a pool has one for each flow run"
    if docker_operator is not None:
        return "docker", "DockerOperator runs its task in a container of its own; a pool has one for each flow run"
    if named:
        return pool_type(named[0], queue)
    if override:
        return "kubernetes", "executor_config has a pod_override, which is for pods alone"
    return "process", "nothing asks for a container, so that a process will do"


def _override(executor_config: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    override, notes = None, []
    for name, value in executor_config.items():
        if name == _OVERRIDE:
            override = None if value is None else plain_pod(value, _OVERRIDE)
        elif name in _EXECUTOR_CONFIG:
            notes.append(f"executor_config {name}: {_EXECUTOR_CONFIG[name]}")
        else:
            raise InvalidWorkPoolError(f"executor_config: {name!r} is nothing that executors read; write {_OVERRIDE}")
    return override, notes


def _pod_parts(operator: Mapping[str, Any] | None, override: dict[str, Any] | None, notes: list[str]) -> PodParts:
    if operator is None:
        return parts_of_pod(override or {}, _OVERRIDE)
    if override:
        notes.append(f"{_OVERRIDE}: it is for the pod that waits for {OPERATOR}'s; a flow run has the latter alone")
    pod, variables, more = pod_from_operator(operator)
    parts = parts_of_pod(pod, OPERATOR)
    parts.job_variables |= variables
    parts.notes = [*more, *parts.notes]
    return parts
