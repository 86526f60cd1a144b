"""Dates of all DAGs of the shop."""

from datetime import datetime, timedelta

from airflow.models import Variable

START = datetime(2026, 1, 1)
DEFAULTS = {"owner": "shop", "retries": 1, "retry_delay": timedelta(seconds=1)}


def currency():
    return Variable.get("currency", default_var="EUR")
