"""Which kind of work pool an Airflow executor is, and where it says so by itself, which pool a queue is."""

from __future__ import annotations

from ..errors import UnsupportedFeatureError
from .work_pools import WorkPoolType

KUBERNETES_QUEUE = "kubernetes"
"""What sends a task to the cluster where an executor has both; Airflow's default for `kubernetes_queue`."""

_PROCESS = {
    "CeleryExecutor": "a Celery worker runs tasks in processes of its machine, as a process pool's worker does",
    "DebugExecutor": "it runs tasks on the scheduler's machine",
    "EdgeExecutor": "an edge worker runs tasks in processes of its machine; start a pool's worker there",
    "LocalExecutor": "it runs tasks on the scheduler's machine",
    "SequentialExecutor": "it runs tasks on the scheduler's machine, one after another",
}
_POD = "KubernetesExecutor"
_BOTH = {"CeleryKubernetesExecutor": "CeleryExecutor", "LocalKubernetesExecutor": "LocalExecutor"}
_ELSEWHERE = {
    "AwsBatchExecutor": "AWS Batch has no pool",
    "AwsEcsExecutor": "create a pool of type ecs, with the package prefect-aws",
    "AwsLambdaExecutor": "AWS Lambda has no pool",
    "DaskExecutor": "use DaskTaskRunner of the package prefect-dask in the flow",
}


def executors(text: str) -> list[str]:
    """The executors that a setting names, without modules and aliases; the first is the default.

    From 2.10 on, Airflow takes several: `LocalExecutor,KubernetesExecutor`, `alias:my.module.Executor`.
    """
    names = [part.strip().rpartition(":")[2].rpartition(".")[2] for part in text.split(",")]
    return [name for name in names if name]


def pool_type(executor: str, queue: str) -> tuple[WorkPoolType, str]:
    """The type for an executor, and the reason.

    Raises:
        UnsupportedFeatureError: No process, container or pod does what it does.
    """
    if executor == _POD:
        return "kubernetes", f"{executor} runs each task in a pod; a pool has one for each flow run"
    if executor in _BOTH:
        if queue == KUBERNETES_QUEUE:
            return "kubernetes", f"{executor} runs tasks of queue {queue!r} in pods; a pool has one for each flow run"
        executor = _BOTH[executor]
    if executor in _PROCESS:
        return "process", f"{executor}: {_PROCESS[executor]}"
    what = _ELSEWHERE.get(executor, "create a pool for it by hand, or name the executor that it is derived from")
    raise UnsupportedFeatureError(f"executor {executor!r}: none of the pools process, docker and kubernetes; {what}")
