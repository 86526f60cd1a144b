"""`load_block` with fakes: the native block, made in memory."""

from __future__ import annotations

import asyncio

import pytest
from prefect_aws import AwsCredentials
from prefect_sqlalchemy import SqlAlchemyConnector

from airflow_compat import AirflowConnection, aload_block, load_block
from airflow_compat.errors import BlockTypeError, ConnectionNotFoundError
from airflow_compat.testing import fake_connections


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to a server fail at once."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")


def test_block_has_the_type_that_an_import_makes() -> None:
    given = {
        "shop_db": "postgres://etl:s3cret@db.example.com/shop",
        "lake": {"conn_type": "aws", "login": "AKIA", "password": "s3cret", "extra": {"region_name": "eu-west-1"}},
        "odd": {"conn_type": "nobody_knows", "password": "s3cret"},
    }
    with fake_connections(given) as fake:
        database, lake, odd = load_block("shop_db"), load_block("lake"), load_block("odd")
        assert isinstance(database, SqlAlchemyConnector)
        assert isinstance(lake, AwsCredentials)
        assert isinstance(odd, AirflowConnection)
        assert lake.region_name == "eu-west-1"
        assert odd.password is not None
        assert odd.password.get_secret_value() == "s3cret"
        assert isinstance(asyncio.run(aload_block("lake", AwsCredentials)), AwsCredentials)
    assert fake.asked == ["shop_db", "lake", "odd", "lake"]


def test_another_type_and_another_id_are_errors() -> None:
    with fake_connections({"lake": {"conn_type": "aws"}}):
        with pytest.raises(BlockTypeError, match="has the class AwsCredentials"):
            load_block("lake", SqlAlchemyConnector)
        with pytest.raises(ConnectionNotFoundError, match="which has lake"):
            load_block("shop_db")
