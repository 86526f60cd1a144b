"""The `AzureContainerInstanceCredentials` block's data, for `azure` and `azure_container_instance` connections.

Airflow's rules (`AzureBaseHook`): a service principal where login, password and `tenantId` are all there, else what
the machine itself is logged in with. The block has no field for the subscription, since its methods are given it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place

SLUG = "azure-container-instance-credentials"

_MAP = FieldMap(
    block="AzureContainerInstanceCredentials",
    conn_type="azure",
    fields={
        "login": Place("client_id"),
        "password": Place("client_secret", masked=True),
    },
    extra={
        "tenantId": Place("tenant_id"),
        # Prefect keeps what the block has no field for, and gives it as an attribute.
        "subscriptionId": Place("subscription_id"),
        "use_azure_identity_object": Place("use_azure_identity_object", bool),
    },
    neutral={"cloud_environment": "AzurePublicCloud"},
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(connection)
    if found:
        return found
    principal = [connection.login, connection.password, _MAP.given(connection).get("tenantId")]
    if any(principal) and not all(principal):
        return ["it has no whole service principal: login, password and extra 'tenantId'"]
    return []


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _MAP.data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    return _MAP.connection(data)
