"""Operators and hooks for SQL, where the recorded cases of Airflow do not reach."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dag_folders import write
from executions import dag_of, run

from airflow_compat.dags._loading import load_file
from airflow_compat.errors import ConnectionNotFoundError, MissingPackageError, UnsupportedFeatureError
from airflow_compat.exceptions import AirflowException
from airflow_compat.operators import (
    GenericTransfer,
    MySqlOperator,
    PostgresOperator,
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLInsertRowsOperator,
    SqliteOperator,
    SQLTableCheckOperator,
)
from airflow_compat.operators.hooks import BaseHook, DbApiHook, MySqlHook, PostgresHook, SqliteHook
from airflow_compat.testing import fake_connections


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    """A SQLite database with a table, as the connection `shop_db`."""
    with fake_connections({"shop_db": {"conn_type": "sqlite", "host": str(tmp_path / "shop.db")}}):
        hook = SqliteHook("shop_db")
        hook.run("CREATE TABLE sales (id INTEGER PRIMARY KEY, shop TEXT, note TEXT)")
        yield hook


def test_rows_of_another_task_are_inserted(shop: SqliteHook) -> None:
    arguments: dict[str, Any] = {"table_name": "sales", "conn_id": "shop_db", "ignored_columns": ["note"]}

    def doubled(rows: list[Any], **context: Any) -> list[Any]:
        return [(2 * number, shop) for number, shop in rows]

    with dag_of():
        rows = SQLExecuteQueryOperator(task_id="rows", conn_id="shop_db", sql="SELECT 1")
        insert = SQLInsertRowsOperator(
            task_id="insert",
            rows=rows.output,
            rows_processor=doubled,
            preoperator="DELETE FROM sales",
            postoperator=["UPDATE sales SET note = '{{ ds }}'"],
            insert_args={"replace": True},
            **arguments,
        )
        nothing = SQLInsertRowsOperator(task_id="nothing", **arguments)
    done = run(insert, others={("rows", "return_value"): [(1, "eu"), (2, "us")]})
    assert (done.state, done.xcoms) == ("success", {})
    assert shop.get_records("SELECT * FROM sales ORDER BY id") == [(2, "eu", "2024-03-05"), (4, "us", "2024-03-05")]
    skipped = run(nothing)
    assert (skipped.state, str(skipped.outcome.error)) == ("skipped", "Skipping task nothing because no rows.")


def test_rows_are_copied_in_pages(shop: SqliteHook) -> None:
    shop.insert_rows("sales", [(number, "eu", None) for number in range(5)])
    shop.run("CREATE TABLE copied (id INTEGER)")
    portions = []

    def noted(rows: list[Any], **context: Any) -> list[Any]:
        portions.append(len(rows))
        return rows

    with dag_of():
        copy = GenericTransfer(
            task_id="copy",
            sql="SELECT id FROM sales ORDER BY id",
            source_conn_id="shop_db",
            destination_conn_id="shop_db",
            destination_table="copied",
            rows_processor=noted,
            page_size="{{ 2 }}",  # type: ignore[arg-type]
        )
    assert run(copy).state == "success"
    assert portions == [2, 2, 1]
    assert shop.get_records("SELECT id FROM copied ORDER BY id") == [(number,) for number in range(5)]


def test_the_columns_are_those_of_the_table(shop: SqliteHook) -> None:
    assert shop.dialect.get_column_names("sales") == ["id", "shop", "note"]
    assert shop.dialect.get_primary_keys("main.sales") == ["id"]
    shop.run('CREATE TABLE "odd" (a TEXT, "b c" TEXT)')
    shop.insert_rows("odd", [("x", "y")], target_fields=["a", "b c"])
    assert shop.get_first("SELECT * FROM odd") == ("x", "y")


def test_an_extra_is_an_option_of_sqlite(tmp_path: Path) -> None:
    (tmp_path / "shop.db").touch()
    connection = {"conn_type": "sqlite", "host": str(tmp_path / "shop.db"), "extra": {"mode": "ro"}}
    with fake_connections({"shop_db": connection}), pytest.raises(Exception, match="readonly"):
        SqliteHook("shop_db").run("CREATE TABLE t (a)")


@pytest.mark.parametrize(
    ("kind", "conn_id", "default"),
    [
        (PostgresOperator, "postgres_conn_id", "postgres_default"),
        (MySqlOperator, "mysql_conn_id", "mysql_default"),
        (SqliteOperator, "sqlite_conn_id", "sqlite_default"),
    ],
)
def test_the_operators_of_single_databases(kind: Any, conn_id: str, default: str, shop: SqliteHook) -> None:
    with dag_of("2"):
        assert kind(task_id="default", sql="SELECT 1").conn_id == default
        query = kind(task_id="query", sql="SELECT '{{ ds }}'", **{conn_id: "shop_db"})
    assert run(query).xcoms == {"return_value": [("2024-03-05",)]}


def test_settings_of_postgresql_are_options_of_the_connection() -> None:
    with dag_of("2"):
        query = PostgresOperator(task_id="q", sql="SELECT 1", runtime_parameters={"statement_timeout": "3000ms"})
    assert query.hook_params == {"options": "-c statement_timeout=3000ms"}


def test_parameters_come_from_a_text() -> None:
    with dag_of() as dag:
        query = SQLExecuteQueryOperator(task_id="q", sql="SELECT ?", parameters="[1, 'a']")
    dag.resolve_template_files()
    assert query.parameters == [1, "a"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Please provide one or more of"),
        ({"greater_than": 2, "less_than": 2}, "greater_than should be strictly less than"),
        ({"greater_than": 2, "leq_to": 2}, "greater_than must be strictly less than leq_to"),
        ({"geq_to": 2, "less_than": 2}, "geq_to should be strictly less than less_than"),
        ({"geq_to": 3, "leq_to": 2}, "geq_to should be less than or equal to leq_to"),
        ({"geq_to": 1, "greater_than": 1}, "Only supply one of greater_than or geq_to"),
        ({"leq_to": 1, "less_than": 1}, "Only supply one of less_than or leq_to"),
        ({"leq_to": 1, "equal_to": 1}, "equal_to cannot be passed with"),
    ],
)
def test_bounds_that_contradict_each_other(values: dict[str, int], message: str) -> None:
    with dag_of(), pytest.raises(ValueError, match=message):
        SQLColumnCheckOperator(task_id="c", table="t", column_mapping={"a": {"min": values}})


def test_other_wrong_checks() -> None:
    with dag_of(), pytest.raises(AirflowException, match="Invalid column check: average"):
        SQLColumnCheckOperator(task_id="c", table="t", column_mapping={"a": {"average": {"equal_to": 1}}})
    with dag_of(), pytest.raises(ValueError, match="semicolons"):
        SQLTableCheckOperator(task_id="c", table="t", checks={}, partition_clause="a = 1; DROP TABLE t")


def test_hooks_are_found_by_the_type_of_the_connection(shop: SqliteHook) -> None:
    assert isinstance(BaseHook.get_hook("shop_db"), SqliteHook)
    with fake_connections({"lake": {"conn_type": "snowflake", "host": "h"}, "files": {"conn_type": "fs"}}):
        with pytest.raises(UnsupportedFeatureError, match="'lake' has the type 'snowflake'"):
            BaseHook.get_hook("lake")
        with dag_of():
            query = SQLExecuteQueryOperator(task_id="q", conn_id="files", sql="SELECT 1")
        assert "common-sql` with FSHook" in str(run(query).outcome.error)
    with pytest.raises(ConnectionNotFoundError, match="missing_db"):
        BaseHook.get_hook("missing_db")


def test_a_hook_of_the_team() -> None:
    class TeamHook(DbApiHook):
        conn_name_attr = "team_conn_id"

    class Driver:
        @staticmethod
        def connect(**arguments: Any) -> Any:
            return arguments

    connection = {"conn_type": "team", "host": "h", "port": 7, "login": "etl", "extra": {"placeholder": "!"}}
    with fake_connections({"team_db": connection}):
        hook = TeamHook(team_conn_id="team_db", schema="other")
        with pytest.raises(RuntimeError, match=r"didn't have `self\.connector` set"):
            hook.get_conn()
        hook.connector = Driver
        assert hook.get_conn() == {"host": "h", "port": 7, "username": "etl", "schema": ""}
        assert (hook.get_uri(), hook.placeholder) == ("team://etl@h:7/other?placeholder=%21", "%s")
        assert hook.test_connection()[0] is False
    with pytest.raises(AirflowException, match="conn_name_attr is not defined"):
        type("Nameless", (DbApiHook,), {})()


@pytest.mark.parametrize(("kind", "conn_type"), [(PostgresHook, "postgres"), (MySqlHook, "mysql")])
def test_tokens_of_a_cloud_are_refused(kind: Any, conn_type: str) -> None:
    with (
        fake_connections({"db": {"conn_type": conn_type, "extra": {"iam": True}}}),
        pytest.raises(UnsupportedFeatureError, match="'db' has the extra 'iam'"),
    ):
        kind("db").get_conn()


@pytest.mark.parametrize(
    ("kind", "conn_type", "modules"),
    [(PostgresHook, "postgres", ["psycopg2", "psycopg"]), (MySqlHook, "mysql", ["MySQLdb", "pymysql"])],
)
def test_a_missing_driver_names_its_extra(
    kind: Any, conn_type: str, modules: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    with (
        fake_connections({"db": {"conn_type": conn_type}}),
        pytest.raises(MissingPackageError, match=rf"pip install 'airflow-compat\[{conn_type}\]'"),
    ):
        kind("db").get_conn()


def test_a_missing_package_for_splitting(shop: SqliteHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlparse", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'airflow-compat\[sql\]'"):
        shop.run("SELECT 1; SELECT 2", split_statements=True)


def test_a_missing_library_of_data_frames(shop: SqliteHook, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pandas", "polars"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackageError, match="pip install pandas"):
        shop.get_pandas_df("SELECT 1")
    with pytest.raises(MissingPackageError, match="pip install polars"):
        shop.get_df("SELECT 1", df_type="polars")


class RecordedDriver(ModuleType):
    """Stands for a MySQL driver, of which no server is at hand: it records the arguments of its connections."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.connections: list[dict[str, Any]] = []

    def connect(self, **arguments: Any) -> Any:
        self.connections.append(arguments)
        return arguments


