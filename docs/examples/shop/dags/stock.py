"""Load the stock."""

from airflow import DAG
from airflow.datasets import Dataset
from airflow.operators.bash import BashOperator
from common.dates import DEFAULTS, START

with DAG("stock", schedule="@hourly", start_date=START, catchup=False, default_args=DEFAULTS):
    BashOperator(task_id="load", bash_command="echo stock", outlets=[Dataset("s3://shop/stock")])
