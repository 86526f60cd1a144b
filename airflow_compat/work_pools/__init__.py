"""Create Prefect work pools from an Airflow executor, queue, pod or container.

`recommend` creates specs without a server. `plan` compares the specs with the server, and `apply` writes the
differences. `build_step` and `helm_values` return configuration for prefect.yaml and for Prefect's Helm chart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from .._prefect.given_items import are_items, of_one_kind
from ..errors import InvalidWorkPoolError, UnsupportedFeatureError
from ._plan import WorkPoolItem, WorkPoolOutcome, plan_pools
from ._specs import WorkPoolSpec, WorkPoolType

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

_BUILD_STEPS = "prefect_docker.deployments.steps"


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
    """Recommend a work pool for an Airflow executor, a queue, or a task's operator.

    An operator's arguments take precedence over the executor. Work pools provide infrastructure per flow run, so all
    tasks of a flow run share one pod or container.

    Each argument of an operator becomes a job variable, a part of the pool's Kubernetes job manifest, or a note. Notes
    explain what is not supported. Each run reads secret environment variables from a `Secret` block; the variables'
    values are not copied.

    Args:
        name: The pool's name. Defaults to the queue's name; without a queue, to `airflow-` plus the pool's type.
        executor: Airflow's `[core] executor`: a class name or path. Of several executors, only the first is used.
        queue: A task's `queue`.
        kubernetes_pod_operator: The arguments of `KubernetesPodOperator(...)`, as objects of the Kubernetes client or
            dictionaries.
        docker_operator: The arguments of `DockerOperator(...)`.
        executor_config: A task's `executor_config` with a `pod_override`: a `V1Pod` or a dictionary.
        concurrency_limit: The maximum number of flow runs at the same time. Airflow's `parallelism` and
            `worker_concurrency` count tasks instead.

    Raises:
        InvalidWorkPoolError: An argument is misspelt, invalid, contradicts another, or has a secret where no `Secret`
            block can be used.
        UnsupportedFeatureError: No process, docker or kubernetes pool can replace the executor.

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
    from ._recommend import recommended_pool

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
    """Compare work pools with the Prefect server, without writing anything.

    Pools are identified by name. A pool keeps template additions that the spec lacks, and its concurrency limit if the
    spec has none. Several specs with the same name describe one pool for several deployments.

    Args:
        pools: The specs.
        replace: Update pools that differ from their spec.

    Returns:
        An item for each pool: `create`, `unchanged`, `differs`, `update` (with `replace`), or `refused`. A pool is
        refused if the server's pool has another type, its job variables don't fit its template, or two specs contradict
        each other.

    Raises:
        MissingPackageError: A pool type's worker isn't installed, and the server doesn't have the type's job template.
        ServerError: The request failed.
    """
    from ._server import problems_with, read_template, read_work_pools

    specs = of_one_kind(pools, WorkPoolSpec, error=InvalidWorkPoolError)
    held = read_work_pools({spec.name for spec in specs})
    templates = {str(type_): read_template(type_) for type_ in {spec.type for spec in specs}}
    return plan_pools(specs, held, templates, problems_with, replace=replace)


def apply(
    pools: Iterable[WorkPoolSpec] | Iterable[WorkPoolItem], *, replace: bool = False
) -> tuple[WorkPoolOutcome, ...]:
    """Create or update the work pools on the server, with Prefect's job template and the spec's additions.

    Args:
        pools: The specs, or the items that `plan` returned.
        replace: See `plan`. Not allowed if `pools` are the items of a plan.

    Returns:
        The outcome of each item. An error in one item doesn't stop the others.

    Raises:
        InvalidWorkPoolError: The plan refuses a pool, or `pools` has the wrong type. Nothing was written.
        MissingPackageError: See `plan`.
        ServerError: The request failed.
    """
    from ._apply import apply_items

    given = of_one_kind(pools, WorkPoolSpec, WorkPoolItem, error=InvalidWorkPoolError)
    if not are_items(given, WorkPoolItem, {"replace": replace}, InvalidWorkPoolError):
        given = plan(given, replace=replace)
    return apply_items(given)


