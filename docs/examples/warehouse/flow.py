"""The work of `airflow_dag.py` as a Prefect flow: same callback, connection, variable and pool.

Run it with `python flow.py`: it then brings a Prefect server, a PostgreSQL and a chat webhook of its own
(`sandbox.py`), which end with it. In your project you would call `warehouse()`, or deploy it.
"""

if __name__ == "__main__":
    import sandbox

    # Before Prefect is imported, since it reads its settings then.
    sandbox.isolate()

import csv
from pathlib import Path

import psycopg2
from alerts import alert_slack
from prefect import flow, task
from prefect.states import State
from prefect.task_runners import ThreadPoolTaskRunner
from prefect_sqlalchemy import SqlAlchemyConnector

from airflow_compat import Variable, get_connection, load_block, on_failure, pool

DATA = Path(__file__).parent / "data"
TABLES = ["airports", "planes", "weather"]


@on_failure(alert_slack)
@task(retries=1, retry_delay_seconds=1)
def create_tables():
    # The native block: what new code would use.
    with load_block("warehouse_db", SqlAlchemyConnector) as database:
        for table in TABLES:
            columns = next(csv.reader((DATA / f"{table}.csv").open()))
            database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(f'{name} text' for name in columns)})")


def connect():
    # The connection as Airflow code knows it: what PostgresHook did with it.
    conn = get_connection("warehouse_db")
    return psycopg2.connect(
        host=conn.host,
        port=conn.port,
        user=conn.login,
        password=conn.password,
        dbname=conn.schema,
        **conn.extra_dejson,
    )


def first(query):
    with connect() as database, database.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@on_failure(alert_slack)
@task(retries=1, retry_delay_seconds=1)
def load(table):
    with pool("warehouse_loaders") as hold:
        with connect() as database, database.cursor() as cursor, (DATA / f"{table}.csv").open() as file:
            cursor.copy_expert(f"COPY {table} FROM STDIN WITH (FORMAT csv, HEADER)", file)
        return first(f"SELECT count(*) FROM {table}"), hold.waited


@on_failure(alert_slack)
@task(retries=1, retry_delay_seconds=1)
def check_planes():
    allowed = int(Variable.get("max_planes_without_year"))
    missing = first("SELECT count(*) FROM planes WHERE year IS NULL")
    if missing > allowed:
        raise ValueError(f"{missing} planes have no year of manufacture, {allowed} are allowed")


@flow(task_runner=ThreadPoolTaskRunner(max_workers=3))
def warehouse() -> dict[str, tuple[int, float]]:
    create_tables()
    # A task's result takes the place of xcom.
    loading = {table: load.submit(table) for table in TABLES}
    loaded = {table: future.result() for table, future in loading.items()}
    # The state instead of an exception: a failed check doesn't stop the report, as trigger_rule="all_done" did.
    check: State = check_planes(return_state=True)
    print(f"check_planes: {check.name}, on purpose. The flow continues.")
    return loaded


if __name__ == "__main__":
    sandbox.run(warehouse)
