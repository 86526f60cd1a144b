"""Load the orders of a day."""

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from common.dates import DEFAULTS, START, currency
from shop_operators import CountRowsOperator

with DAG("orders", schedule="@daily", start_date=START, catchup=False, default_args=DEFAULTS):
    load = BashOperator(task_id="load", bash_command="echo orders of {{ ds }}", pool="shop_db")
    count = CountRowsOperator(task_id="count", table="orders_{{ ds_nodash }}")
    price = PythonOperator(task_id="price", python_callable=currency)
    load >> count >> price