async def aplan(pools: Iterable[WorkPoolSpec], *, replace: bool = False) -> tuple[WorkPoolItem, ...]:
    """Run `plan` without blocking the event loop."""
    return await asyncio.to_thread(plan, pools, replace=replace)


async def aapply(
    pools: Iterable[WorkPoolSpec] | Iterable[WorkPoolItem], *, replace: bool = False
) -> tuple[WorkPoolOutcome, ...]:
    """Run `apply` without blocking the event loop."""
    return await asyncio.to_thread(apply, pools, replace=replace)


def build_step(
    image_name: str,
    *,
    tag: str | None = None,
    dockerfile: str = "Dockerfile",
    push: bool = False,
    step_id: str = "build_image",
) -> dict[str, Any]:
    """Return the part of a prefect.yaml deployment that builds an image and runs the flow in it.

    A deployment only uses the built image if its job variables refer to the build step's id.

    Args:
        image_name: The image's name, with its registry.
        tag: The image's tag. By default, Prefect uses the current time.
        dockerfile: The Dockerfile, or `auto` to let Prefect generate one.
        push: Push the image to the registry. Required for pools on other machines.
        step_id: The step's id.

    Returns:
        The sections `build`, `push` (if requested), and `work_pool` with the `job_variables`.

    Raises:
        InvalidWorkPoolError: The image's name or the step's id is invalid.
    """
    if not image_name or any(character.isspace() for character in image_name):
        raise InvalidWorkPoolError(f"Image name {image_name!r} is invalid. Use a name without spaces.")
    if not step_id.isidentifier():
        raise InvalidWorkPoolError(f"Step id {step_id!r} is invalid. Use a Python identifier.")
    build = {"id": step_id, "requires": "prefect-docker", "image_name": image_name, "dockerfile": dockerfile}
    build |= {} if tag is None else {"tag": tag}
    built = {field: f"{{{{ {step_id}.{field} }}}}" for field in ("image_name", "tag", "image")}
    pushed = {"requires": "prefect-docker", "image_name": built["image_name"], "tag": built["tag"]}
    return {
        "build": [{f"{_BUILD_STEPS}.build_docker_image": build}],
        **({"push": [{f"{_BUILD_STEPS}.push_docker_image": pushed}]} if push else {}),
        "work_pool": {"job_variables": {"image": built["image"]}},
    }


def helm_values(
    pool: WorkPoolSpec,
    *,
    api_url: str = "",
    account_id: str = "",
    workspace_id: str = "",
    limit: int | None = None,
) -> dict[str, Any]:
    """Return the values that make Prefect's Helm chart `prefect-worker` start a worker of a kubernetes pool.

    The values fit chart releases from 2025.3 on. The chart reads the API key of Prefect Cloud from a secret of the
    cluster, `prefect-api-key` by default. Install the chart into the namespace of the jobs: the chart's worker may
    create jobs only in its own namespace.

    Args:
        pool: A kubernetes pool.
        api_url: The server's API, as seen from the cluster.
        account_id: The account in Prefect Cloud, instead of `api_url`.
        workspace_id: The workspace in Prefect Cloud.
        limit: The maximum number of flow runs per worker.

    Raises:
        UnsupportedFeatureError: The pool is not a kubernetes pool.
        InvalidWorkPoolError: The server's address is missing, incomplete or given twice.
    """
    if pool.type != "kubernetes":
        raise UnsupportedFeatureError(
            f"Work pool {pool.name!r} is a {pool.type} pool, but the chart's worker only starts pods. Start a worker "
            f"with `prefect worker start --pool {pool.name!r}`."
        )
    if api_url and not account_id and not workspace_id:
        server = {"selfHostedServerApiConfig": {"apiUrl": api_url}}
    elif account_id and workspace_id and not api_url:
        server = {"cloudApiConfig": {"accountId": account_id, "workspaceId": workspace_id}}
    else:
        raise InvalidWorkPoolError(
            f"Work pool {pool.name!r}: the worker needs the server's address. Pass either api_url, or account_id and "
            "workspace_id."
        )
    config = {"workPool": pool.name, **({} if limit is None else {"limit": limit})}
    kind = "selfHostedServer" if api_url else "cloud"
    return {"worker": {"apiConfig": kind, "config": config, **server}}
