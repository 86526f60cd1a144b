"""Tasks that depend on the run before, and runs that are cleared."""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException
from five_days import DAILY, PLAIN, fail, is_repaired

with DAG("past", **DAILY):

    @task(depends_on_past=True, retries=1)
    def load(logical_date=None):
        if logical_date.day == 3 and not is_repaired():
            fail("day 3")

    @task
    def report(): ...

    load() >> report()

with DAG("past_of_all", **DAILY):

    @task(wait_for_downstream=True)
    def extract(logical_date=None):
        if logical_date.day == 2:
            raise AirflowSkipException

    @task(retries=1, trigger_rule="none_failed")
    def store(logical_date=None, ti=None):
        if logical_date.day == 4 and ti.try_number == 1:
            fail("first try")

    extract() >> store()

with DAG("cleared", **DAILY):

    @task
    def rows():
        return [1, 2]

    @task
    def broken(number, logical_date=None):
        if number == 2 and logical_date.day in (2, 4) and not is_repaired():
            fail(logical_date)

    rows() >> (each := broken.expand(number=[1, 2])) >> EmptyOperator(task_id="sums") >> EmptyOperator(task_id="ends")
    each >> EmptyOperator(task_id="always", trigger_rule="all_done")

with DAG("filled", schedule="@daily", catchup=False, **PLAIN):

    @task(retries=1)
    def fills(logical_date=None):
        if logical_date.day == 2 and not is_repaired():
            fail("day 2")

    fills() >> EmptyOperator(task_id="below")

with DAG("latest", **DAILY):
    LatestOnlyOperator(task_id="only") >> EmptyOperator(task_id="new") >> EmptyOperator(task_id="newer")
