"""Operators for SQL and HTTP in ordinary flows, on connections that the server holds."""

from __future__ import annotations

from typing import Any

import pytest
from prefect import flow, task
from provider_cases import http_server

from airflow_compat import importing
from airflow_compat.operators import as_task
from airflow_compat.operators.hooks import PostgresHook

SQL = "airflow.providers.common.sql.operators.sql"


@pytest.fixture
def shop_db(postgres: dict[str, str], unique: str, export: Any) -> str:
    """A real PostgreSQL as a connection on the server, which is a native block."""
    fields = {
        "conn_type": "postgres",
        "host": postgres["host"],
        "login": postgres["user"],
        "schema": postgres["dbname"],
    }
    importing.apply(importing.read(export("connections.json", {f"{unique}_db": {"conn_type": "postgres", **fields}})))
    PostgresHook(f"{unique}_db").run(f"CREATE TABLE {unique} (id int, shop text)")
    return f"{unique}_db"


def test_results_of_tasks_are_parameters_of_sql(shop_db: str, unique: str) -> None:
    @task
    def number() -> int:
        return 7

    load = as_task(
        f"{SQL}.SQLExecuteQueryOperator",
        task_id="load",
        conn_id=shop_db,
        sql="INSERT INTO {{ params.table }} VALUES (%s, %s)",
        params={"table": unique},
    )
    insert = as_task(f"{SQL}.SQLInsertRowsOperator", task_id="insert", conn_id=shop_db, table_name=unique)
    read = as_task(f"{SQL}.SQLExecuteQueryOperator", task_id="read", conn_id=shop_db, sql=f"SELECT * FROM {unique}")
    check = as_task(f"{SQL}.SQLCheckOperator", task_id="check", conn_id=shop_db, sql=f"SELECT count(*) FROM {unique}")

    @flow
    def etl() -> Any:
        load(parameters=[number(), "{{ eu }}"])
        insert(rows=[(8, "us")], columns=["id", "shop"])
        check()
        return read()

    assert etl() == [(7, "{{ eu }}"), (8, "us")]


def test_a_branch_returns_the_chosen_tasks(shop_db: str) -> None:
    branch = as_task(
        f"{SQL}.BranchSQLOperator",
        task_id="branch",
        conn_id=shop_db,
        sql="SELECT false",
        follow_task_ids_if_true=["load"],
        follow_task_ids_if_false=["stop"],
    )

    @flow
    def etl() -> Any:
        return branch()

    assert etl() == ["stop"]


def test_http(unique: str, export: Any) -> None:
    with http_server() as address:
        host, _, port = address.partition(":")
        fields = {"conn_type": "http", "host": f"http://{host}", "port": int(port)}
        importing.apply(importing.read(export("connections.json", {f"{unique}_api": fields})))
        get = as_task(
            "airflow.providers.http.operators.http.SimpleHttpOperator",
            task_id="get",
            http_conn_id=f"{unique}_api",
            method="GET",
            response_filter=lambda response: response.json()["query"],
        )
        wait = as_task(
            "airflow.providers.http.sensors.http.HttpSensor",
            task_id="wait",
            http_conn_id=f"{unique}_api",
            endpoint="echo",
            deferrable=True,
        )

        @flow
        def etl() -> Any:
            wait()
            return get(endpoint="echo", data={"a": 1})

        assert etl() == [["a", "1"]]
