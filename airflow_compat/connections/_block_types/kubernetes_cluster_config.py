"""Converts `kubernetes` connections with a kube_config to `KubernetesClusterConfig` blocks and back.

The block does not mask the config, so a config with a token, password or client key is not stored as this block. The
block has no field for a config file or an in-cluster config.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap


class _Map(FieldMap):
    def more_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:  # noqa: ARG002  # noqa: ARG002 - as its siblings
        return [f"extra {key!r} is missing, and {self.block} needs it" for key in self.extra if key not in given]


HOME = _Map(
    block="KubernetesClusterConfig",
    conn_type="kubernetes",
    fields={},
    extra={
        "kube_config": FieldLocation("config", dict, text=True),
        "cluster_context": FieldLocation("context_name"),
    },
    neutral={"in_cluster": False, "disable_verify_ssl": False, "disable_tcp_keepalive": False},
    prefix="extra__kubernetes__",
)
