"""DAGs that try out operators, sensors and hooks for SQL and HTTP, as an author writes them.

`names` gives the names of Airflow, or of this package. `airflow/provider_cases_airflow_side.py` runs the DAGs under
real Airflow. `data/airflow_providers.json` has its results. The connections lead to real services.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

CASES: dict[str, Callable[[Any], Any]] = {}
DAY = datetime(2024, 3, 5)  # noqa: DTZ001 - as authors write it
CLASSES = {
    "SQLExecuteQueryOperator": "common.sql.operators.sql",
    "SQLCheckOperator": "common.sql.operators.sql",
    "SQLValueCheckOperator": "common.sql.operators.sql",
    "SQLIntervalCheckOperator": "common.sql.operators.sql",
    "SQLThresholdCheckOperator": "common.sql.operators.sql",
    "SQLColumnCheckOperator": "common.sql.operators.sql",
    "SQLTableCheckOperator": "common.sql.operators.sql",
    "BranchSQLOperator": "common.sql.operators.sql",
    "GenericTransfer": "common.sql.operators.generic_transfer",
    "SqlSensor": "common.sql.sensors.sql",
    "SqliteHook": "sqlite.hooks.sqlite",
    "PostgresHook": "postgres.hooks.postgres",
    "HttpHook": "http.hooks.http",
    "HttpOperator": "http.operators.http",
    "HttpSensor": "http.sensors.http",
}
"""The classes that both releases have, with their modules in `airflow.providers`."""


def case(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    CASES[fn.__name__] = fn
    return fn


def after(first: Any, *others: Any) -> None:
    """Let tasks run after one, in their order."""
    for other in others:
        first >> other
        first = other


@case
def sqlite(names: Any) -> None:
    def query(task_id: str, sql: Any, **arguments: Any) -> Any:
        return names.SQLExecuteQueryOperator(task_id=task_id, conn_id="case_sqlite", sql=sql, **arguments)

    table = query("table", ["DROP TABLE IF EXISTS sales", "CREATE TABLE sales (id INTEGER PRIMARY KEY, shop, amount)"])
    after(
        table,
        query("positional", "INSERT INTO sales VALUES (?, ?, ?)", parameters=(1, "{{ params.shop }}", 2.5)),
        query("named", "INSERT INTO sales VALUES (:id, :shop, 4)", parameters={"id": 2, "shop": "us"}),
        query("all", "SELECT * FROM sales ORDER BY id"),
        query("template", "SELECT count(*) FROM sales WHERE shop = '{{ params.shop }}'"),
        query("file", "statement.sql"),
        query("one", "SELECT * FROM sales ORDER BY id", handler=lambda cursor: list(cursor.fetchone())),
        query("many", ["SELECT 1", "SELECT 2"]),
        query("split", "SELECT 1; -- first\nSELECT 2", split_statements=True),
        query("split_all", "SELECT 1; SELECT 2", split_statements=True, return_last=False),
        query("unsplit_all", "SELECT 1", return_last=False, split_statements=False),
        query("no_rows", "UPDATE sales SET amount = 5 WHERE id = 1"),
        query("unpushed", "SELECT 1", do_xcom_push=False),
        query("processed", "SELECT id, shop FROM sales", output_processor=lambda results, columns: [columns, results]),
        query("autocommit", "SELECT 1", autocommit=True),
        query("rows", "SELECT 'a' AS x", show_return_value_in_logs=True, requires_result_fetch=True),
    )
    query("empty", " ")
    query("wrong", "SELECT * FROM missing_table", retries=1)
    query("two_at_once", "SELECT 1; SELECT 2", split_statements=False)
    query("unset", "SELECT ?", parameters=[1, 2])


@case
def checks(names: Any) -> None:
    def check(kind: str, task_id: str, **arguments: Any) -> Any:
        return getattr(names, f"SQL{kind}CheckOperator")(task_id=task_id, conn_id="case_sqlite", **arguments)

    check("", "true", sql="SELECT 1, 'a'")
    check("", "false", sql="SELECT 1, 0", retries=1)
    check("", "final", sql="SELECT 0", retries=1, retry_on_failure=False)
    check("", "no_rows", sql="SELECT 1 WHERE 1 = 0")
    check("", "parameters", sql="SELECT ?", parameters=["{{ 0 }}"])
    check("Value", "number", sql="SELECT 10, 10.0", pass_value=10)
    check("Value", "near", sql="SELECT 9.5", pass_value="{{ 10 }}", tolerance=0.1)
    check("Value", "far", sql="SELECT 8.9", pass_value=10, tolerance="0.1")
    check("Value", "negative", sql="SELECT -10", pass_value=-10, tolerance=0.1)
    check("Value", "text", sql="SELECT 'a', 'b'", pass_value="a")
    check("Value", "no_number", sql="SELECT 'a'", pass_value=1)
    check("Value", "nothing", sql="SELECT 1 WHERE 1 = 0", pass_value=1)
    check("Threshold", "within", sql="SELECT 5", min_threshold=1, max_threshold="10")
    check("Threshold", "by_query", sql="SELECT 5", min_threshold="SELECT 6", max_threshold=10)
    check("Threshold", "none", sql="SELECT 5 WHERE 1 = 0", min_threshold=1, max_threshold=10)
    days = "(SELECT '{{ ds }}' AS ds, 4 AS a, 0 AS b UNION SELECT '{{ macros.ds_add(ds, -2) }}', 1, 3)"
    interval: dict[str, Any] = {"table": days, "days_back": 2}
    check("Interval", "alike", metrics_thresholds={"a": 5, "b": 1}, **interval)
    check("Interval", "different", metrics_thresholds={"b": 1, "a": 4}, ignore_zero=False, **interval)
    relative: dict[str, Any] = {"ratio_formula": "relative_diff", "metrics_thresholds": {"a": 2}}
    check("Interval", "relative", **relative, **interval)
    check("Interval", "no_day", table=days, metrics_thresholds={"a": 5})


@case
def table_checks(names: Any) -> None:
    table = "(SELECT 1 AS a, 'x' AS b UNION ALL SELECT 5, NULL UNION ALL SELECT 5, 'y')"

    def columns(task_id: str, **mapping: Any) -> Any:
        more = mapping.pop("more", {})
        return names.SQLColumnCheckOperator(
            task_id=task_id, conn_id="case_sqlite", table=table, column_mapping=mapping, **more
        )

    def rows(task_id: str, statement: str, **more: Any) -> Any:
        checks = {"first": {"check_statement": statement}, "second": {"check_statement": "a > 0"}}
        return names.SQLTableCheckOperator(task_id=task_id, conn_id="case_sqlite", table=table, checks=checks, **more)

    columns("good", a={"min": {"geq_to": 1}, "max": {"less_than": 6}}, b={"null_check": {"equal_to": 1}})
    columns("bad", a={"unique_check": {"equal_to": 0}, "distinct_check": {"greater_than": 1, "leq_to": 2}})
    columns("tolerant", a={"max": {"equal_to": 6, "tolerance": 0.2}, "min": {"geq_to": 1.05, "tolerance": 0.1}})
    columns("part", a={"min": {"equal_to": 5, "partition_clause": "b = 'y'"}}, more={"partition_clause": "a > 1"})
    columns("no_rows", b={"max": {"equal_to": 0, "partition_clause": "a > 9"}})
    columns("strict", a={"max": {"equal_to": 0, "partition_clause": "a > 9"}}, more={"accept_none": False})
    rows("all_true", "a < 9")
    rows("some_false", "a < 5")
    rows("of_part", "a = 5", partition_clause="a > 1")
    rows("of_none", "a = 5", partition_clause="a > 9")


@case
def branches(names: Any) -> None:
    for task_id, sql in {
        "true": "SELECT 1",
        "false": "SELECT 0",
        "word": "SELECT 'yes'",
        "other_word": "SELECT 'maybe'",
        "number": "SELECT 0.5",
        "nothing": "SELECT 1 WHERE 1 = 0",
    }.items():
        branch = names.BranchSQLOperator(
            task_id=task_id,
            conn_id="case_sqlite",
            sql=sql,
            follow_task_ids_if_true=[f"{task_id}_a"],
            follow_task_ids_if_false=[f"{task_id}_b"],
        )
        branch >> [names.EmptyOperator(task_id=f"{task_id}_{word}") for word in "ab"]


@case
def sql_sensors(names: Any) -> None:
    def sensor(task_id: str, sql: str, **arguments: Any) -> Any:
        limits = {"timeout": 0, "poke_interval": 0.1}
        return names.SqlSensor(task_id=task_id, conn_id="case_sqlite", sql=sql, **limits, **arguments)

    sensor("true", "SELECT {{ 1 }}")
    sensor("zero", "SELECT 0")
    sensor("no_rows", "SELECT 1 WHERE 1 = 0", soft_fail=True)
    sensor("empty", "SELECT 1 WHERE 1 = 0", fail_on_empty=True)
    sensor("second", "SELECT 0, 1", selector=lambda row: row[1])
    sensor("success", "SELECT 3", success=lambda value: value == 3)
    sensor("no_success", "SELECT 3", success=lambda value: value == 4)
    sensor("failure", "SELECT 3", failure=lambda value: value == 3)
    sensor("not_callable", "SELECT 3", success=5)
    sensor("parameters", "SELECT :a", parameters={"a": 1})


@case
def sqlite_hook(names: Any) -> None:
    def calls() -> Any:
        hook = names.SqliteHook(sqlite_conn_id="case_sqlite")
        hook.run(["DROP TABLE IF EXISTS stock", "CREATE TABLE stock (id PRIMARY KEY, name TEXT, day TEXT)"])
        hook.insert_rows("stock", [(1, "a", DAY), (2, None, None)], commit_every=1)
        hook.insert_rows("stock", [(2, "b"), (3, "c")], target_fields=["id", "name"], replace=True, executemany=True)
        first = hook.get_first("SELECT * FROM stock ORDER BY id")
        cursor = hook.get_cursor()
        cursor.execute("SELECT count(*) FROM stock")
        counted = cursor.fetchall()
        cursor.connection.close()
        engine = hook.get_sqlalchemy_engine()
        with engine.connect() as connection:
            by_engine = [tuple(row) for row in connection.exec_driver_sql("SELECT id FROM stock ORDER BY id")]
        engine.dispose()
        many = hook.run("SELECT 1; SELECT 2", handler=lambda c: c.fetchall(), split_statements=True, return_last=False)
        columns = [each[0][0] for each in hook.descriptions]
        return [
            *(hook.get_records("SELECT * FROM stock WHERE id > ? ORDER BY id", [1]), first, counted, by_engine, many),
            *(columns, hook.last_description[0][0], hook.test_connection(), hook.get_conn_id(), hook.placeholder),
        ]

    def wrong() -> Any:
        names.SqliteHook("case_sqlite").insert_rows("stock_without_table", [(1,)])

    names.PythonOperator(task_id="calls", python_callable=calls)
    names.PythonOperator(task_id="wrong", python_callable=wrong)
    names.PythonOperator(task_id="nothing", python_callable=lambda: names.SqliteHook("case_sqlite").run([]))


@case
def postgres(names: Any) -> None:
    def query(task_id: str, sql: Any, **arguments: Any) -> Any:
        return names.SQLExecuteQueryOperator(task_id=task_id, conn_id="case_postgres", sql=sql, **arguments)

    after(
        query(
            "table", "DROP TABLE IF EXISTS planes; CREATE TABLE planes (id int, data jsonb, built date, price numeric)"
        ),
        query(
            "positional", "INSERT INTO planes VALUES (%s, %s, %s, %s)", parameters=[1, '{"a": [1]}', "2024-03-05", 1.5]
        ),
        query("named", "INSERT INTO planes (id) VALUES (%(id)s)", parameters={"id": "{{ 1 + 1 }}"}),
        query("all", "SELECT id, data FROM planes ORDER BY id"),
        query("dates", "SELECT built::text, price::float8 FROM planes ORDER BY id"),
        query("kinds", "SELECT ARRAY[1, 2], true, 'a'::text, NULL, 1.5::float8"),
        query("many", "SELECT 1; SELECT 2", split_statements=True, return_last=False),
        query("vacuum", "VACUUM planes", autocommit=True),
        query("database", "SELECT current_database()", database="case_other"),
        query("options", "SHOW search_path", hook_params={"options": "-c search_path=sales"}),
    )
    query("in_transaction", "VACUUM pg_class")
    query("wrong", "SELECT * FROM missing_table")
    names.SqlSensor(task_id="sensor", conn_id="case_postgres", sql="SELECT %(a)s::int", parameters={"a": 1})
    names.SQLCheckOperator(task_id="check", conn_id="case_postgres", sql="SELECT true, 1")


@case
def postgres_hook(names: Any) -> None:
    def calls() -> Any:
        hook = names.PostgresHook(postgres_conn_id="case_postgres")
        hook.run("DROP TABLE IF EXISTS fleet; CREATE TABLE fleet (id int PRIMARY KEY, name text, day timestamp)")
        hook.insert_rows("fleet", [(1, "a", DAY), (2, "b", None)], commit_every=1)
        fields = ["id", "name"]
        hook.insert_rows("fleet", [(2, "B"), (3, "c")], fields, replace=True, replace_index="id")
        hook.insert_rows("fleet", [(3, "C"), (4, "d")], fields, replace=True, replace_index=["id"], replace_target=[])
        kept = hook.get_records("SELECT id, name FROM fleet WHERE id > %s ORDER BY id", parameters=(1,))
        engine = hook.get_sqlalchemy_engine()
        with engine.connect() as connection:
            by_engine = [tuple(row) for row in connection.exec_driver_sql("SELECT id FROM fleet ORDER BY id")]
        engine.dispose()
        return [
            *(kept, hook.get_first("SELECT day::text FROM fleet WHERE id = 1"), by_engine, hook.test_connection()),
            hook.run(["SELECT 1", "SELECT 'x'"], handler=lambda cursor: cursor.fetchone()),
        ]

    def copies() -> Any:
        hook, file = names.PostgresHook("case_postgres"), Path(names.folder) / "copied.csv"
        hook.run("DROP TABLE IF EXISTS copied; CREATE TABLE copied (id int, name text)")
        file.write_text("1,a\n2,b\n")
        hook.copy_expert("COPY copied FROM STDIN WITH CSV", str(file))
        hook.copy_expert("COPY (SELECT * FROM copied ORDER BY id DESC) TO STDOUT WITH CSV", str(file))
        hook.bulk_dump("copied", str(file.with_suffix(".tsv")))
        hook.bulk_load("copied", str(file.with_suffix(".tsv")))
        return [file.read_text(), hook.get_first("SELECT count(*) FROM copied")]

    names.PythonOperator(task_id="calls", python_callable=calls)
    names.PythonOperator(task_id="copies", python_callable=copies)
    names.PythonOperator(
        task_id="no_index",
        python_callable=lambda: names.PostgresHook("case_postgres").insert_rows("x", [(1,)], replace=True),
    )


@case
def transfers(names: Any) -> None:
    def transfer(task_id: str, sql: Any, **arguments: Any) -> Any:
        return names.GenericTransfer(
            task_id=task_id,
            source_conn_id="case_postgres",
            destination_conn_id="case_sqlite",
            destination_table="transferred",
            sql=sql,
            **arguments,
        )

    numbers = "SELECT * FROM generate_series({}, {}) ORDER BY 1"
    empty = ["DROP TABLE IF EXISTS transferred", "CREATE TABLE transferred (id INTEGER)"]
    read = names.SQLExecuteQueryOperator(
        task_id="read", conn_id="case_sqlite", sql="SELECT id FROM transferred ORDER BY id"
    )
    after(
        transfer("one", numbers.format(1, 3), preoperator=empty, insert_args={"commit_every": "2"}),
        transfer("more", numbers.format(4, "{{ 2 + 3 }}")),
        read,
    )
    names.GenericTransfer(
        task_id="no_database",
        source_conn_id="case_http",
        destination_conn_id="case_sqlite",
        destination_table="t",
        sql="SELECT 1",
    )


@case
def http(names: Any) -> None:
    def request(task_id: str, endpoint: str = "echo", **arguments: Any) -> Any:
        defaults = {"http_conn_id": "case_http", "method": "GET"}
        return names.HttpOperator(task_id=task_id, endpoint=endpoint, **{**defaults, **arguments})

    request("get", "/echo/{{ ds[:0] }}a", data={"a": "{{ 1 }}", "b": ["x", "y"]})
    request("post", method="POST", data={"a": "b"}, headers={"X-Case": "{{ task.task_id }}"})
    request("body", method="POST", data=json.dumps({"a": 1}), headers={"Content-Type": "application/json"})
    request("json", method="PUT", request_kwargs={"json": {"a": [1]}})
    request("head", method="HEAD")
    request("login", http_conn_id="case_login")
    request("missing", "status/404")
    request("broken", "status/500", retries=1)
    request("accepted", "status/500", extra_options={"check_response": False})
    request("redirect", "redirect")
    request("not_followed", "redirect", extra_options={"allow_redirects": False})
    request(
        "checked", response_check=lambda response, ti: response.json()["path"].endswith("echo") and bool(ti.task_id)
    )
    request("check_fails", response_check=lambda response: False, log_response=True)
    request("filtered", response_filter=lambda response, params: [response.json()["method"], params["shop"]])

    def next_page(response: Any) -> Any:
        page = int(dict(response.json()["query"]).get("page", 0)) + 1
        return {"data": {"page": str(page)}, "headers": {"X-Case": "next"}} if page < 3 else None

    pages = {"data": {"size": "2"}, "pagination_function": next_page}
    request("paginated", **pages)
    request("pages_filtered", **pages, response_filter=lambda responses: [each.json()["query"] for each in responses])


@case
def http_deferred(names: Any) -> None:
    def request(task_id: str, endpoint: str, **arguments: Any) -> Any:
        defaults = {"http_conn_id": "case_http", "method": "GET", "deferrable": True}
        return names.HttpOperator(task_id=task_id, endpoint=endpoint, **{**defaults, **arguments})

    request("get", "echo", response_filter=lambda response: response.json()["path"])
    request("missing", "status/404")
    names.HttpSensor(task_id="sensor", http_conn_id="case_http", endpoint="echo", deferrable=True)


@case
def http_sensors(names: Any) -> None:
    def sensor(task_id: str, endpoint: str, **arguments: Any) -> Any:
        limits = {"timeout": 0, "poke_interval": 0.1}
        return names.HttpSensor(task_id=task_id, http_conn_id="case_http", endpoint=endpoint, **limits, **arguments)

    sensor("found", "echo", request_params={"a": "{{ 1 }}"}, headers={"X-Case": "a"})
    sensor("missing", "status/404", soft_fail=True)
    sensor("late", "status/404")
    sensor("broken", "status/500")
    sensor("expected", "status/503", response_error_codes_allowlist=["503"])
    sensor("not_expected", "status/404", response_error_codes_allowlist=[])
    sensor(
        "checked", "echo", response_check=lambda response, ti: response.json()["path"] == f"/{ti.task_id}"[:0] + "/echo"
    )
    sensor("unchecked", "echo", response_check=lambda response: False)
    sensor("any_status", "status/500", extra_options={"check_response": False})


@case
def http_hook(names: Any) -> None:
    def calls() -> Any:
        hook = names.HttpHook(method="get", http_conn_id="case_login")
        response = hook.run("echo", {"a": 1}, headers={"X-Case": "b"})
        posted = names.HttpHook(http_conn_id="case_http").run("/echo", "text", extra_options={"timeout": 5})
        session = hook.get_conn({"X-More": "c"})
        return [response.text, posted.json()["body"], session.headers["X-More"], hook.method, response.status_code]

    names.PythonOperator(task_id="calls", python_callable=calls)
    names.PythonOperator(task_id="fails", python_callable=lambda: names.HttpHook("GET", "case_http").run("status/418"))


class _Echo(BaseHTTPRequestHandler):
    """Answers with the request as JSON, with a status, or with a redirect."""

    def _answer(self) -> None:
        path, query = urlsplit(self.path).path, parse_qsl(urlsplit(self.path).query)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        shown = {name: self.headers[name] for name in ("X-Case", "X-Extra", "Content-Type", "Authorization")}
        answer = {"method": self.command, "path": path, "query": query, "body": body}
        answer["headers"] = {name: value for name, value in shown.items() if value is not None}
        text = json.dumps(answer).encode()
        status = int(path.rpartition("/")[2]) if path.startswith("/status/") else 200
        self.send_response(302 if path == "/redirect" else status)
        if path == "/redirect":
            self.send_header("Location", "/echo?redirected=1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_HEAD = _answer  # noqa: N815 - the names of the base class

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@contextmanager
def http_server() -> Iterator[str]:
    """Yield the host and port of a server on the loopback interface."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def postgres_fields() -> dict[str, Any]:
    """Return the fields of a connection to a real PostgreSQL, which has the database `case_other` too."""
    import databases

    server = databases.postgres()
    if "case_other" not in server.psql("SELECT datname FROM pg_database"):
        server.psql("CREATE DATABASE case_other")
    url = urlsplit(server.get_uri())
    return {"host": dict(parse_qsl(url.query))["host"], "login": url.username, "schema": "postgres"}


def connections(folder: Path, http_address: str) -> dict[str, dict[str, Any]]:
    """Return the cases' connections in Airflow's JSON form, and write the file of a statement into the folder."""
    (folder / "statement.sql").write_text("SELECT '{{ params.shop }}', shop FROM sales ORDER BY id")
    host, _, port = http_address.partition(":")
    return {
        "case_sqlite": {"conn_type": "sqlite", "host": str(folder / "case.db")},
        "case_postgres": {"conn_type": "postgres", **postgres_fields()},
        "case_http": {"conn_type": "http", "host": f"http://{host}", "port": int(port)},
        "case_login": {
            "conn_type": "http",
            "host": host,
            "schema": "http",
            "port": int(port),
            "login": "etl",
            "password": "secret",
            "extra": {"X-Extra": "e", "timeout": 30},
        },
    }


def replaced(text: str, names: dict[str, str]) -> str:
    """Return a text without what differs between runs and between drivers."""
    for found, name in names.items():
        text = text.replace(found, name)
    return re.sub(r"run duration of \S+ seconds", "run duration of SECONDS", text).rstrip()
