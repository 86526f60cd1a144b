"""What happens within one run: retries, mapped tasks, teardowns, trigger rules."""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from five_days import DAILY, fail

RULES = (
    "all_success all_failed all_done all_skipped one_failed one_success one_done none_failed none_skipped "
    "none_failed_min_one_success all_done_min_one_success always"
).split()

with DAG("retried", **DAILY):

    @task(retries=2)
    def flaky(logical_date=None, ti=None):
        if logical_date.day == 5:
            raise AirflowFailException
        if ti.try_number < logical_date.day:
            fail(ti.try_number)

    tried = flaky()
    tried >> EmptyOperator(task_id="after") >> EmptyOperator(task_id="last", trigger_rule="all_done")
    tried >> EmptyOperator(task_id="handles", trigger_rule="one_failed")

with DAG("mapped", **DAILY):

    @task
    def numbers(logical_date=None):
        return list(range(logical_date.day - 1))

    @task(retries=1)
    def work(number, ti=None, logical_date=None):
        if number == 3 or (number == 1 and ti.try_number == 1):
            fail(number)
        if number == 2 and logical_date.day == 5:
            raise AirflowSkipException

    done = work.expand(number=numbers())
    done >> EmptyOperator(task_id="total")
    done >> EmptyOperator(task_id="any", trigger_rule="none_failed_min_one_success")


def _torn(*, fails_run):
    @task
    def opens(logical_date=None):
        if logical_date.day == 3:
            fail("setup")

    @task
    def works(logical_date=None):
        if logical_date.day == 2:
            fail("work")

    @task(retries=1)
    def closes(logical_date=None, ti=None):
        if logical_date.day == 4 or (logical_date.day == 5 and ti.try_number == 1):
            fail("teardown")

    opened = opens().as_setup()
    opened >> works() >> closes().as_teardown(setups=opened, on_failure_fail_dagrun=fails_run)


with DAG("torn", **DAILY):
    _torn(fails_run=False)

with DAG("torn_strictly", **DAILY):
    _torn(fails_run=True)

with DAG("ruled", **DAILY):

    @task.branch
    def chooses(logical_date=None):
        return {1: ["left"], 2: ["right"], 3: [], 4: ["left", "right"], 5: ["left", "right"]}[logical_date.day]

    @task
    def left(logical_date=None):
        if logical_date.day == 5:
            fail("left")

    @task
    def right(logical_date=None):
        if logical_date.day in (2, 5):
            fail("right")

    sides = [left(), right()]
    chooses() >> sides
    for rule in RULES:
        sides >> EmptyOperator(task_id=rule, trigger_rule=rule)
