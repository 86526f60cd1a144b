"""Events of assets, and the triggers of a deployment that waits for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from .._airflow.assets import Asset, AssetAll, AssetAny, AssetCondition

ASSET_EVENT = "airflow-compat.asset.updated"
"""The name of the event that a producer sends when it has written an asset."""

_PREFIX = "airflow-compat.asset."


def asset_resource(asset: Asset) -> dict[str, str]:
    """The resource of an asset's events."""
    return {
        "prefect.resource.id": resource_id(asset),
        "prefect.resource.name": asset.name,
        "airflow-compat.asset.uri": asset.uri,
    }


def resource_id(asset: Asset) -> str:
    """An asset's id among the server's resources: its URI, in which nothing is left that triggers take as a pattern."""
    return _PREFIX + quote(asset.uri, safe="/:@.,;=-_~+&$")


def triggers_of(condition: AssetCondition) -> list[dict[str, Any]]:
    """The triggers of a deployment, as prefect.yaml has them; one that holds all of the condition."""
    return [_trigger(condition)]


def _trigger(condition: AssetCondition) -> dict[str, Any]:
    if isinstance(condition, Asset):
        return _event([condition])
    parts = condition.objects
    if len(parts) == 1:
        return _trigger(parts[0])
    if isinstance(condition, AssetAny) and all(isinstance(part, Asset) for part in parts):
        return _event([part for part in parts if isinstance(part, Asset)])
    require = "all" if isinstance(condition, AssetAll) else "any"
    return {"type": "compound", "require": require, "triggers": [_trigger(part) for part in parts]}


def _event(assets: list[Asset]) -> dict[str, Any]:
    ids = [resource_id(asset) for asset in assets]
    return {
        "type": "event",
        "match": {"prefect.resource.id": ids if len(ids) > 1 else ids[0]},
        "expect": [ASSET_EVENT],
        "posture": "Reactive",
        "threshold": 1,
        "within": 0,
    }
