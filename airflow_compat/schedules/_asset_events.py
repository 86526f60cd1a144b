"""Sends the events of assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from .._airflow.assets import Asset
from .._specs.asset_triggers import ASSET_EVENT, asset_resource
from ..errors import ServerUnreachableError


def send_asset_event(asset: Asset, extra: Mapping[str, Any]) -> None:
    """Send the event of an asset that was written.

    Raises:
        ServerUnreachableError: This process sends no events at all.
    """
    payload = {"uri": asset.uri, "name": asset.name, "extra": {**asset.extra, **extra}}
    if emit_event(ASSET_EVENT, asset_resource(asset), payload=payload) is None:
        raise ServerUnreachableError(
            f"the event of asset {asset.uri!r} can't be sent: this process has no server to send it to; set "
            "PREFECT_API_URL"
        )
