"""Forecast the sales when the stock is new."""

from airflow import DAG
from airflow.datasets import Dataset
from airflow.decorators import task
from common.dates import DEFAULTS, START

with DAG("forecast", schedule=[Dataset("s3://shop/stock")], start_date=START, catchup=False, default_args=DEFAULTS):

    @task
    def parts():
        return [1, 2, 3]

    @task
    def forecast(part):
        return 2 * part

    forecast.expand(part=parts())
