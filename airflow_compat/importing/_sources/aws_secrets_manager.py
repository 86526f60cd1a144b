"""`aws-secrets-manager:`: reads AWS Secrets Manager, in which Airflow's `SecretsManagerBackend` finds its secrets.

`aws-secrets-manager:?connections_prefix=airflow/connections&variables_prefix=airflow/variables&sep=/`
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..._airflow.export_data import Export, Kind, Note, Problem
from ...errors import SourceError
from .._text_values import export_from_stored
from .address import arguments_alone, matches_pattern
from .aws import CLIENT_ARGUMENTS, client, code

SCHEME = "aws-secrets-manager:"
_DEFAULTS: dict[str, str | None] = {
    "connections_prefix": "airflow/connections",
    "connections_lookup_pattern": None,
    "variables_prefix": "airflow/variables",
    "variables_lookup_pattern": None,
    "sep": "/",
    "full_url_mode": None,
    "extra_conn_words": None,
    **CLIENT_ARGUMENTS,
}
# `SecretsManagerBackend._standardize_secret_keys`.
_WORDS = {
    "login": ("login", "user", "username", "user_name"),
    "password": ("password", "pass", "key"),
    "host": ("host", "remote_host", "server"),
    "port": ("port",),
    "schema": ("database", "schema"),
    "conn_type": ("conn_type", "conn_id", "connection_type", "engine"),
    "extra": ("extra",),
}


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """Return the connections and variables whose names start with the source's two prefixes.

    Raises:
        SourceError: AWS is unreachable or refuses the request, or an argument is invalid.
        MissingPackageError: boto3 is missing.
    """
    given = arguments_alone(source, _DEFAULTS, "region_name=eu-west-1")
    words = _words(given["extra_conn_words"])
    problems: list[Problem] = []
    with client("secretsmanager", given, SCHEME) as manager:
        connections = _texts("connection", manager, given, problems)
        variables = _texts("variable", manager, given, problems)
    if given["full_url_mode"] == "true":
        return export_from_stored(connections, variables, problems)
    return export_from_stored(
        {conn_id: _standardized(text, words) for conn_id, text in connections.items()},
        variables,
        problems,
        [note for conn_id, text in connections.items() for note in _left_out(conn_id, text, words)],
    )


def _texts(kind: Kind, manager: Any, given: Mapping[str, str | None], problems: list[Problem]) -> dict[str, str]:
    from botocore.exceptions import ClientError

    prefix, sep = given[f"{kind}s_prefix"], given["sep"] or ""
    if prefix is None:
        return {}
    # As in Airflow, no separator follows an empty prefix.
    start = prefix.rstrip(sep) + sep if prefix else ""
    filters = [{"Key": "name", "Values": [start]}] if start else []
    found = {}
    for page in manager.get_paginator("list_secrets").paginate(Filters=filters):
        for secret in page["SecretList"]:
            id_ = secret["Name"].removeprefix(start)
            # Compare again, because AWS's filter ignores the case of letters.
            wanted = secret["Name"].startswith(start) and id_
            if not wanted or not matches_pattern(given[f"{kind}s_lookup_pattern"], id_, SCHEME):
                continue
            try:
                found[id_] = manager.get_secret_value(SecretId=secret["Name"])["SecretString"]
            except ClientError as exc:
                problems.append(
                    Problem(
                        kind,
                        id_,
                        f"AWS refuses to return the secret ({code(exc)}); check the read permissions of the "
                        "credentials",
                    )
                )
            except KeyError:
                problems.append(Problem(kind, id_, "the secret is binary; store the value as text"))
    return found


def _standardized(text: str, words: Mapping[str, tuple[str, ...]]) -> str | dict[str, Any]:
    """Rename the keys of a secret, such as `username` and `engine`, to the names of Airflow's connection fields."""
    fields = _object(text)
    return (
        text
        if fields is None
        else {
            field: next((value for key, value in fields.items() if key in spelled), None)
            for field, spelled in words.items()
        }
    )


def _left_out(conn_id: str, text: str, words: Mapping[str, tuple[str, ...]]) -> Iterator[Note]:
    """Yield notes on the secret's keys that Airflow doesn't read, such as `dbname`, which Amazon RDS writes."""
    known = {word for spelled in words.values() for word in spelled}
    for key in _object(text) or ():
        hint = '; set extra_conn_words={"schema": ["dbname"]} to use this key as the schema' if key == "dbname" else ""
        if key not in known and re.fullmatch(r"[\w.-]{1,60}", key):
            yield Note("connection", conn_id, f"{key!r} is left out, as Airflow's backend does{hint}")


def _object(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text) if text.strip().startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _words(extra: str | None) -> Mapping[str, tuple[str, ...]]:
    if not extra:
        return _WORDS
    try:
        given = {"login" if field == "user" else field: tuple(more) for field, more in json.loads(extra).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        given = {"": ()}
    if not given.keys() <= _WORDS.keys():
        raise SourceError(
            f'{SCHEME} extra_conn_words is not JSON of connection fields. Use JSON such as {{"user": ["usr"]}}.'
        )
    return {field: (*spelled, *given.get(field, ())) for field, spelled in _WORDS.items()}
