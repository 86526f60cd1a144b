"""The operators of Airflow's common-sql provider, and the older operators for single kinds of databases."""

from __future__ import annotations

from ._base import BaseSQLOperator
from .branch import BranchSQLOperator
from .checks import SQLCheckOperator, SQLIntervalCheckOperator, SQLThresholdCheckOperator, SQLValueCheckOperator
from .insert_rows import SQLInsertRowsOperator
from .query import MySqlOperator, PostgresOperator, SQLExecuteQueryOperator, SqliteOperator, default_output_processor
from .table_checks import SQLColumnCheckOperator, SQLTableCheckOperator
from .transfer import GenericTransfer

__all__ = [
    "BaseSQLOperator",
    "BranchSQLOperator",
    "GenericTransfer",
    "MySqlOperator",
    "PostgresOperator",
    "SQLCheckOperator",
    "SQLColumnCheckOperator",
    "SQLExecuteQueryOperator",
    "SQLInsertRowsOperator",
    "SQLIntervalCheckOperator",
    "SQLTableCheckOperator",
    "SQLThresholdCheckOperator",
    "SQLValueCheckOperator",
    "SqliteOperator",
    "default_output_processor",
]
