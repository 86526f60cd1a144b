"""Converts `google_cloud_platform` and `gcpbigquery` connections with a key to `GcpCredentials` blocks and back.

A connection with a key file (`key_path`) or without a key is not stored as this block, because such a block works only
on machines that have the file or their own credentials.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap

_PEM = re.compile(r"-----BEGIN ((?:RSA )?PRIVATE KEY)-----\n(.*)\n-----END \1-----", re.DOTALL)
_SEQUENCE, _LONG_FORM = 0x30, 0x80


class _Map(FieldMap):
    def more_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:  # noqa: ARG002  # noqa: ARG002 - as its siblings
        if "keyfile_dict" not in given:
            return ["the connection has no keyfile_dict, so GcpCredentials would load the machine's credentials"]
        keyfile = self.extra["keyfile_dict"].value(given["keyfile_dict"])
        if not all(isinstance(keyfile.get(name), str) for name in ("client_email", "token_uri", "private_key")):
            return ["the keyfile_dict is not that of a service account, which GcpCredentials needs"]
        wrong = "the private_key of the keyfile_dict is not in PEM form with real line ends, which GcpCredentials needs"
        return [] if _is_pem_key(keyfile["private_key"]) else [wrong]

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        found = super().connection_from_data(data)
        if not data.get("service_account_file"):
            return found
        # Only a block that was created in Prefect, not from an Airflow connection, has a key file.
        extra = {**found.extra_dejson, "key_path": str(data["service_account_file"])}
        return Connection.from_json({"conn_type": found.conn_type, "extra": extra}, found.conn_id)


HOME = _Map(
    block="GcpCredentials",
    conn_type="google_cloud_platform",
    fields={},
    extra={
        "keyfile_dict": FieldLocation("service_account_info", dict, masked=True, text=True),
        "project": FieldLocation("project"),
    },
    # These are the defaults of Airflow's connection form, and the scope that the block always uses.
    neutral={"num_retries": 5, "scope": "https://www.googleapis.com/auth/cloud-platform", "is_anonymous": False},
    prefix="extra__google_cloud_platform__",
)


def _is_pem_key(text: str) -> bool:
    """Return True if the key contains one complete ASN.1 sequence, and so is not cut off or damaged."""
    found = _PEM.fullmatch(text.strip())
    try:
        der = base64.b64decode("".join(found[2].split()), validate=True) if found else b""
    except ValueError:
        return False
    if len(der) < 2 or der[0] != _SEQUENCE:
        return False
    size = der[1]
    start = 2
    if size & _LONG_FORM:
        start += size - _LONG_FORM
        size = int.from_bytes(der[2:start], "big")
    return len(der) == start + size
