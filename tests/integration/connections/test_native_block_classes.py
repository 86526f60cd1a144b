"""What an import gives each native block: to its real class, over the real server, and to a real AWS API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from azure.identity import ClientSecretCredential
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from moto.server import ThreadedMotoServer
from prefect_aws import AwsCredentials
from prefect_azure import AzureContainerInstanceCredentials

from airflow_compat import Connection, get_connection, importing, load_block
from airflow_compat._airflow.export_data import Export
from airflow_compat._prefect.block_classes import block_class, block_from_data
from airflow_compat.connections._specs import HOMES, NATIVE_SLUGS, spec_from_connection

if TYPE_CHECKING:
    from prefect.blocks.core import Block

SECRET = "qxzjkwvq"
PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
KEYFILE = {
    "type": "service_account",
    "project_id": "shop",
    "private_key": PEM,
    "client_email": "etl@shop.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}
CLUSTER = {"clusters": [{"name": "c", "cluster": {"server": "https://k.example"}}], "contexts": [{"name": "here"}]}


def conn(conn_type: str, extra: dict[str, Any] | None = None, **fields: Any) -> Connection:
    return Connection("c", conn_type, "what for", extra=json.dumps(extra) if extra else None, **fields)


DATABASE = {"host": "h.example", "login": "u", "password": SECRET, "port": 1}
LOGIN = {"login": "u", "password": SECRET}
WAREHOUSE = {"account": "acme", "database": "d", "warehouse": "w"}

CONNECTIONS: list[tuple[str, Connection]] = [
    ("sqlalchemy-connector", conn("postgres", {"sslmode": "require"}, schema="db", **DATABASE)),
    ("sqlalchemy-connector", conn("mysql", {"charset": "utf8mb4"}, schema="db", **DATABASE)),
    ("sqlalchemy-connector", conn("mssql", {"login_timeout": 5}, schema="db", **DATABASE)),
    ("sqlalchemy-connector", conn("oracle", {"service_name": "shop"}, **DATABASE)),
    ("sqlalchemy-connector", conn("oracle", {"sid": "xe"}, **DATABASE)),
    ("sqlalchemy-connector", conn("redshift", {"sslmode": "verify-ca"}, schema="dev", host="h", **LOGIN)),
    ("aws-credentials", conn("aws", {"region_name": "eu-west-1", "config_kwargs": {"read_timeout": 9}}, **LOGIN)),
    ("aws-credentials", conn("aws", {"role_arn": "r", "assume_role_kwargs": {"Tags": [{"Key": "k", "Value": "v"}]}})),
    ("gcp-credentials", conn("google_cloud_platform", {"keyfile_dict": KEYFILE, "project": "shop"})),
    (
        "gcp-credentials",
        conn("gcpbigquery", {"extra__google_cloud_platform__keyfile_dict": json.dumps(KEYFILE), "project": "x"}),
    ),
    ("snowflake-connector", conn("snowflake", WAREHOUSE, schema="s", **LOGIN)),
    ("snowflake-connector", conn("snowflake", {**WAREHOUSE, "private_key_content": PEM}, schema="s", **LOGIN)),
    ("slack-credentials", conn("slack", password=SECRET)),
    ("slack-webhook", conn("slackwebhook", password=f"T0000/B0000/{SECRET}")),
    ("email-server-credentials", conn("smtp", {"disable_tls": True}, **DATABASE)),
    ("email-server-credentials", conn("email", {"disable_ssl": True, "disable_tls": True}, host="h", port=25)),
    ("docker-registry-credentials", conn("docker", {"reauth": False}, **DATABASE)),
    ("kubernetes-cluster-config", conn("kubernetes", {"kube_config": CLUSTER, "cluster_context": "here"})),
    (
        "azure-container-instance-credentials",
        conn("azure", {"tenantId": "t", "subscriptionId": "s", "use_azure_identity_object": True}, **LOGIN),
    ),
    ("azure-container-instance-credentials", conn("azure_container_instance", {"subscriptionId": "s"})),
    ("azure-blob-storage-credentials", conn("wasb", {"tenant_id": "t"}, host="https://s.blob.example", **LOGIN)),
    ("azure-blob-storage-credentials", conn("wasb", {"connection_string": f"AccountKey={SECRET}"})),
    ("databricks-credentials", conn("databricks", host="https://adb.example", password=SECRET)),
    ("databricks-credentials", conn("databricks", {"service_principal_oauth": True}, host="adb.example", **LOGIN)),
    ("dbt-cloud-credentials", conn("dbt_cloud", login="42", password=SECRET)),
    ("redis-database", conn("redis", {"db": "3", "ssl": True}, **DATABASE)),
]


@pytest.fixture(params=CONNECTIONS, ids=lambda case: f"{case[1].conn_type}-{case[0]}")
def case(request: pytest.FixtureRequest) -> tuple[str, Connection]:
    if request.param[0] == "dbt-cloud-credentials":
        pytest.importorskip("prefect_dbt", reason="brings the whole of dbt, so it is not among the tests' packages")
    return request.param  # type: ignore[no-any-return]


def test_each_native_block_is_tried() -> None:
    assert {slug for slug, _ in CONNECTIONS} == set(NATIVE_SLUGS.values())


@pytest.mark.parametrize("slug", HOMES)
def test_each_class_is_the_one_of_its_slug(slug: str) -> None:
    if slug == "dbt-cloud-credentials":
        pytest.importorskip("prefect_dbt", reason="brings the whole of dbt, so it is not among the tests' packages")
    assert block_class(slug).get_block_type_slug() == slug


def test_the_real_class_takes_the_data_and_hides_the_secrets(case: tuple[str, Connection]) -> None:
    slug, connection = case
    spec, losses = spec_from_connection(connection)
    assert (spec.type_slug, losses) == (slug, [])
    block = block_from_data(slug, dict(spec.data))
    for text in (repr(block), str(block)):
        assert SECRET not in text
        assert PEM not in text
        assert PEM.splitlines()[1] not in text


def _import(connection: Connection) -> None:
    (outcome,) = importing.apply(importing.plan(Export(connections=(connection,))))
    assert outcome.done, outcome


def _same(one: Connection, other: Connection) -> bool:
    bare = [replace(connection, extra=None) for connection in (one, other)]
    return bare[0] == bare[1] and one.extra_dejson == other.extra_dejson


def _load(slug: str, name: str) -> Block:
    return block_class(slug).load(name)  # type: ignore[return-value]


def test_it_is_saved_loaded_natively_and_read_back(case: tuple[str, Connection], unique: str) -> None:
    slug, connection = case
    connection = replace(connection, conn_id=f"{unique}_c")
    _import(connection)
    native = _load(slug, f"{unique}-c")
    assert type(load_block(f"{unique}_c")) is type(native)
    assert _same(get_connection(f"{unique}_c"), connection)
    # Prefect's own save writes every field of the class, the defaults too.
    native.save(f"{unique}-c", overwrite=True)
    assert _same(get_connection(f"{unique}_c"), connection)


def test_an_azure_connections_block_logs_in_as_its_service_principal(unique: str) -> None:
    extra = {"tenantId": "tenant", "subscriptionId": "subscription"}
    _import(replace(conn("azure", extra, **LOGIN), conn_id=f"{unique}_c"))
    block = load_block(f"{unique}_c", AzureContainerInstanceCredentials)
    client = block.get_container_client(block.subscription_id)
    assert client._config.subscription_id == "subscription"
    credential = client._config.credential
    assert isinstance(credential, ClientSecretCredential)
    assert (credential._tenant_id, credential._client_id, credential._client_credential) == ("tenant", "u", SECRET)


def test_snowflakes_client_is_given_the_connection_alone(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr("snowflake.connector.connect", lambda **options: calls.append(options))
    _import(replace(conn("snowflake", {**WAREHOUSE, "role": "r"}, schema="s", **LOGIN), conn_id=f"{unique}_c"))
    _load("snowflake-connector", f"{unique}-c").get_connection()  # type: ignore[attr-defined]
    (options,) = calls
    assert options.pop("application").startswith("Prefect")
    assert options == {**WAREHOUSE, "user": "u", "password": SECRET, "role": "r", "schema": "s"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """AWS on loopback, and nothing of this machine's own AWS settings."""
    nowhere = str(tmp_path_factory.mktemp("aws") / "none")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, nowhere)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


