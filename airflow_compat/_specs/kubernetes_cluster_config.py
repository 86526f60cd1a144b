"""The `KubernetesClusterConfig` block's data, for `kubernetes` connections that hold their kube_config.

The block does not mask the config, so one with a token, a password or a client's key in it isn't kept so; nor is a
connection that names a file or the cluster it runs in, for which the block has no place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place

SLUG = "kubernetes-cluster-config"

_MAP = FieldMap(
    block="KubernetesClusterConfig",
    conn_type="kubernetes",
    fields={},
    extra={
        "kube_config": Place("config", dict, text=True),
        "cluster_context": Place("context_name"),
    },
    neutral={"in_cluster": False, "disable_verify_ssl": False, "disable_tcp_keepalive": False},
    prefix="extra__kubernetes__",
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(connection)
    if found:
        return found
    given = _MAP.given(connection)
    return [f"extra {key!r} is missing, and KubernetesClusterConfig needs it" for key in _MAP.extra if key not in given]


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _MAP.data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    return _MAP.connection(data)
