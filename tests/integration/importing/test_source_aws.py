"""AWS Secrets Manager and SSM: real boto3 against moto's local server."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import MissingPackageError, SourceError

PASSWORD = "quartz-Tern-41"
URI = f"postgres://u:{PASSWORD}@h:5432/db?sslmode=require"
PG = Connection("pg", "postgres", None, "h", "u", PASSWORD, "db", 5432, '{"sslmode": "require"}')


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")


@pytest.fixture
def folder() -> str:
    """A prefix that no other test uses."""
    return f"t{uuid4().hex[:8]}"


def read(kind: str, moto: str, **arguments: str) -> importing.Export:
    given = {"endpoint_url": moto, "region_name": "eu-west-1", **arguments}
    return importing.read(f"{kind}:?" + "&".join(f"{name}={quote(value)}" for name, value in given.items()))


def put(moto: str, secrets: dict[str, str | bytes]) -> None:
    manager = boto3.client("secretsmanager", region_name="eu-west-1", endpoint_url=moto)
    for name, value in secrets.items():
        manager.create_secret(Name=name, **{"SecretBinary" if isinstance(value, bytes) else "SecretString": value})


def put_parameters(moto: str, parameters: dict[str, str]) -> None:
    store = boto3.client("ssm", region_name="eu-west-1", endpoint_url=moto)
    for name, value in parameters.items():
        store.put_parameter(Name=name, Value=value, Type="SecureString")


def ids(export: importing.Export) -> set[str | None]:
    return {connection.conn_id for connection in export.connections}


def test_secrets_manager_with_airflows_defaults(moto: str) -> None:
    put(
        moto,
        {
            "airflow/connections/pg": URI,
            "airflow/connections/web": '{"engine": "http", "username": "u", "pass": "p", "server": "h", "x": 1}',
            "airflow/connections/binary": b"x",
            "airflow/connections/bad": f"http://h:{PASSWORD}",
            "airflow/connections-of-others/a": URI,
            "airflow/variables/size": "5",
            "other": PASSWORD,
        },
    )
    export = read("aws-secrets-manager", moto)
    assert set(export.connections) == {PG, Connection("web", "http", None, "h", "u", "p")}
    assert export.variables == (VariableRecord("size", "5"),)
    assert {problem.id for problem in export.problems} == {"binary", "bad"}
    assert PASSWORD not in str(export.problems)


def test_secrets_manager_with_arguments(moto: str, folder: str) -> None:
    put(moto, {f"{folder}-c-{id_}": URI for id_ in ("Prod_a", "prod_b", "test_a")})
    put(moto, {f"{folder}-c-prod_words": '{"usr": "u", "conn_type": "http"}', f"{folder}-v-a": "x"})
    export = read(
        "aws-secrets-manager",
        moto,
        connections_prefix=f"{folder}-c-",
        connections_lookup_pattern="prod_",
        variables_prefix="null",
        sep="-",
        extra_conn_words='{"user": ["usr"]}',
    )
    assert ids(export) == {"Prod_a", "prod_b", "prod_words"}
    assert {c.conn_id: c.login for c in export.connections}["prod_words"] == "u"
    assert export.variables == ()


def test_keys_that_airflow_does_not_read_are_noted(moto: str, folder: str) -> None:
    made_by_rds = {"engine": "postgres", "host": "h", "username": "u", "password": PASSWORD, "port": 5432}
    put(moto, {f"{folder}/rds": json.dumps({**made_by_rds, "dbname": "shop", "dbInstanceIdentifier": "x"})})
    export = read("aws-secrets-manager", moto, connections_prefix=folder, variables_prefix="null")
    assert export.connections == (Connection("rds", "postgres", None, "h", "u", PASSWORD, None, 5432),)
    hint = '; set extra_conn_words={"schema": ["dbname"]} to use this key as the schema'
    assert export.notes == (
        importing.Note("connection", "rds", f"'dbname' is left out, as Airflow's backend does{hint}"),
        importing.Note("connection", "rds", "'dbInstanceIdentifier' is left out, as Airflow's backend does"),
    )
    more = {"extra_conn_words": '{"schema": ["dbname", "dbInstanceIdentifier"]}'}
    export = read("aws-secrets-manager", moto, connections_prefix=folder, variables_prefix="null", **more)
    assert (export.connections[0].schema, export.notes) == ("shop", ())


def test_full_url_mode_takes_json_by_airflows_own_keys(moto: str, folder: str) -> None:
    put(moto, {f"{folder}/a": '{"conn_type": "http", "login": "u"}', f"{folder}/b": '{"engine": "http"}'})
    export = read("aws-secrets-manager", moto, connections_prefix=folder, variables_prefix="null", full_url_mode="true")
    assert export.connections == (Connection("a", "http", login="u"),)
    assert ["unknown key 'engine'" in problem.reason for problem in export.problems] == [True]


def test_more_secrets_than_one_page(moto: str, folder: str) -> None:
    put(moto, {f"{folder}/k{number}": str(number) for number in range(120)})
    export = read("aws-secrets-manager", moto, connections_prefix="null", variables_prefix=folder)
    assert {record.key: record.value for record in export.variables} == {f"k{n}": str(n) for n in range(120)}


def test_ssm_with_airflows_defaults(moto: str) -> None:
    put_parameters(
        moto,
        {
            "/airflow/connections/pg": URI,
            "/airflow/connections/team/json": '{"conn_type": "http"}',
            "/airflow/variables/size": "5",
            "/airflow/other": PASSWORD,
        },
    )
    export = read("aws-ssm", moto)
    assert set(export.connections) == {PG, Connection("team/json", "http")}
    assert export.variables == (VariableRecord("size", "5"),)


def test_ssm_with_arguments_and_many_parameters(moto: str, folder: str) -> None:
    put_parameters(moto, {f"/{folder}/v/k{number}": str(number) for number in range(25)})
    export = read(
        "aws-ssm", moto, connections_prefix="null", variables_prefix=f"{folder}/v/", variables_lookup_pattern="K1"
    )
    assert {record.key for record in export.variables} == {"k1", *(f"k{number}" for number in range(10, 20))}


def test_backend_has_precedence_over_the_environment(moto: str, folder: str) -> None:
    put_parameters(moto, {f"/{folder}/Pg": URI})
    source = f"aws-ssm:?endpoint_url={moto}&region_name=eu-west-1&connections_prefix={folder}&variables_prefix=null"
    export = importing.read("env:", source, environ={"AIRFLOW_CONN_PG": "http://h"})
    assert [connection.conn_type for connection in export.connections] == ["postgres"]
    assert export.shadowed == (importing.Shadowed("connection", "Pg", "aws-ssm:", "env:"),)


@pytest.mark.parametrize("kind", ["aws-secrets-manager", "aws-ssm"])
def test_unreachable_source_fails_soon(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        began = time.monotonic()
        with pytest.raises(SourceError, match=f"{kind}: AWS can't be reached"):
            read(kind, f"http://127.0.0.1:{free.getsockname()[1]}")
        assert time.monotonic() - began < 20
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SourceError, match="NoCredentialsError"):
        read(kind, "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"aws-ssm:?aws_secret_access_key={PASSWORD}", "unknown argument 'aws_secret_access_key'"),
        (f"aws-ssm:{PASSWORD}", "takes only arguments"),
        ("aws-ssm:?endpoint_url=nothing", "ValueError"),
        ("aws-ssm:?profile_name=nobody", "ProfileNotFound"),
        (f"aws-secrets-manager:{PASSWORD}", "takes only arguments"),
        (f"aws-secrets-manager:?extra_conn_words={PASSWORD}", "extra_conn_words is not JSON"),
        ('aws-secrets-manager:?extra_conn_words={"nothing": ["a"]}', "extra_conn_words is not JSON"),
    ],
)
def test_invalid_source_texts(source: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        importing.read(source.replace("?", "?region_name=eu-west-1&") if "?" in source else source)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("kind", ["aws-secrets-manager", "aws-ssm"])
def test_invalid_lookup_pattern(kind: str, moto: str, folder: str) -> None:
    put(moto, {f"/{folder}/a": URI})
    put_parameters(moto, {f"/{folder}/a": URI})
    with pytest.raises(SourceError, match=f"{kind}: the lookup pattern is not a regular expression"):
        read(kind, moto, connections_prefix=f"/{folder}", connections_lookup_pattern="(", variables_prefix="null")


@pytest.mark.parametrize("kind", ["aws-secrets-manager", "aws-ssm"])
def test_without_boto3(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'airflow-compat\[aws\]'"):
        importing.read(f"{kind}:")
