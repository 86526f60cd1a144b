"""Load the prices. The file is from the time of Airflow 1."""

from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator
from common.dates import DEFAULTS, START


def load(**context):
    print("prices of", context["ds"])


with DAG("prices", schedule_interval="@daily", start_date=START, catchup=False, default_args=DEFAULTS):
    start = DummyOperator(task_id="start")
    start >> PythonOperator(task_id="load", python_callable=load, provide_context=True)
