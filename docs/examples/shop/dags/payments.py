"""Load the payments after the orders."""

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.sensors.external_task import ExternalTaskSensor
from common.dates import DEFAULTS, START

with DAG("payments", schedule="@daily", start_date=START, catchup=False, default_args=DEFAULTS):
    wait = ExternalTaskSensor(task_id="wait", external_dag_id="orders", external_task_id="count")
    wait >> BashOperator(task_id="load", bash_command="echo payments", pool="shop_db")
