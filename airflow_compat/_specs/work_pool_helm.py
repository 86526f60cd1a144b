"""The values with which Prefect's Helm chart `prefect-worker` starts a worker of a pool."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidWorkPoolError, UnsupportedFeatureError
from .work_pools import WorkPoolSpec


def chart_values(
    spec: WorkPoolSpec, *, api_url: str, account_id: str, workspace_id: str, limit: int | None
) -> dict[str, Any]:
    """See `airflow_compat.work_pools.helm_values`."""
    if spec.type != "kubernetes":
        raise UnsupportedFeatureError(
            f"work pool {spec.name!r}: the chart's worker starts pods, and a {spec.type} pool has none; start a worker "
            f"with `prefect worker start --pool {spec.name!r}`"
        )
    config: dict[str, Any] = {"workPool": spec.name}
    if limit is not None:
        config["limit"] = limit
    if api_url and not account_id and not workspace_id:
        return {
            "worker": {
                "apiConfig": "selfHostedServer",
                "config": config,
                "selfHostedServerApiConfig": {"apiUrl": api_url},
            }
        }
    if account_id and workspace_id and not api_url:
        return {
            "worker": {
                "apiConfig": "cloud",
                "config": config,
                "cloudApiConfig": {"accountId": account_id, "workspaceId": workspace_id},
            }
        }
    raise InvalidWorkPoolError(
        f"work pool {spec.name!r}: the worker must know its server; give either api_url, or account_id and workspace_id"
    )
