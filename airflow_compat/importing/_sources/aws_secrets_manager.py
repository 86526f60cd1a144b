"""`aws-secrets-manager:`: AWS Secrets Manager, as Airflow's `SecretsManagerBackend` lays it out.

`aws-secrets-manager:?connections_prefix=airflow/connections&variables_prefix=airflow/variables&sep=/`
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._airflow.export_data import Export, Kind, Note, Problem
from .._airflow.resolve import Rank
from .._airflow.stored import export_from_stored
from ..errors import SourceError
from .arguments import arguments, matches_pattern, place
from .aws import CLIENT_ARGUMENTS, client, code

RANK = Rank.SECRETS_BACKEND

_SCHEME = "aws-secrets-manager:"
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


def matches(source: str) -> bool:
    """Whether this is AWS Secrets Manager."""
    return source.startswith(_SCHEME)


def name(source: str) -> str:  # noqa: ARG001
    """The source in messages."""
    return _SCHEME


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """The connections and variables under the two prefixes.

    Raises:
        SourceError: AWS can't be reached, or refuses; or an argument is wrong.
        MissingPackageError: boto3 isn't installed.
    """
    if place(source):
        raise SourceError(f"{_SCHEME} takes only arguments; write {_SCHEME}?region_name=eu-west-1")
    given = arguments(source, _DEFAULTS)
    words = _words(given["extra_conn_words"])
    problems: list[Problem] = []
    with client("secretsmanager", given, _SCHEME) as manager:
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
    # As Airflow: a prefix that is empty has no separator behind it.
    start = prefix.rstrip(sep) + sep if prefix else ""
    filters = [{"Key": "name", "Values": [start]}] if start else []
    found = {}
    for page in manager.get_paginator("list_secrets").paginate(Filters=filters):
        for secret in page["SecretList"]:
            id_ = secret["Name"].removeprefix(start)
            # The filter knows no case.
            wanted = secret["Name"].startswith(start) and id_
            if not wanted or not matches_pattern(given[f"{kind}s_lookup_pattern"], id_, _SCHEME):
                continue
            try:
                text = manager.get_secret_value(SecretId=secret["Name"]).get("SecretString")
            except ClientError as exc:
                problems.append(
                    Problem(kind, id_, f"AWS refuses it ({code(exc)}); check what the credentials may read")
                )
                continue
            if text is None:
                problems.append(Problem(kind, id_, "it is binary; store it as text"))
            else:
                found[id_] = text
    return found


def _standardized(text: str, words: Mapping[str, tuple[str, ...]]) -> str | dict[str, Any]:
    """JSON's keys as Airflow's own: Secrets Manager's `username`, `engine` and others stand for them."""
    fields = _object(text)
    if fields is None:
        return text
    return {
        field: next((value for key, value in fields.items() if key in spelled), None)
        for field, spelled in words.items()
    }


def _left_out(conn_id: str, text: str, words: Mapping[str, tuple[str, ...]]) -> Iterator[Note]:
    """What of a secret Airflow doesn't read, such as the `dbname` that RDS writes."""
    known = {word for spelled in words.values() for word in spelled}
    for key in _object(text) or ():
        if key == "dbname" and key not in known:
            hint = '; extra_conn_words={"schema": ["dbname"]} makes it the schema'
        else:
            hint = ""
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
            f'{_SCHEME} extra_conn_words is not JSON such as {{"user": ["usr"]}}, with fields of a connection'
        )
    return {field: (*spelled, *given.get(field, ())) for field, spelled in _WORDS.items()}
