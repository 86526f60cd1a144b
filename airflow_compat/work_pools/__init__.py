"""Work pools for what a DAG says of where its tasks run: executor, queue, pod, container.

`recommend` makes specs and asks no server. `plan` compares them with what the server holds, `apply` writes the
difference. `build_step` and `helm_values` make what stands in prefect.yaml and in the values of Prefect's Helm chart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._specs.work_pool_plan import WorkPoolItem, WorkPoolOutcome
from ._specs.work_pools import WorkPoolSpec, WorkPoolType
from .errors import InvalidWorkPoolError

__all__ = [
    "InvalidWorkPoolError",
    "WorkPoolItem",
    "WorkPoolOutcome",
    "WorkPoolSpec",
    "WorkPoolType",
    "aapply",
    "aplan",
    "apply",
    "build_step",
    "helm_values",
    "plan",
    "recommend",
]


def recommend(
    name: str = "",
    *,
    executor: str = "",
    queue: str = "",
    kubernetes_pod_operator: Mapping[str, Any] | None = None,
    docker_operator: Mapping[str, Any] | None = None,
    executor_config: Mapping[str, Any] | None = None,
    concurrency_limit: int | None = None,
) -> WorkPoolSpec:
    """The work pool for what a DAG, or an Airflow installation, says of where its tasks run.

    An operator's arguments decide before the executor. A pool's infrastructure is a flow run's, not a task's: all tasks
    of a run share its pod or container.

    Every argument of an operator becomes a job variable, a part of the pool's job manifest, or one of the spec's notes,
    which say why it has no place there and what to do instead. An environment variable with the name of a secret is
    taken from a `Secret` block at each run, and its value isn't copied.

    Args:
        name: The pool's name; that of the queue by default, else `airflow-` and the type.
        executor: Airflow's `[core] executor`: a class, a path to one, or several, of which the first counts.
        queue: A task's `queue`.
        kubernetes_pod_operator: The arguments of `KubernetesPodOperator(...)`, with the Kubernetes client's objects or
            dictionaries.
        docker_operator: The arguments of `DockerOperator(...)`.
        executor_config: A task's, with a `pod_override`: a `V1Pod` or a dictionary.
        concurrency_limit: How many flow runs go on in the pool at once. None is recommended: Airflow's `parallelism`
            and `worker_concurrency` count tasks.

    Raises:
        InvalidWorkPoolError: An argument is misspelt, is nothing that the operator takes, or contradicts another.
        UnsupportedFeatureError: No process, container or pod does what the executor does.

    Example:
        ```python
        from airflow_compat import work_pools

        pool = work_pools.recommend(
            kubernetes_pod_operator={"image": "registry.example.com/etl:7", "namespace": "etl", "cmds": ["python"]}
        )
        print(pool.type, pool.job_variables["image"])
        print([note.partition(":")[0] for note in pool.notes])
        ```
    """
    from ._specs.work_pool_recommendation import recommended_pool

    return recommended_pool(
        name,
        executor=executor,
        queue=queue,
        kubernetes_pod_operator=kubernetes_pod_operator,
        docker_operator=docker_operator,
        executor_config=executor_config,
        concurrency_limit=concurrency_limit,
    )


def plan(pools: Iterable[WorkPoolSpec], *, replace: bool = False) -> tuple[WorkPoolItem, ...]:
    """Compare work pools with what the Prefect server holds. Nothing is written.

    A pool is told by its name. What its template has beyond what a spec asks for is left as it is, and so is a limit
    where none is asked for. Several specs of one name are one pool for several deployments.

    Args:
        pools: What `recommend` made.
        replace: Whether what differs is to be changed; else it is left as it is.

    Returns:
        An item for each pool: `create`, `unchanged`, `differs` or with `replace` `update`, or `refused` where its type
        is another, its job variables don't fit its template, or two specs contradict each other.

    Raises:
        MissingPackageError: Neither is a type's worker installed, nor does the server know of it.
        ServerError: The server can't be asked.
    """
    from ._work_pools.administration import plan_work_pools

    return plan_work_pools(pools, replace=replace)


def apply(
    pools: Iterable[WorkPoolSpec] | Iterable[WorkPoolItem], *, replace: bool = False
) -> tuple[WorkPoolOutcome, ...]:
    """Make the server hold these work pools, each with Prefect's own job template and what the spec adds to it.

    Args:
        pools: What `recommend` made, or what `plan` returned.
        replace: See `plan`. Items of a plan were planned with or without it.

    Returns:
        What became of each item of the plan. What fails is told there, and the rest goes on.

    Raises:
        InvalidWorkPoolError: The plan refuses a pool, or something else was given; nothing was written. The message has
            each, and why.
        MissingPackageError: See `plan`.
        ServerError: The server can't be asked.
    """
    from ._work_pools.administration import apply_work_pools

    return apply_work_pools(pools, replace=replace)


async def aplan(pools: Iterable[WorkPoolSpec], *, replace: bool = False) -> tuple[WorkPoolItem, ...]:
    """`plan` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(plan, pools, replace=replace)


async def aapply(
    pools: Iterable[WorkPoolSpec] | Iterable[WorkPoolItem], *, replace: bool = False
) -> tuple[WorkPoolOutcome, ...]:
    """`apply` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(apply, pools, replace=replace)


def build_step(
    image_name: str,
    *,
    tag: str | None = None,
    dockerfile: str = "Dockerfile",
    push: bool = False,
    step_id: str = "build_image",
) -> dict[str, Any]:
    """What a deployment of prefect.yaml needs to run in an image that `prefect deploy` builds.

    An image that is built is used only where the deployment's job variables name it, which they do by the step's id.

    Args:
        image_name: The image's name, with its registry.
        tag: Its tag; Prefect takes the time by default.
        dockerfile: The Dockerfile; `auto` for one that Prefect makes.
        push: Whether it is pushed to the registry, as pools on other machines need it.
        step_id: What the step is called.

    Returns:
        `build`, with `push=True` also `push`, and `work_pool` with the `job_variables`.

    Raises:
        InvalidWorkPoolError: The image's or the step's name can't be one.
    """
    from ._specs.work_pool_build import docker_build

    return docker_build(image_name, tag=tag, dockerfile=dockerfile, push=push, step_id=step_id)


def helm_values(
    pool: WorkPoolSpec,
    *,
    api_url: str = "",
    account_id: str = "",
    workspace_id: str = "",
    limit: int | None = None,
) -> dict[str, Any]:
    """The values with which Prefect's Helm chart `prefect-worker` starts a worker of a kubernetes pool.

    They are those of the chart's releases from 2025.3 on. The API key of Prefect Cloud is not among them: the chart
    takes it from a secret of the cluster, `prefect-api-key` by default. Install the chart into the namespace of the
    jobs: that is where its worker may make them.

    Args:
        pool: A kubernetes pool.
        api_url: The server's API as the cluster sees it.
        account_id: For Prefect Cloud, in place of `api_url`: the account.
        workspace_id: The workspace there.
        limit: How many flow runs one worker starts at once.

    Raises:
        UnsupportedFeatureError: The pool is of another type.
        InvalidWorkPoolError: Neither a server nor a workspace is named, or both are.
    """
    from ._specs.work_pool_helm import chart_values

    return chart_values(pool, api_url=api_url, account_id=account_id, workspace_id=workspace_id, limit=limit)
