"""Each connection type with a native block: what the block is given, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from native_connections import KEYFILE, KUBE_CONFIG, PEM, STRATEGIES, WASB, WEBHOOK, conn, parts, read_back

from airflow_compat._airflow.connection import Connection
from airflow_compat._prefect.specs import MARK
from airflow_compat.connections._specs import NATIVE_SLUGS, connection_from_document, spec_from_connection


@pytest.mark.parametrize("kind", STRATEGIES)
def test_a_native_block_gives_the_connection_back(kind: str) -> None:
    @given(STRATEGIES[kind])
    def holds(connection: Connection) -> None:
        spec, losses = spec_from_connection(connection)
        assume(not losses)
        assert spec.type_slug == NATIVE_SLUGS[connection.conn_type or ""]
        assert parts(read_back(spec)) == parts(connection)

    holds()


def test_each_type_with_a_native_block_is_drawn() -> None:
    drawn = {kind.partition(" ")[0] for kind in STRATEGIES} | {"sqlite", "postgresql", "gcpbigquery", "email"}
    drawn |= {"azure_container_instance"}
    assert drawn - {"mysql-connector-python"} == set(NATIVE_SLUGS)


DATABASE = {"host": "h", "login": "u", "password": "p", "schema": "db", "port": 1}
INFO = {"host": "h", "username": "u", "password": "p", "database": "db", "port": 1}

EXAMPLES: list[tuple[Connection, str, dict[str, Any]]] = [
    (
        conn("mysql", {"charset": "utf8mb4"}, **DATABASE),
        "sqlalchemy-connector",
        {"connection_info": {**INFO, "driver": "mysql+mysqldb"}, "connect_args": {"charset": "utf8mb4"}},
    ),
    (
        conn("mysql", {"client": "mysql-connector-python", "ssl_ca": "/ca"}, **DATABASE),
        "sqlalchemy-connector",
        {"connection_info": {**INFO, "driver": "mysql+mysqlconnector"}, "connect_args": {"ssl_ca": "/ca"}},
    ),
    (
        conn("mssql", {"login_timeout": 5}, **DATABASE),
        "sqlalchemy-connector",
        {"connection_info": {**INFO, "driver": "mssql+pymssql"}, "connect_args": {"login_timeout": 5}},
    ),
    (
        conn("oracle", {"service_name": "shop", "events": True}, host="h", login="u", password="p"),
        "sqlalchemy-connector",
        {
            "connection_info": {
                "driver": "oracle+oracledb",
                "username": "u",
                "password": "p",
                "host": "h",
                "query": {"service_name": "shop"},
            },
            "connect_args": {"events": True},
        },
    ),
    (
        conn("oracle", {"sid": "xe"}, host="h", port=1522),
        "sqlalchemy-connector",
        {"connection_info": {"driver": "oracle+oracledb", "host": "h", "port": 1522, "database": "xe"}},
    ),
    (
        conn("redshift", {"sslmode": "verify-ca"}, host="h", schema="dev"),
        "sqlalchemy-connector",
        {
            "connection_info": {"driver": "postgresql+psycopg2", "host": "h", "port": 5439, "database": "dev"},
            "connect_args": {"sslmode": "verify-ca"},
        },
    ),
    (
        conn("aws", {"region_name": "eu-west-1", "endpoint_url": "http://localhost:1"}, login="id", password="key"),
        "aws-credentials",
        {
            "aws_access_key_id": "id",
            "aws_secret_access_key": "key",
            "region_name": "eu-west-1",
            "aws_client_parameters": {"endpoint_url": "http://localhost:1"},
        },
    ),
    (
        conn("aws", {"role_arn": "arn:aws:iam::1:role/etl", "assume_role_kwargs": {"ExternalId": "x"}}),
        "aws-credentials",
        {"assume_role_arn": "arn:aws:iam::1:role/etl", "assume_role_kwargs": {"ExternalId": "x"}},
    ),
    (
        conn("aws", {"aws_access_key_id": "id", "aws_secret_access_key": "key"}),
        "aws-credentials",
        {"aws_access_key_id": "id", "aws_secret_access_key": "key"},
    ),
    (
        conn("gcpbigquery", {"extra__google_cloud_platform__keyfile_dict": json.dumps(KEYFILE), "project": "shop"}),
        "gcp-credentials",
        {"service_account_info": KEYFILE, "project": "shop"},
    ),
    (
        conn("google_cloud_platform", {"keyfile_dict": KEYFILE, "num_retries": 5}),
        "gcp-credentials",
        {"service_account_info": KEYFILE},
    ),
    (
        conn(
            "snowflake",
            {"account": "a", "role": "r", "database": "d", "warehouse": "w"},
            login="u",
            password="p",
            schema="s",
        ),
        "snowflake-connector",
        {
            "credentials": {"account": "a", "user": "u", "password": "p", "role": "r"},
            "database": "d",
            "warehouse": "w",
            "schema": "s",
        },
    ),
    (
        conn(
            "snowflake",
            {"extra__snowflake__account": "a", "database": "d", "warehouse": "w", "private_key_content": PEM},
            login="u",
            password="pass",
            schema="s",
        ),
        "snowflake-connector",
        {
            "credentials": {"account": "a", "user": "u", "private_key": PEM, "private_key_passphrase": "pass"},
            "database": "d",
            "warehouse": "w",
            "schema": "s",
        },
    ),
    (conn("slack", password="xoxb"), "slack-credentials", {"token": "xoxb"}),
    (conn("slackwebhook", password=WEBHOOK, schema="https"), "slack-webhook", {"url": WEBHOOK}),
    (conn("slackwebhook", password="T0/B0/qxzjkwv"), "slack-webhook", {"url": WEBHOOK}),
    (
        conn("slackwebhook", host="https://hooks.slack.com/services", password="T0/B0/qxzjkwv"),
        "slack-webhook",
        {"url": WEBHOOK},
    ),
    (
        conn("smtp", {"disable_tls": True}, host="h", login="u", password="p", port=465),
        "email-server-credentials",
        {"smtp_server": "h", "username": "u", "password": "p", "smtp_port": 465, "smtp_type": "SSL"},
    ),
    (
        conn("email", {"disable_ssl": True}, host="h", port=587),
        "email-server-credentials",
        {"smtp_server": "h", "smtp_port": 587, "smtp_type": "STARTTLS"},
    ),
    (
        conn("docker", {"reauth": False}, host="registry.example", port=5000, login="u", password="p"),
        "docker-registry-credentials",
        {"username": "u", "password": "p", "registry_url": "registry.example:5000", "reauth": False},
    ),
    (
        conn("kubernetes", {"kube_config": json.dumps(KUBE_CONFIG), "cluster_context": "here"}),
        "kubernetes-cluster-config",
        {"config": KUBE_CONFIG, "context_name": "here"},
    ),
    (
        conn("azure", {"tenantId": "t", "subscriptionId": "s"}, login="id", password="p"),
        "azure-container-instance-credentials",
        {"client_id": "id", "client_secret": "p", "tenant_id": "t", "subscription_id": "s"},
    ),
    (
        conn("azure_container_instance", {"subscriptionId": "s", "cloud_environment": "AzurePublicCloud"}),
        "azure-container-instance-credentials",
        {"subscription_id": "s"},
    ),
    (
        conn("wasb", {"tenant_id": "t"}, host=WASB, login="id", password="p"),
        "azure-blob-storage-credentials",
        {"account_url": WASB, "client_id": "id", "client_secret": "p", "tenant_id": "t"},
    ),
    (
        conn("wasb", {"extra__wasb__connection_string": "AccountKey=k"}),
        "azure-blob-storage-credentials",
        {"connection_string": "AccountKey=k"},
    ),
    (
        conn("databricks", host="https://adb.example", password="dapi"),
        "databricks-credentials",
        {"databricks_instance": "adb.example", "token": "dapi"},
    ),
    (
        conn("databricks", {"service_principal_oauth": True}, host="adb.example", login="id", password="p"),
        "databricks-credentials",
        {"databricks_instance": "adb.example", "client_id": "id", "client_secret": "p"},
    ),
    (
        conn("dbt_cloud", host="eu.dbt.example", login="42", password="key"),
        "dbt-cloud-credentials",
        {"domain": "eu.dbt.example", "account_id": 42, "api_key": "key"},
    ),
    (
        conn("redis", {"db": "3", "ssl": True}, host="h", login="u", password="p", port=6380),
        "redis-database",
        {"host": "h", "username": "u", "password": "p", "port": 6380, "db": 3, "ssl": True},
    ),
]


@pytest.mark.parametrize(("connection", "slug", "data"), EXAMPLES, ids=lambda value: getattr(value, "conn_type", ""))
def test_the_data_of_a_native_block(connection: Connection, slug: str, data: dict[str, Any]) -> None:
    spec, losses = spec_from_connection(connection)
    assert losses == []
    assert spec.type_slug == slug
    assert {key: value for key, value in spec.data.items() if key != MARK} == data
    assert parts(read_back(spec)) == parts(connection)


ALONE: list[tuple[str, dict[str, Any], Connection]] = [
    ("aws-credentials", {}, conn("aws")),
    (
        "aws-credentials",
        {
            "aws_access_key_id": "id",
            "aws_secret_access_key": "key",
            "aws_session_token": "token",
            "profile_name": None,
            "aws_client_parameters": {"use_ssl": True, "verify": None, "endpoint_url": None},
            "assume_role_kwargs": {"ExternalId": None},
        },
        conn("aws", {"aws_session_token": "token"}, login="id", password="key"),
    ),
    ("gcp-credentials", {"service_account_file": "/k.json"}, conn("google_cloud_platform", {"key_path": "/k.json"})),
    ("gcp-credentials", {"project": "shop"}, conn("google_cloud_platform", {"project": "shop"})),
    (
        "snowflake-connector",
        {"credentials": {"account": "a", "user": "u"}, "database": "d", "warehouse": "w", "schema_": "s"},
        conn("snowflake", {"account": "a", "database": "d", "warehouse": "w"}, login="u", schema="s"),
    ),
    (
        "snowflake-connector",
        {"credentials": {"account": "a", "user": "u", "private_key": "k", "password": "p"}, "schema": "s"},
        conn("snowflake", {"account": "a", "private_key_content": "k"}, login="u", password="p", schema="s"),
    ),
    ("slack-webhook", {"url": WEBHOOK, "notify_type": "info"}, conn("slackwebhook", password=WEBHOOK)),
    (
        "email-server-credentials",
        {"username": None, "password": "", "smtp_type": 587, "smtp_port": None, "verify": False},
        conn(
            "smtp",
            {"disable_ssl": True, "disable_tls": False, "ssl_context": "none"},
            host="smtp.gmail.com",
            port=587,
        ),
    ),
    (
        "docker-registry-credentials",
        {"username": "u", "password": "p", "registry_url": "h:5000", "reauth": True},
        conn("docker", host="h:5000", login="u", password="p"),
    ),
    (
        "kubernetes-cluster-config",
        {"config": KUBE_CONFIG, "context_name": "here"},
        conn("kubernetes", {"kube_config": KUBE_CONFIG, "cluster_context": "here"}),
    ),
    (
        "azure-container-instance-credentials",
        {"client_id": "id", "client_secret": "p", "tenant_id": "t", "credential_kwargs": {}},
        conn("azure", {"tenantId": "t"}, login="id", password="p"),
    ),
    ("azure-blob-storage-credentials", {"account_url": WASB}, conn("wasb", host=WASB)),
    ("databricks-credentials", {"databricks_instance": "h", "token": "t"}, conn("databricks", host="h", password="t")),
    ("dbt-cloud-credentials", {"account_id": 42, "api_key": "k"}, conn("dbt_cloud", login="42", password="k")),
    ("redis-database", {"host": "h", "port": 6379, "db": 0, "ssl": False}, conn("redis", host="h", port=6379)),
    (
        "redis-database",
        {"connection_url": "rediss://u:p@h:6380/2"},
        conn("redis", {"db": 2, "ssl": True}, host="h", login="u", password="p", port=6380),
    ),
    ("slack-credentials", {"token": "t"}, conn("slack", password="t")),
    (
        "sqlalchemy-connector",
        {"connection_info": {"driver": "oracle+oracledb", "host": "h", "query": {"service_name": "s"}}},
        conn("oracle", {"service_name": "s"}, host="h"),
    ),
]


@pytest.mark.parametrize(
    ("slug", "data", "connection"), ALONE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_block_made_with_prefect_alone_is_read(slug: str, data: dict[str, Any], connection: Connection) -> None:
    assert parts(connection_from_document(slug, "c", data)) == parts(connection)


def test_a_changed_block_gives_what_it_was_changed_to() -> None:
    spec, _ = spec_from_connection(conn("smtp", {"disable_tls": True}, host="h", port=465))
    changed = connection_from_document(spec.type_slug, "c", {**spec.data, "smtp_type": "INSECURE"})
    assert changed.extra_dejson == {"disable_ssl": True, "disable_tls": True}
    spec, _ = spec_from_connection(conn("docker", {"reauth": True}, host="h", login="u", password="p"))
    changed = connection_from_document(spec.type_slug, "c", {**spec.data, "reauth": False, "registry_url": "x:1"})
    assert (changed.host, changed.port, changed.extra_dejson) == ("x:1", None, {"reauth": False})
    spec, _ = spec_from_connection(conn("redshift", host="h"))
    changed = connection_from_document(
        spec.type_slug, "c", {"connection_info": {**spec.data["connection_info"], "port": 9}}
    )
    assert changed.port == 9


@given(st.sampled_from([connection for connection, _, _ in EXAMPLES]))
def test_no_spec_shows_its_value(connection: Connection) -> None:
    spec, _ = spec_from_connection(connection)
    assert not connection.password or repr(connection.password) not in repr(spec)
    assert "qxzjkwv" not in repr(spec)
