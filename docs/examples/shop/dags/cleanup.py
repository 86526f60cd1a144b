"""Delete old runs from Airflow's database."""

from airflow import DAG
from airflow.decorators import task
from airflow.models import DagRun
from common.dates import START

with DAG("cleanup", schedule="@weekly", start_date=START, catchup=False):

    @task
    def delete_old_runs():
        return len(DagRun.find(dag_id="orders"))

    delete_old_runs()
