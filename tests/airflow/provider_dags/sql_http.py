"""The DAGs of `provider_cases`."""

from __future__ import annotations

from types import SimpleNamespace

try:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import PythonOperator

from airflow.providers.common.sql.operators.generic_transfer import GenericTransfer
from airflow.providers.common.sql.operators.sql import (
    BranchSQLOperator,
    SQLCheckOperator,
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLIntervalCheckOperator,
    SQLTableCheckOperator,
    SQLThresholdCheckOperator,
    SQLValueCheckOperator,
)
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from notes import ARGS, HOME, START
from provider_cases import CASES, CLASSES

NAMES = SimpleNamespace(
    **{name: globals()[name] for name in CLASSES},
    EmptyOperator=EmptyOperator,
    PythonOperator=PythonOperator,
    folder=str(HOME),
)

for name, case in CASES.items():
    with DAG(
        name,
        schedule=None,
        start_date=START,
        params={"shop": "eu"},
        default_args={"start_date": START, **ARGS},
        template_searchpath=str(HOME),
    ) as dag:
        case(NAMES)
    globals()[name] = dag
