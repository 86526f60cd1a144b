"""The shims beside Prefect's own helpers, against one server, in one process."""

from __future__ import annotations

import os
import tempfile

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from measure import compare
from prefect.concurrency.sync import concurrency
from prefect.testing.utilities import prefect_test_harness
from prefect.variables import Variable as PrefectVariable
from prefect_sqlalchemy import SqlAlchemyConnector

from airflow_compat import Connection, Variable, get_connection, importing, load_block, pool
from airflow_compat._airflow.export_data import Export
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord


def _ours() -> None:
    with pool("bench"):
        pass


def _prefect_s() -> None:
    with concurrency("bench", strict=True):
        pass


if __name__ == "__main__":
    with prefect_test_harness(server_startup_timeout=240):
        export = Export(
            connections=(Connection.from_uri("postgres://u:p@h:5432/d", "bench"),),
            variables=(VariableRecord("bench", "value"),),
            pools=(Pool("bench", 2),),
        )
        assert all(outcome.done for outcome in importing.apply(importing.plan(export)))
        compare(
            "a connection",
            {
                "SqlAlchemyConnector.load": lambda: SqlAlchemyConnector.load("bench"),
                "load_block": lambda: load_block("bench", SqlAlchemyConnector),
                "get_connection": lambda: get_connection("bench"),
            },
            runs=30,
        )
        compare(
            "a variable",
            {
                "prefect.variables.Variable.get": lambda: PrefectVariable.get("bench"),
                "Variable.get": lambda: Variable.get("bench"),
            },
            runs=30,
        )
        compare("an uncontended pool, in and out", {"concurrency()": _prefect_s, "pool()": _ours}, runs=30)
