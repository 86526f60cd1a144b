"""Count the customers."""

from airflow import DAG
from common.alerts import alert
from common.dates import DEFAULTS, START
from shop_operators import CountRowsOperator

with DAG("customers", schedule="@daily", start_date=START, catchup=False, default_args=DEFAULTS):
    CountRowsOperator(task_id="count", table="customers", on_failure_callback=alert)
