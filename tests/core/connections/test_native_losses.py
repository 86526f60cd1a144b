"""Each connection type with a native block: what the block can't hold, by name, and that it is kept whole then."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from native_connections import KEYFILE, PEM, STRATEGIES, WASB, conn, parts, read_back
from strategies import json_objects

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.connection_fields import FIELDS
from airflow_compat.connections._block_types import airflow_connection
from airflow_compat.connections._specs import NATIVE_SLUGS, spec_from_connection

KEYED = {"login": "u", "password": "p"}
LOSSES: list[tuple[Connection, str]] = [
    (conn("mysql", {"iam": True}), "extra 'iam' is for Airflow's hook, and the driver would refuse it"),
    (conn("mysql", {"cursor": "dictcursor"}), "extra 'cursor' is for Airflow's hook, and the driver would refuse it"),
    (conn("mysql", {"connect_timeout": 5}), "extra 'connect_timeout' is not passed to the driver by Airflow's hook"),
    (conn("mysql", {"ssl": "{}"}), "extra 'ssl' is not a JSON object, which the driver needs"),
    (conn("mysql", {"client": "pymysql"}), "extra 'client' is none that Airflow knows"),
    (
        conn("mysql", {"client": "mysql-connector-python", "charset": "x"}),
        "extra 'charset' is not passed to the driver by Airflow's hook",
    ),
    (
        conn("mssql", {"SQLAlchemy_Scheme": "mssql+pyodbc"}),
        "extra 'SQLAlchemy_Scheme' is for Airflow's hook, and the driver would refuse it",
    ),
    (conn("oracle", {"dsn": "x"}), "extra 'dsn' is a secret, and connect_args is not masked"),
    (conn("postgres", {"pwd": "x"}), "extra 'pwd' is a secret, and connect_args is not masked"),
    (
        conn("oracle", {"sid": "x"}, schema="hr"),
        "schema becomes the session's current schema in Airflow, and the block has no place for one",
    ),
    (
        conn("oracle", {"sid": "x", "service_name": "y"}),
        "extra has both 'service_name' and 'sid', and SQLAlchemy takes one",
    ),
    (conn("oracle", {"sid": 5}), "extra 'sid' is not text, or empty"),
    (
        conn("oracle", host="tns", port=1521),
        "extra has neither 'service_name' nor 'sid', so SQLAlchemy would not use the port",
    ),
    (conn("redshift", {"iam": True}), "extra 'iam' is for Airflow's hook, and the driver would refuse it"),
    (conn("redshift", {"timeout": 1}), "extra 'timeout' is not passed to the driver by Airflow's hook"),
    (
        conn("aws", {"aws_session_token": "t"}, **KEYED),
        "extra 'aws_session_token' is a secret, and AwsCredentials does not mask it",
    ),
    (conn("aws", {"service_config": {"s3": {}}}), "extra 'service_config' has no place in AwsCredentials"),
    (
        conn("aws", {"role_arn": "r", "assume_role_method": "assume_role_with_saml"}),
        "extra 'assume_role_method' has no place in AwsCredentials",
    ),
    (
        conn("aws", {"role_arn": "r", "assume_role_kwargs": {"DurationSeconds": "900"}}),
        "extra 'assume_role_kwargs': 'DurationSeconds' is not as AwsCredentials takes it",
    ),
    (
        conn("aws", {"role_arn": "r", "verify": False}),
        "extra 'role_arn' with 'config_kwargs' or 'verify': AwsCredentials assumes the role without those",
    ),
    (conn("aws", {"verify": "/ca.pem"}), "extra 'verify' is not true or false, which AwsCredentials needs"),
    (
        conn("aws", {"config_kwargs": {"proxies": {"https": "x"}}}),
        "extra 'config_kwargs' is a secret, and AwsCredentials does not mask it",
    ),
    (
        conn("aws", {"endpoint_url": "http://u:p@h"}),
        "extra 'endpoint_url' is a secret, and AwsCredentials does not mask it",
    ),
    (
        conn("aws", login="id"),
        "the connection has half an access key, which Airflow ignores and AwsCredentials refuses",
    ),
    (
        conn("aws", {"aws_access_key_id": "id", "aws_secret_access_key": "s"}, login="u", password="p"),
        (
            "extra 'aws_access_key_id' and another field of the connection both set aws_access_key_id of "
            "AwsCredentials; remove one of them"
        ),
    ),
    (conn("aws", host="h"), "host has no place in AwsCredentials"),
    (conn("google_cloud_platform", {"key_path": "/k.json"}), "extra 'key_path' has no place in GcpCredentials"),
    (
        conn("google_cloud_platform", {"project": "p"}),
        "the connection has no keyfile_dict, so GcpCredentials would load the machine's credentials",
    ),
    (
        conn("google_cloud_platform", {"keyfile_dict": "{"}),
        "extra 'keyfile_dict' is not a JSON object, which GcpCredentials needs",
    ),
    (
        conn("google_cloud_platform", {"keyfile_dict": {"type": "external_account"}}),
        "the keyfile_dict is not that of a service account, which GcpCredentials needs",
    ),
    (
        conn("google_cloud_platform", {"keyfile_dict": {**KEYFILE, "private_key": PEM.replace("\n", "\\n")}}),
        "the private_key of the keyfile_dict is not in PEM form with real line ends, which GcpCredentials needs",
    ),
    *(
        (
            conn(
                "google_cloud_platform", {"keyfile_dict": {**KEYFILE, "private_key": PEM.replace("MAMCAQA=", damaged)}}
            ),
            "the private_key of the keyfile_dict is not in PEM form with real line ends, which GcpCredentials needs",
        )
        for damaged in ("MAM*AQA=", "MAMCAQ", "MAMCAQ==", "MAMCAQAA", "AAMCAQA=", "")
    ),
    (
        conn("google_cloud_platform", {"keyfile_dict": KEYFILE, "num_retries": 7}),
        "extra 'num_retries' has no place in GcpCredentials",
    ),
    (
        conn("google_cloud_platform", {"project": "a", "extra__google_cloud_platform__project": "b"}),
        "extra 'extra__google_cloud_platform__project' is there with and without its prefix",
    ),
    (
        conn("snowflake", {"account": "a", "database": "d"}, schema="s", **KEYED),
        "extra 'warehouse' is missing, and SnowflakeConnector needs it",
    ),
    (
        conn("snowflake", {"account": "a"}, **KEYED),
        "schema is missing, and SnowflakeConnector needs it",
    ),
    (conn("snowflake", {"account": "a", "region": "eu"}, **KEYED), "extra 'region' has no place in SnowflakeConnector"),
    (
        conn("snowflake", {"account": "a", "database": "d", "warehouse": "w"}, schema="s", login="u"),
        "the connection has neither a password nor a private key, but SnowflakeConnector needs one of the two",
    ),
    (conn("slack", {"proxy": "http://p"}, password="x"), "extra 'proxy' has no place in SlackCredentials"),
    (
        conn("snowflake", {"account": "a", "private_key_content": PEM}, login="u", password=" p", schema="s"),
        "the passphrase begins or ends with a blank, which Airflow drops and SnowflakeConnector does not",
    ),
    (
        conn("wasb", host=WASB + "/?sig=x"),
        "its host holds a secret after the name 'sig', and is encrypted",
    ),
    (
        conn("smtp", {"disable_tls": {"password": "x"}}, host="h", port=465),
        "extra 'disable_ssl' or 'disable_tls' is neither true nor false",
    ),
    (conn("slack"), "password is missing, and SlackCredentials needs it"),
    (
        conn("slackwebhook", host="hooks.slack.com/services/T0", password="B0/x"),
        "the host may hold a secret part of the webhook's URL, so the host is not stored beside the block",
    ),
    (conn("slackwebhook", password="/T0/B0/x"), "the password begins or ends with a blank or slash"),
    (conn("slackwebhook", password="T0/B0/x/"), "the password begins or ends with a blank or slash"),
    (
        conn("smtp", host="h", port=465),
        "the connection has SSL and STARTTLS; EmailServerCredentials takes only one: set disable_tls in Airflow",
    ),
    (
        conn("smtp", {"disable_tls": True, "from_email": "a@b"}, host="h", port=465),
        "extra 'from_email' has no place in EmailServerCredentials",
    ),
    (
        conn("smtp", {"disable_tls": True}, host="Gmail", port=465),
        "EmailServerCredentials takes its host for the name of a mail provider",
    ),
    (conn("docker", {"email": "a@b"}, host="h", **KEYED), "extra 'email' has no place in DockerRegistryCredentials"),
    (conn("kubernetes", {"in_cluster": True}), "extra 'in_cluster' has no place in KubernetesClusterConfig"),
    (
        conn("kubernetes", {"kube_config_path": "/k"}),
        "extra 'kube_config_path' has no place in KubernetesClusterConfig",
    ),
    (
        conn("kubernetes", {"kube_config": {"users": [{"user": {"token": "t"}}]}, "cluster_context": "c"}),
        "extra 'kube_config' is a secret, and KubernetesClusterConfig does not mask it",
    ),
    (
        conn("kubernetes", {"kube_config": {"users": [{"user": {"client-key-data": "t"}}]}, "cluster_context": "c"}),
        "extra 'kube_config' is a secret, and KubernetesClusterConfig does not mask it",
    ),
    (conn("wasb", {"sas_token": "s"}, host=WASB), "extra 'sas_token' has no place in AzureBlobStorageCredentials"),
    (
        conn("wasb", host=WASB, login="account", password="key"),
        "the connection lacks a part of the service principal: login, password or extra 'tenant_id'",
    ),
    (
        conn("azure", {"subscriptionId": "s"}, **KEYED),
        "the connection lacks a part of the service principal: login, password or extra 'tenantId'",
    ),
    (
        conn("azure", {"tenantId": "t", "key_json": {"clientSecret": "p"}}, **KEYED),
        "extra 'key_json' has no place in AzureContainerInstanceCredentials",
    ),
    (
        conn("azure_container_instance", {"tenantId": "t", "cloud_environment": "AzureChinaCloud"}, **KEYED),
        "extra 'cloud_environment' has no place in AzureContainerInstanceCredentials",
    ),
    (
        conn("azure", {"managed_identity_client_id": "m"}),
        "extra 'managed_identity_client_id' has no place in AzureContainerInstanceCredentials",
    ),
    (
        conn("azure", {"extra__azure__tenantId": "t"}, **KEYED),
        "extra 'extra__azure__tenantId' has no place in AzureContainerInstanceCredentials",
    ),
    (
        conn("databricks", {"azure_tenant_id": "t"}, host="h"),
        "extra 'azure_tenant_id' has no place in DatabricksCredentials",
    ),
    (conn("databricks", host="h"), "the connection has no token, which DatabricksCredentials needs"),
    (conn("databricks", host="h", **KEYED), "login has no place in DatabricksCredentials"),
    (conn("databricks", host="http://h", password="t"), "the host is more than the name of a Databricks instance"),
    (
        conn("dbt_cloud", login="acme", password="p"),
        "the connection's login is not an account number, which DbtCloudCredentials needs",
    ),
    (conn("redis", {"cluster": True}, host="h"), "extra 'cluster' has no place in RedisDatabase"),
    (conn("redis", {"db": "01"}, host="h"), "extra 'db' is not a whole number, which RedisDatabase needs"),
    (conn("redis", {"db": True}, host="h"), "extra 'db' is not a whole number, which RedisDatabase needs"),
    (conn("redis", host="h", password="None"), "the password is a word that Airflow reads as no password"),
]


@pytest.mark.parametrize(("connection", "loss"), LOSSES, ids=lambda value: getattr(value, "conn_type", ""))
def test_a_loss_is_named_and_the_connection_kept_whole(connection: Connection, loss: str) -> None:
    spec, losses = spec_from_connection(connection)
    assert loss in losses
    assert spec.type_slug == airflow_connection.SLUG
    assert read_back(spec) == connection


def test_all_that_a_snowflake_connection_lacks_is_named_at_once() -> None:
    _, losses = spec_from_connection(conn("snowflake", {"account": "a"}, **KEYED))
    assert losses == [
        f"{name} is missing, and SnowflakeConnector needs it"
        for name in ("schema", "extra 'database'", "extra 'warehouse'")
    ]


@pytest.mark.parametrize("conn_type", sorted(set(NATIVE_SLUGS) - {"sqlite"}))
@pytest.mark.parametrize("extra", ["[1]", "not json", "5"])
def test_an_extra_that_is_no_object_is_a_loss(conn_type: str, extra: str) -> None:
    connection = Connection("c", conn_type, host="h", login="1", password="p", extra=extra)
    spec, losses = spec_from_connection(connection)
    assert losses[0].startswith("the connection's extra is not a JSON object")
    assert read_back(spec) == connection


@pytest.mark.parametrize("kind", STRATEGIES)
def test_what_a_native_block_cannot_hold_is_kept_whole(kind: str) -> None:
    @given(STRATEGIES[kind], json_objects.filter(bool))
    def holds(connection: Connection, more: dict[str, Any]) -> None:
        extra = {**connection.extra_dejson, **more}
        fields = {name: getattr(connection, name) for name in ("conn_id", *FIELDS)}
        connection = Connection(**{**fields, "extra": json.dumps(extra)})
        spec, losses = spec_from_connection(connection)
        assert (spec.type_slug == airflow_connection.SLUG) is bool(losses)
        assert parts(read_back(spec)) == parts(connection)

    holds()
