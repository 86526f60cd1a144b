"""Converts `aws` connections to `AwsCredentials` blocks and back.

Airflow's rules (`AwsConnectionWrapper`): the access key is taken from login and password or, if these are missing, from
`aws_access_key_id` and `aws_secret_access_key` in the extra. If the extra has a `role_arn`, Airflow uses the key to
assume this role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap, applying

# The fields of prefect-aws's AssumeRoleParameters, with their types.
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


class _Map(FieldMap):
    def more_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:
        keys = [
            connection.login or given.get("aws_access_key_id"),
            connection.password or given.get("aws_secret_access_key"),
        ]
        role = given.get("assume_role_kwargs", {})
        reasons: dict[str, object] = {
            "the connection has half an access key, which Airflow ignores and AwsCredentials refuses": any(keys)
            and not all(keys),
            "the access key is half in the fields and half in the extra": bool(connection.login)
            != bool(connection.password),
            "extra 'role_arn' with 'config_kwargs' or 'verify': AwsCredentials assumes the role without those": (
                "role_arn" in given and {"config_kwargs", "verify"} & set(given)
            ),
        }
        wrong = sorted(key for key, value in role.items() if not _is_role_parameter(key, value))
        return [
            *applying(reasons),
            *(f"extra 'assume_role_kwargs': {key!r} is not as AwsCredentials takes it" for key in wrong),
        ]

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        # If Prefect saved the block, all parameters are in its data, most of them None.
        role = {key: value for key, value in (data.get("assume_role_kwargs") or {}).items() if value is not None}
        return super().connection_from_data({**data, "assume_role_kwargs": role})


HOME = _Map(
    block="AwsCredentials",
    conn_type="aws",
    fields={
        "login": FieldLocation("aws_access_key_id"),
        "password": FieldLocation("aws_secret_access_key", masked=True),
    },
    extra={
        # The field is marked as masked although the block shows this id. That is safe, because the id is not secret: a
        # connection's login shows it, too.
        "aws_access_key_id": FieldLocation("aws_access_key_id", masked=True),
        "aws_secret_access_key": FieldLocation("aws_secret_access_key", masked=True),
        "aws_session_token": FieldLocation("aws_session_token"),
        "profile_name": FieldLocation("profile_name"),
        "region_name": FieldLocation("region_name"),
        "endpoint_url": FieldLocation("aws_client_parameters.endpoint_url"),
        "verify": FieldLocation("aws_client_parameters.verify", bool),
        "config_kwargs": FieldLocation("aws_client_parameters.config", dict),
        "role_arn": FieldLocation("assume_role_arn"),
        "assume_role_kwargs": FieldLocation("assume_role_kwargs", dict),
    },
    neutral={"assume_role_method": "assume_role", "config_kwargs": {}, "assume_role_kwargs": {}},
)


def _is_role_parameter(key: str, value: object) -> bool:
    kind = _ROLE.get(key)
    if kind is None or not isinstance(value, kind) or isinstance(value, bool):
        return False
    if not isinstance(value, list):
        return True
    if key == "TransitiveTagKeys":
        return all(isinstance(item, str) for item in value)
    return all(isinstance(item, dict) and all(isinstance(inner, str) for inner in item.values()) for item in value)
