"""Recommends a work pool for the executor, queue and operator arguments of an Airflow task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.names import limit_name
from ..errors import InvalidWorkPoolError, UnsupportedFeatureError
from ._docker import docker_job_variables
from ._pod_operator import OPERATOR, pod_from_operator
from ._pods import PodParts, parts_of_pod, plain_pod
from ._secrets import SecretBlocks
from ._specs import WorkPoolSpec, WorkPoolType

_OVERRIDE = "pod_override"
_EXECUTOR_CONFIG = {
    "pod_template_file": "the file is not read; pass its content as kubernetes_pod_operator={'pod_template_dict': ...}",
    "KubernetesExecutor": "Airflow 2 ignores this key; use a pod_override",
}
# Airflow's default for `kubernetes_queue`: executors with two kinds of workers run tasks of this queue in pods.
_KUBERNETES_QUEUE = "kubernetes"

_PROCESS = {
    "CeleryExecutor": "a Celery worker runs tasks in processes on its machine, like the worker of a process pool",
    "DebugExecutor": "the executor runs tasks on the scheduler's machine",
    "EdgeExecutor": "an edge worker runs tasks in processes on its machine; start a worker of the pool on that machine",
    "LocalExecutor": "the executor runs tasks on the scheduler's machine",
    "SequentialExecutor": "the executor runs tasks on the scheduler's machine, one after another",
}
_BOTH = {"CeleryKubernetesExecutor": "CeleryExecutor", "LocalKubernetesExecutor": "LocalExecutor"}
_ELSEWHERE = {
    "AwsBatchExecutor": "Prefect has no work pool for AWS Batch.",
    "AwsEcsExecutor": "Create a pool of type ecs with the package prefect-aws.",
    "AwsLambdaExecutor": "Prefect has no work pool for AWS Lambda.",
    "DaskExecutor": "Use DaskTaskRunner of the package prefect-dask in the flow.",
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
    if kubernetes_pod_operator is not None and docker_operator is not None:
        raise InvalidWorkPoolError(
            "kubernetes_pod_operator and docker_operator can't be combined: a flow run is in a pod or in a container. "
            "Create a pool for each."
        )
    override, notes = _override(executor_config or {})
    named = _executors(executor)
    type_, reason = _type(named, queue, kubernetes_pod_operator, docker_operator, override)
    reasons = [reason]
    if queue and queue != "default":
        reasons.append(f"queue {queue!r}: start a worker of this pool on each machine that serves the queue")
    if len(named) > 1:
        notes.append(f"executor {', '.join(named[1:])}: ignored; create another pool for tasks that use it")
    name = name or (limit_name(queue) if queue else f"airflow-{type_}")
    secret_blocks = SecretBlocks(name)
    if type_ == "kubernetes":
        parts = _pod_parts(kubernetes_pod_operator, override, notes, secret_blocks)
    elif docker_operator is not None:
        variables, secret_env, more = docker_job_variables(docker_operator, secret_blocks)
        parts = PodParts(variables, secret_env=secret_env, notes=more)
    else:
        parts = PodParts()
    if override and type_ != "kubernetes":
        notes.append(f"{_OVERRIDE}: ignored, because the runs have no pod; leave it out")
    if parts.job_manifest:
        reasons.append("settings without a job variable are in the pool's job manifest and apply to all of its runs")
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
        secret_blocks.marks,
    )


def _type(
    named: list[str],
    queue: str,
    kubernetes_pod_operator: Mapping[str, Any] | None,
    docker_operator: Mapping[str, Any] | None,
    override: Mapping[str, Any] | None,
) -> tuple[WorkPoolType, str]:
    """Return the pool's type and the reason.

    An operator decides the type; without an operator, the executor; without an executor, a pod override.
    """
    if kubernetes_pod_operator is not None:
        return "kubernetes", f"{OPERATOR} starts a pod for each task; the work pool starts a pod for each flow run"
    if docker_operator is not None:
        return (
            "docker",
            "DockerOperator starts a container for each task; the work pool starts a container for each flow run",
        )
    if named:
        return _pool_type(named[0], queue)
    if override:
        return "kubernetes", "executor_config has a pod_override, which only applies to pods"
    return "process", "no argument requires a pod or container"


def _override(executor_config: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    override, notes = None, []
    for name, value in executor_config.items():
        if name == _OVERRIDE:
            override = None if value is None else plain_pod(value, _OVERRIDE)
        elif name in _EXECUTOR_CONFIG:
            notes.append(f"executor_config {name}: {_EXECUTOR_CONFIG[name]}")
        else:
            raise InvalidWorkPoolError(f"executor_config: executors don't read {name!r}. Use {_OVERRIDE}.")
    return override, notes


def _pod_parts(
    operator: Mapping[str, Any] | None, override: dict[str, Any] | None, notes: list[str], secret_blocks: SecretBlocks
) -> PodParts:
    if operator is None:
        return parts_of_pod(override or {}, _OVERRIDE, secret_blocks)
    if override:
        notes.append(f"{_OVERRIDE}: ignored; it applies to the pod that waits for {OPERATOR}, and flow runs have none")
    pod, variables, more = pod_from_operator(operator)
    parts = parts_of_pod(pod, OPERATOR, secret_blocks)
    parts.job_variables |= variables
    parts.notes = [*more, *parts.notes]
    return parts


def _executors(text: str) -> list[str]:
    """Return the class names of the executors in a setting. The first executor is Airflow's default.

    Since version 2.10, Airflow accepts several executors: `LocalExecutor,KubernetesExecutor`,
    `alias:my.module.Executor`.
    """
    names = [part.strip().rpartition(":")[2].rpartition(".")[2] for part in text.split(",")]
    return [name for name in names if name]


def _pool_type(executor: str, queue: str) -> tuple[WorkPoolType, str]:
    """Return the type of work pool for an executor, and the reason.

    Raises:
        UnsupportedFeatureError: No type of work pool can replace the executor.
    """
    if executor == "KubernetesExecutor":
        return "kubernetes", f"{executor} starts a pod for each task; the work pool starts a pod for each flow run"
    if executor in _BOTH:
        if queue == _KUBERNETES_QUEUE:
            return (
                "kubernetes",
                f"{executor} runs tasks of queue {queue!r} in pods; the work pool starts a pod for each flow run",
            )
        executor = _BOTH[executor]
    if executor in _PROCESS:
        return "process", f"{executor}: {_PROCESS[executor]}"
    what = _ELSEWHERE.get(executor, "Create a pool manually, or name the executor that it is derived from.")
    raise UnsupportedFeatureError(f"No process, docker or kubernetes pool can replace executor {executor!r}. {what}")
