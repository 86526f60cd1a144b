"""Converts `azure` and `azure_container_instance` connections to `AzureContainerInstanceCredentials` blocks and back.

Airflow's rules (`AzureBaseHook`): the hook uses a service principal if login, password and `tenantId` are set;
otherwise, it uses the machine's own credentials. The block has no field for the subscription, because the subscription
is an argument of the block's methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap


class _Map(FieldMap):
    def more_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:
        principal = [connection.login, connection.password, given.get("tenantId")]
        half = ["the connection lacks a part of the service principal: login, password or extra 'tenantId'"]
        return half if any(principal) and not all(principal) else []


HOME = _Map(
    block="AzureContainerInstanceCredentials",
    conn_type="azure",
    fields={
        "login": FieldLocation("client_id"),
        "password": FieldLocation("client_secret", masked=True),
    },
    extra={
        "tenantId": FieldLocation("tenant_id"),
        # The block class has no field `subscription_id`, but Prefect also stores values of fields that a class does not
        # have.
        "subscriptionId": FieldLocation("subscription_id"),
        "use_azure_identity_object": FieldLocation("use_azure_identity_object", bool),
    },
    neutral={"cloud_environment": "AzurePublicCloud"},
)
