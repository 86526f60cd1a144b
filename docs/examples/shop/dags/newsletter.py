"""Send the newsletter, when a person starts it."""

from airflow import DAG
from airflow.providers.acme.operators.mail import AcmeMailOperator
from common.dates import DEFAULTS, START

with DAG("newsletter", schedule=None, start_date=START, catchup=False, default_args=DEFAULTS):
    AcmeMailOperator(task_id="send", acme_conn_id="mail", subject="News of {{ ds }}")
