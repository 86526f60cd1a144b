"""The DAG as the team has it today, for Airflow 3 (and 2.11, which has the same names in `airflow.decorators`)."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import Variable, dag, task
from alerts import alert_slack

DATA = Path(__file__).parent / "data"
TABLES = ["airports", "planes", "weather"]

default_args = {
    "retries": 1,
    "retry_delay": timedelta(seconds=1),
    "on_failure_callback": alert_slack,
}


@dag(schedule=None, start_date=datetime(2026, 1, 1), default_args=default_args)
def warehouse():
    @task
    def create_tables():
        hook = PostgresHook("warehouse_db")
        for table in TABLES:
            columns = next(csv.reader((DATA / f"{table}.csv").open()))
            hook.run(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(f'{name} text' for name in columns)})")

    @task(pool="warehouse_loaders")
    def load(table):
        hook = PostgresHook("warehouse_db")
        hook.copy_expert(f"COPY {table} FROM STDIN WITH (FORMAT csv, HEADER)", str(DATA / f"{table}.csv"))
        return hook.get_first(f"SELECT count(*) FROM {table}")[0]

    @task
    def check_planes():
        allowed = int(Variable.get("max_planes_without_year"))
        missing = PostgresHook("warehouse_db").get_first("SELECT count(*) FROM planes WHERE year IS NULL")[0]
        if missing > allowed:
            raise ValueError(f"{missing} planes have no year of manufacture, {allowed} are allowed")

    @task(trigger_rule="all_done")
    def report(ti=None):
        rows = ti.xcom_pull(task_ids="load")
        print(f"loaded {sum(rows)} rows into {len(rows)} tables")

    loaded = load.expand(table=TABLES)
    create_tables() >> loaded >> check_planes() >> report()


warehouse()
