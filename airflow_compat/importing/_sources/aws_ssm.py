"""`aws-ssm:`: reads the parameters that Airflow's `SystemsManagerParameterStoreBackend` finds in AWS SSM.

`aws-ssm:?connections_prefix=/airflow/connections&variables_prefix=/airflow/variables`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._airflow.export_data import Export, Kind
from .._text_values import export_from_stored
from .address import arguments_alone, matches_pattern
from .aws import CLIENT_ARGUMENTS, client

SCHEME = "aws-ssm:"
_DEFAULTS: dict[str, str | None] = {
    "connections_prefix": "/airflow/connections",
    "connections_lookup_pattern": None,
    "variables_prefix": "/airflow/variables",
    "variables_lookup_pattern": None,
    **CLIENT_ARGUMENTS,
}


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """Return the connections and variables whose names start with the source's two prefixes.

    Raises:
        SourceError: AWS is unreachable or refuses the request, or an argument is invalid.
        MissingPackageError: boto3 is missing.
    """
    given = arguments_alone(source, _DEFAULTS, "region_name=eu-west-1")
    with client("ssm", given, SCHEME) as store:
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
    return {id_: text for id_, text in found.items() if matches_pattern(given[f"{kind}s_lookup_pattern"], id_, SCHEME)}