KEYS = {"region_name": "us-east-1", "aws_access_key_id": "AKIATEST", "aws_secret_access_key": SECRET}


def test_an_aws_connection_lists_a_real_bucket(aws: str, unique: str) -> None:
    boto3.client("s3", endpoint_url=aws, **KEYS).create_bucket(Bucket=f"{unique}-bucket")
    extra = {"region_name": "us-east-1", "endpoint_url": aws}
    _import(Connection(f"{unique}_aws", "aws", login="AKIATEST", password=SECRET, extra=json.dumps(extra)))
    for block in (AwsCredentials.load(f"{unique}-aws"), load_block(f"{unique}_aws", AwsCredentials)):
        buckets = block.get_s3_client().list_buckets()["Buckets"]
        assert f"{unique}-bucket" in {bucket["Name"] for bucket in buckets}


def test_an_aws_role_is_assumed(aws: str, unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Neither Airflow nor the block sends this one call to the connection's endpoint_url.
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws)
    extra = {"role_arn": "arn:aws:iam::123456789012:role/etl", "assume_role_kwargs": {"RoleSessionName": "nightly"}}
    _import(Connection(f"{unique}_role", "aws", extra=json.dumps({**KEYS, **extra})))
    session = load_block(f"{unique}_role", AwsCredentials).get_boto3_session()
    assert session.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/etl/nightly")
