"""One connection as Airflow's files have it: a URI, an object of fields, or a list with one of these.

The rules are those of `airflow.secrets.local_filesystem`, which `airflow connections import` uses too.
"""

from __future__ import annotations

from typing import Any

from .connection_fields import read_json
from .connection_uri import RefusedError
from .import_uri import read_import_uri


def values_of(value: Any) -> list[Any]:
    """The value alone, or what the list that stands for it holds.

    Raises:
        RefusedError: The list has several values.
    """
    if not isinstance(value, list):
        return [value]
    if len(value) > 1:
        raise RefusedError("it has several values, which Airflow refuses; keep one of them")
    return value


def fields_of_object(conn_id: str, value: dict[str, Any]) -> dict[str, Any]:
    """The fields of a connection's object, with `uri` and `extra_dejson` resolved.

    Raises:
        RefusedError: Airflow refuses it too.
    """
    fields = {key: inner for key, inner in value.items() if key != "team_name"}
    if fields.pop("conn_id", conn_id) != conn_id:
        raise RefusedError("its conn_id differs from the id that it is listed under; use the same id in both places")
    if "extra_dejson" in fields:
        if "extra" in fields:
            raise RefusedError("it has both extra and extra_dejson; keep one of them")
        fields["extra"] = fields.pop("extra_dejson")
    return read_json(fields, read_import_uri, "cli")
