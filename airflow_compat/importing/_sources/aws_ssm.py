"""`aws-ssm:`: the AWS SSM Parameter Store, as Airflow's `SystemsManagerParameterStoreBackend` lays it out.

`aws-ssm:?connections_prefix=/airflow/connections&variables_prefix=/airflow/variables`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.export_data import Export, Kind
from .._airflow.resolve import Rank
from .._airflow.stored import export_from_stored
from ..errors import SourceError
from .arguments import arguments, matches_pattern, place
from .aws import CLIENT_ARGUMENTS, client

RANK = Rank.SECRETS_BACKEND

_SCHEME = "aws-ssm:"
_DEFAULTS: dict[str, str | None] = {
    "connections_prefix": "/airflow/connections",
    "connections_lookup_pattern": None,
    "variables_prefix": "/airflow/variables",
    "variables_lookup_pattern": None,
    **CLIENT_ARGUMENTS,
}


def matches(source: str) -> bool:
    """Whether this is the SSM Parameter Store."""
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
    with client("ssm", given, _SCHEME) as store:
        return export_from_stored(_texts("connection", store, given), _texts("variable", store, given))


def _texts(kind: Kind, store: Any, given: Mapping[str, str | None]) -> dict[str, str]:
    prefix = given[f"{kind}s_prefix"]
    if prefix is None:
        return {}
    path = "/" + prefix.strip("/")
    start = path.rstrip("/") + "/"
    pages = store.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True, WithDecryption=True)
    found = {
        parameter["Name"].removeprefix(start): parameter["Value"] for page in pages for parameter in page["Parameters"]
    }
    pattern = given[f"{kind}s_lookup_pattern"]
    return {id_: text for id_, text in found.items() if matches_pattern(pattern, id_, _SCHEME)}
