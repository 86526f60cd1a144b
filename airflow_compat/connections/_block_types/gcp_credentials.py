"""The `GcpCredentials` block's data, for `google_cloud_platform` and `gcpbigquery` connections with a key in them.

A connection that names a file (`key_path`), or nothing, isn't kept so: the block reads the file, or looks for the
machine's own credentials, whenever it is loaded, and can't be loaded where there are none.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place, get

SLUG = "gcp-credentials"

_PEM = re.compile(r"-----BEGIN ((?:RSA )?PRIVATE KEY)-----\n(.*)\n-----END \1-----", re.DOTALL)
_SEQUENCE, _LONG_FORM = 0x30, 0x80

_MAP = FieldMap(
    block="GcpCredentials",
    conn_type="google_cloud_platform",
    fields={},
    extra={
        "keyfile_dict": Place("service_account_info", dict, masked=True, text=True),
        "project": Place("project"),
    },
    # What Airflow's form fills in, and the scope that the block always asks for.
    neutral={"num_retries": 5, "scope": "https://www.googleapis.com/auth/cloud-platform", "is_anonymous": False},
    prefix="extra__google_cloud_platform__",
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(connection)
    if found:
        return found
    given = _MAP.given(connection)
    if "keyfile_dict" not in given:
        return ["it has no keyfile_dict, and GcpCredentials would look for the machine's own at every load"]
    keyfile = get(_MAP.data(connection), "service_account_info")
    key = keyfile.get("private_key")
    if not all(isinstance(keyfile.get(name), str) for name in ("client_email", "token_uri", "private_key")):
        return ["its keyfile_dict is not that of a service account, which GcpCredentials needs"]
    if not _is_pem_key(key):
        return [
            "the private_key of its keyfile_dict is not in PEM form with real line ends, as GcpCredentials reads it"
        ]
    return []


def _is_pem_key(text: str) -> bool:
    """Return True if the base64 holds one whole ASN.1 sequence, which that of a cut or damaged key does not."""
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


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _MAP.data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    found = _MAP.connection(data)
    if not data.get("service_account_file"):
        return found
    # Only a block that was made with Prefect names a file.
    extra = {**found.extra_dejson, "key_path": str(data["service_account_file"])}
    return Connection.from_json({"conn_type": found.conn_type, "extra": extra}, found.conn_id)
