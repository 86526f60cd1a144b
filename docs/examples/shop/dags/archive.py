"""Start the report for the archive."""

from airflow import DAG
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from common.dates import DEFAULTS, START

with DAG("archive", schedule="@monthly", start_date=START, catchup=False, default_args=DEFAULTS):
    TriggerDagRunOperator(task_id="start", trigger_dag_id="report")
