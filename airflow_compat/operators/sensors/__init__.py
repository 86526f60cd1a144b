"""The sensors of Airflow's standard provider, and sensors for SQL and HTTP."""

from __future__ import annotations

from .bash import BashSensor
from .date_time import DateTimeSensor, DateTimeSensorAsync
from .external_task import ExternalTaskMarker, ExternalTaskSensor
from .filesystem import FileSensor
from .http import HttpSensor
from .python import PythonSensor
from .sql import SqlSensor
from .time import TimeSensor, TimeSensorAsync
from .time_delta import TimeDeltaSensor, TimeDeltaSensorAsync, WaitSensor
from .weekday import DayOfWeekSensor

__all__ = [
    "BashSensor",
    "DateTimeSensor",
    "DateTimeSensorAsync",
    "DayOfWeekSensor",
    "ExternalTaskMarker",
    "ExternalTaskSensor",
    "FileSensor",
    "HttpSensor",
    "PythonSensor",
    "SqlSensor",
    "TimeDeltaSensor",
    "TimeDeltaSensorAsync",
    "TimeSensor",
    "TimeSensorAsync",
    "WaitSensor",
]
