"""The `AwsCredentials` block's data, for `aws` connections.

Airflow's rules (`AwsConnectionWrapper`): login and password are the access key, else `aws_access_key_id` and
`aws_secret_access_key` of the extra; `role_arn` is assumed with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place

SLUG = "aws-credentials"

_MAP = FieldMap(
    block="AwsCredentials",
    conn_type="aws",
    fields={
        "login": Place("aws_access_key_id"),
        "password": Place("aws_secret_access_key", masked=True),
    },
    extra={
        # The id of a key names it and is no secret: as a login it is shown too.
        "aws_access_key_id": Place("aws_access_key_id", masked=True),
        "aws_secret_access_key": Place("aws_secret_access_key", masked=True),
        "aws_session_token": Place("aws_session_token"),
        "profile_name": Place("profile_name"),
        "region_name": Place("region_name"),
        "endpoint_url": Place("aws_client_parameters.endpoint_url"),
        "verify": Place("aws_client_parameters.verify", bool),
        "config_kwargs": Place("aws_client_parameters.config", dict),
        "role_arn": Place("assume_role_arn"),
        "assume_role_kwargs": Place("assume_role_kwargs", dict),
    },
    neutral={"assume_role_method": "assume_role", "config_kwargs": {}, "assume_role_kwargs": {}},
)
# What AssumeRoleParameters takes, and of which kind.
_ROLE: dict[str, type] = {
    "RoleSessionName": str,
    "DurationSeconds": int,
    "Policy": str,
    "PolicyArns": list,
    "Tags": list,
    "TransitiveTagKeys": list,
    "ExternalId": str,
    "SerialNumber": str,
    "SourceIdentity": str,
    "ProvidedContexts": list,
}


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(connection)
    if found:
        return found
    extra = _MAP.given(connection)
    keys = [
        connection.login or extra.get("aws_access_key_id"),
        connection.password or extra.get("aws_secret_access_key"),
    ]
    if any(keys) and not all(keys):
        found.append("it has half an access key, which Airflow ignores and AwsCredentials refuses")
    if bool(connection.login) != bool(connection.password):
        found.append("its access key is half in the fields and half in the extra")
    if "role_arn" in extra and {"config_kwargs", "verify"} & set(extra):
        found.append("extra 'role_arn' with 'config_kwargs' or 'verify': AwsCredentials assumes the role without those")
    for key, value in sorted(extra.get("assume_role_kwargs", {}).items()):
        if not _is_role_parameter(key, value):
            found.append(f"extra 'assume_role_kwargs': {key!r} is not as AwsCredentials takes it")
    return found


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _MAP.data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    # A block that Prefect saved has every parameter, most of them None.
    role = {key: value for key, value in (data.get("assume_role_kwargs") or {}).items() if value is not None}
    return _MAP.connection({**data, "assume_role_kwargs": role})


def _is_role_parameter(key: str, value: object) -> bool:
    kind = _ROLE.get(key)
    if kind is None or not isinstance(value, kind) or isinstance(value, bool):
        return False
    if not isinstance(value, list):
        return True
    if key == "TransitiveTagKeys":
        return all(isinstance(item, str) for item in value)
    return all(isinstance(item, dict) and all(isinstance(inner, str) for inner in item.values()) for item in value)
