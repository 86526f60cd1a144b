"""Load the returns of each country."""

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from common.dates import DEFAULTS, START

with DAG("returns", schedule="0 6 * * 1-5", start_date=START, catchup=False, default_args=DEFAULTS):
    done = EmptyOperator(task_id="done", trigger_rule="none_failed_min_one_success")
    for country in ("de", "fr", "nl"):
        BashOperator(task_id=f"load_{country}", bash_command=f"echo returns of {country}") >> done
