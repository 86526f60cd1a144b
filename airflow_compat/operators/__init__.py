"""Implements operators, sensors and decorators of Airflow, which run without Airflow."""

from __future__ import annotations

from ._as_task import as_task, run_operator
from ._dag_runs import DagRuns, OtherDag, OtherRun
from ._execution import execute
from ._outcome import Deferral, Outcome, Resume, Skips
from ._triggers import run_trigger
from .bash import BashOperator
from .branch_datetime import BranchDateTimeOperator
from .decorators import result, setup, task, teardown
from .email import EmailOperator
from .empty import DummyOperator, EmptyOperator
from .http import HttpOperator, SimpleHttpOperator
from .latest_only import LatestOnlyOperator
from .other_python import BranchExternalPythonOperator, ExternalPythonOperator
from .python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from .sensors import (
    BashSensor,
    DateTimeSensor,
    DateTimeSensorAsync,
    DayOfWeekSensor,
    ExternalTaskMarker,
    ExternalTaskSensor,
    FileSensor,
    HttpSensor,
    PythonSensor,
    SqlSensor,
    TimeDeltaSensor,
    TimeDeltaSensorAsync,
    TimeSensor,
    TimeSensorAsync,
    WaitSensor,
)
from .sql import (
    BaseSQLOperator,
    BranchSQLOperator,
    GenericTransfer,
    MySqlOperator,
    PostgresOperator,
    SQLCheckOperator,
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLInsertRowsOperator,
    SQLIntervalCheckOperator,
    SqliteOperator,
    SQLTableCheckOperator,
    SQLThresholdCheckOperator,
    SQLValueCheckOperator,
)
from .trigger_dagrun import TriggerDagRunOperator
from .virtualenv import BranchPythonVirtualenvOperator, PythonVirtualenvOperator
from .weekday import BranchDayOfWeekOperator, WeekDay

__all__ = [
    "BaseSQLOperator",
    "BashOperator",
    "BashSensor",
    "BranchDateTimeOperator",
    "BranchDayOfWeekOperator",
    "BranchExternalPythonOperator",
    "BranchPythonOperator",
    "BranchPythonVirtualenvOperator",
    "BranchSQLOperator",
    "DagRuns",
    "DateTimeSensor",
    "DateTimeSensorAsync",
    "DayOfWeekSensor",
    "Deferral",
    "DummyOperator",
    "EmailOperator",
    "EmptyOperator",
    "ExternalPythonOperator",
    "ExternalTaskMarker",
    "ExternalTaskSensor",
    "FileSensor",
    "GenericTransfer",
    "HttpOperator",
    "HttpSensor",
    "LatestOnlyOperator",
    "MySqlOperator",
    "OtherDag",
    "OtherRun",
    "Outcome",
    "PostgresOperator",
    "PythonOperator",
    "PythonSensor",
    "PythonVirtualenvOperator",
    "Resume",
    "SQLCheckOperator",
    "SQLColumnCheckOperator",
    "SQLExecuteQueryOperator",
    "SQLInsertRowsOperator",
    "SQLIntervalCheckOperator",
    "SQLTableCheckOperator",
    "SQLThresholdCheckOperator",
    "SQLValueCheckOperator",
    "ShortCircuitOperator",
    "SimpleHttpOperator",
    "Skips",
    "SqlSensor",
    "SqliteOperator",
    "TimeDeltaSensor",
    "TimeDeltaSensorAsync",
    "TimeSensor",
    "TimeSensorAsync",
    "TriggerDagRunOperator",
    "WaitSensor",
    "WeekDay",
    "as_task",
    "execute",
    "result",
    "run_operator",
    "run_trigger",
    "setup",
    "task",
    "teardown",
]
