"""Send Prefect events that report written assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from ..errors import ServerUnreachableError
from ._assets import ALIAS_LABEL, ASSET_EVENT, Asset, asset_resource


def send_asset_event(asset: Asset, extra: Mapping[str, Any], *, alias: str | None = None) -> None:
    """Send the event that reports a written asset, which a task may have written under an alias.

    Raises:
        ServerUnreachableError: This process has no Prefect server.
    """
    payload = {"uri": asset.uri, "name": asset.name, "extra": {**asset.extra, **extra}}
    labels = {ALIAS_LABEL: alias} if alias else {}
    if emit_event(ASSET_EVENT, {**asset_resource(asset), **labels}, payload=payload) is None:
        raise ServerUnreachableError(
            f"the event of asset {asset.uri!r} can't be sent, since this process has no server. Set PREFECT_API_URL"
        )
