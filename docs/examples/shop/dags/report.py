"""Write the report of a week."""

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup
from common.dates import DEFAULTS, START

with DAG("report", schedule="@weekly", start_date=START, catchup=False, default_args=DEFAULTS), TaskGroup("pages"):
    BashOperator(task_id="sales", bash_command="echo sales in {{ var.value.currency }}")
    BashOperator(task_id="costs", bash_command="echo costs in {{ var.value.currency }}")