@pytest.mark.parametrize("missing", [(), ("MySQLdb",)])
def test_arguments_of_a_mysql_driver(missing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of `apache-airflow-providers-mysql`, with the newer names of user and database."""
    driver = RecordedDriver("pymysql" if missing else "MySQLdb")
    cursors: Any = ModuleType(f"{driver.__name__}.cursors")
    cursors.DictCursor = "a cursor"
    monkeypatch.setitem(sys.modules, driver.__name__, driver)
    monkeypatch.setitem(sys.modules, cursors.__name__, cursors)
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    extra = {"charset": "utf8", "cursor": "DictCursor", "ssl": '{"ca": "/ca.pem"}', "unix_socket": "/s", "other": 1}
    connection = {"conn_type": "mysql", "login": "etl", "password": "p&", "schema": "shop", "extra": extra}
    with fake_connections({"db": connection}):
        MySqlHook("db", schema="other", local_infile=True, init_command="SET a = 1").get_conn()
        uri = MySqlHook("db").get_uri()
    assert driver.connections == [
        {
            "user": "etl",
            "password": "p&",
            "host": "localhost",
            "database": "other",
            "port": 3306,
            "init_command": "SET a = 1",
            "charset": "utf8",
            "use_unicode": True,
            "unix_socket": "/s",
            "cursorclass": "a cursor",
            "ssl": {"ca": "/ca.pem"},
            "local_infile": 1,
        }
    ]
    assert uri.startswith("mysql://etl:p%26@localhost/shop?charset=utf8&cursor=DictCursor")


def test_a_dag_file_of_airflow_2_runs_natively(tmp_path: Path, shop: SqliteHook) -> None:
    source = """
        from airflow import DAG
        from airflow.hooks.sqlite_hook import SqliteHook
        from airflow.operators.python_operator import PythonOperator
        from airflow.operators.sqlite_operator import SqliteOperator
        from airflow.operators.check_operator import CheckOperator
        from airflow.sensors.sql_sensor import SqlSensor

        with DAG("etl", schedule=None):
            SqliteOperator(task_id="insert", sqlite_conn_id="shop_db", sql="INSERT INTO sales (id) VALUES (7)")
            CheckOperator(task_id="check", conn_id="shop_db", sql="SELECT count(*) FROM sales")
            first = lambda: SqliteHook("shop_db").get_first("SELECT id FROM sales")
            PythonOperator(task_id="hook", python_callable=first)
            SqlSensor(task_id="sensor", conn_id="shop_db", sql="SELECT 1")
    """
    loaded = load_file(write(tmp_path, {"dags/etl.py": source}) / "etl.py", airflow_version="2")
    assert (loaded.import_errors, dict(loaded.missing)) == ({}, {})
    tasks = loaded.dags["etl"].task_dict
    done = [run(tasks[task_id]) for task_id in ("insert", "check", "hook", "sensor")]
    assert [each.state for each in done] == ["success"] * 4
    assert done[2].xcoms == {"return_value": (7,)}
