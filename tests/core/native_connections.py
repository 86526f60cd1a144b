"""Connections of each type with a native block: whole examples, and strategies for similar ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from strategies import ids

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.connection_fields import FIELDS
from airflow_compat._prefect.specs import BlockSpec
from airflow_compat.connections._specs import connection_from_document

PEM = "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n"
KEYFILE = {
    "type": "service_account",
    "client_email": "etl@shop.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
    "private_key": PEM,
}
WEBHOOK = "https://hooks.slack.com/services/T0/B0/qxzjkwv"
KUBE_CONFIG = {"current-context": "here", "clusters": [{"name": "c", "cluster": {"server": "https://k.example"}}]}
WASB = "https://shop.blob.core.windows.net"

text = st.text("ab/@: é", min_size=1, max_size=5)
empty = st.sampled_from([None, ""])
maybe = empty | text
ports = st.none() | st.just(0) | st.integers(1, 65535)
flags = st.booleans()


def conn(conn_type: str, extra: Mapping[str, Any] | None = None, **fields: Any) -> Connection:
    return Connection("c", conn_type, extra=json.dumps(extra) if extra else None, **fields)


def read_back(spec: BlockSpec) -> Connection:
    # Over JSON, as a server keeps it.
    return connection_from_document(spec.type_slug, spec.name, json.loads(json.dumps(spec.data)))


def parts(connection: Connection) -> dict[str, object]:
    fields = {name: getattr(connection, name) for name in ("conn_id", *FIELDS) if name != "extra"}
    return {**fields, "extra": connection.extra_dejson}


def _connections(
    conn_types: str, fields: Mapping[str, Any], extra: Mapping[str, Any], *, prefix: str = ""
) -> st.SearchStrategy[Connection]:
    """Connections with these fields, other fields empty, and any of the extra keys, some empty or prefixed."""
    others = dict.fromkeys(("host", "login", "password", "schema"), empty) | {"port": st.sampled_from([None, 0])}
    spelled = {key: values | empty for key, values in extra.items() if not key.endswith("!")}
    required = {key.removesuffix("!"): values for key, values in extra.items() if key.endswith("!")}
    objects = st.fixed_dictionaries(required, optional=spelled)
    if prefix:
        objects = st.tuples(objects, st.booleans()).map(
            lambda pair: {prefix + key: value for key, value in pair[0].items()} if pair[1] else pair[0]
        )
    return st.builds(
        Connection,
        conn_id=ids,
        conn_type=st.sampled_from(conn_types.split()),
        description=maybe,
        **{**others, **fields},
        extra=objects.map(json.dumps) | (st.none() if not required else st.nothing()),
    )


_DATABASE = {"host": maybe, "login": maybe, "password": maybe, "schema": maybe, "port": ports}
_LOGIN = {"login": text, "password": text}

STRATEGIES: dict[str, st.SearchStrategy[Connection]] = {
    "postgres": _connections("postgres postgresql", _DATABASE, {"sslmode": text, "options": text}),
    "mysql": _connections(
        "mysql", _DATABASE, {"charset": text, "unix_socket": text, "client": st.just("mysqlclient"), "ssl": st.just({})}
    ),
    "mysql-connector-python": _connections(
        "mysql", _DATABASE, {"client!": st.just("mysql-connector-python"), "ssl_ca": text}
    ),
    "mssql": _connections("mssql", _DATABASE, {"login_timeout": st.integers(), "tds_version": text}),
    "oracle": _connections(
        "oracle", {**_DATABASE, "schema": empty}, {"service_name!": text, "events": flags, "cclass": text}
    )
    | _connections("oracle", {**_DATABASE, "schema": empty}, {"sid!": text})
    | _connections("oracle", {**_DATABASE, "schema": empty, "port": st.none()}, {}),
    "redshift": _connections("redshift", _DATABASE, {"sslmode": text}),
    "aws": _connections(
        "aws",
        _LOGIN,
        {
            "region_name": text,
            "profile_name": text,
            "endpoint_url": st.just("http://localhost:4566"),
            "verify": flags,
            "config_kwargs": st.sampled_from([{}, {"retries": {"mode": "standard"}}]),
        },
    )
    | _connections(
        "aws",
        {},
        {
            "aws_access_key_id!": text,
            "aws_secret_access_key!": text,
            "role_arn": text,
            "assume_role_method": st.just("assume_role"),
            "assume_role_kwargs": st.sampled_from([{}, {"ExternalId": "x", "DurationSeconds": 900, "Tags": []}]),
        },
    ),
    "google_cloud_platform": _connections(
        "google_cloud_platform gcpbigquery",
        {},
        {"keyfile_dict!": st.sampled_from([KEYFILE, json.dumps(KEYFILE)]), "project": text, "num_retries": st.just(5)},
        prefix="extra__google_cloud_platform__",
    ),
    "snowflake": _connections(
        "snowflake",
        {**_LOGIN, "schema": text},
        {"account!": text, "role": text, "database!": text, "warehouse!": text, "authenticator": st.just("snowflake")},
        prefix="extra__snowflake__",
    ),
    "snowflake with a key": _connections(
        "snowflake",
        {"login": text, "password": maybe, "schema": text},
        {"account!": text, "private_key_content!": st.just(PEM), "database!": text, "warehouse!": text},
        prefix="extra__snowflake__",
    ),
    "slack": _connections("slack", {"password": text}, {"timeout": empty, "base_url": empty}),
    "slackwebhook": _connections(
        "slackwebhook",
        {
            "password": st.sampled_from([WEBHOOK, "T0/B0/qxzjkwv"]),
            "host": st.sampled_from([None, "", "hooks.slack.com/services", "https://hooks.slack.com/services"]),
            "schema": st.sampled_from([None, "", "https", "http"]),
        },
        {"timeout": empty},
    ),
    "smtp": _connections(
        "smtp email",
        {"host": text, "port": st.integers(1, 65535)},
        {"disable_ssl": flags, "disable_tls!": st.sampled_from([True, 1, "true"]), "timeout": st.just(30)},
    )
    | _connections(
        "smtp email", {**_LOGIN, "host": text, "port": st.integers(1, 65535)}, {"disable_ssl!": st.just(True)}
    ),
    "docker": _connections("docker", {**_LOGIN, "host": text, "port": ports}, {"reauth": flags, "email": empty}),
    "kubernetes": _connections(
        "kubernetes",
        {},
        {
            "kube_config!": st.sampled_from([KUBE_CONFIG, json.dumps(KUBE_CONFIG)]),
            "cluster_context!": text,
            "in_cluster": st.just(False),
        },
        prefix="extra__kubernetes__",
    ),
    "azure": _connections(
        "azure azure_container_instance",
        _LOGIN,
        {
            "tenantId!": text,
            "subscriptionId": text,
            "use_azure_identity_object": flags,
            "cloud_environment": st.just("AzurePublicCloud"),
        },
    )
    | _connections("azure azure_container_instance", {}, {"subscriptionId": text}),
    "wasb": _connections("wasb", {}, {"connection_string!": text}, prefix="extra__wasb__")
    | _connections("wasb", {"host": st.just("https://shop.blob.core.windows.net")}, {})
    | _connections("wasb", {**_LOGIN, "host": st.just("https://shop.blob.core.windows.net")}, {"tenant_id!": text}),
    "databricks": _connections(
        "databricks", {"host": st.sampled_from(["adb.example", "https://adb.example"]), "password": text}, {}
    )
    | _connections("databricks", {"host": st.just("adb.example")}, {"token!": text})
    | _connections(
        "databricks", {**_LOGIN, "host": st.just("adb.example")}, {"service_principal_oauth!": st.just(True)}
    ),
    "dbt_cloud": _connections(
        "dbt_cloud", {"login": st.integers(0, 10**9).map(str), "password": text, "host": maybe}, {"proxies": empty}
    ),
    "redis": _connections(
        "redis",
        {"host": text, "port": ports, "login": empty, "password": maybe},
        {"db": st.integers(0, 15) | st.integers(0, 15).map(str), "ssl": flags, "cluster": st.just(False)},
    ),
}
"""By a name that says which; most of what each gives is held whole by its native block."""
