"""A team's package of pipelines, which only Airflow's environment has. It looks at a provider when it is imported."""

from __future__ import annotations

import inspect
import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, BaseOperator, Label, Param, TaskGroup, Variable, task, task_group
    from airflow.sdk.bases.sensor import BaseSensorOperator
except ImportError:
    from airflow import DAG
    from airflow.decorators import task, task_group
    from airflow.models import BaseOperator, Variable
    from airflow.models.param import Param
    from airflow.sensors.base import BaseSensorOperator
    from airflow.utils.edgemodifier import Label
    from airflow.utils.task_group import TaskGroup

from airflow.providers.discord.operators.discord_webhook import DiscordWebhookOperator

EVENTS = Path(os.environ.get("HOSTED_EVENTS", "/dev/null"))
ARGUMENTS = sorted(inspect.signature(DiscordWebhookOperator.__init__).parameters)


def note(kind: str) -> Any:
    """Return a callback that notes its call."""

    def call(context: Any) -> None:
        with EVENTS.open("a") as file:
            file.write(json.dumps([kind, context["dag"].dag_id, context.get("reason")]) + "\n")

    return call


class Say(BaseOperator):
    """Returns its rendered text."""

    template_fields = ("text",)

    def __init__(self, *, text: Any = "", fails: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text, self.fails = text, fails

    def execute(self, context: Any) -> Any:
        if context["ti"].try_number <= self.fails:
            raise ValueError("not yet")
        return [self.text, context["ti"].map_index]


class Look(BaseSensorOperator):
    """Is true at the second look."""

    def poke(self, context: Any) -> bool:
        file = EVENTS.with_name(f"{self.task_id}-looks")
        was_there = file.exists()
        file.touch()
        return was_there


def pipeline(dag_id: str) -> DAG:
    """Return a DAG with most that a graph can have."""
    with DAG(
        dag_id,
        schedule="@daily",
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
        catchup=False,
        params={"p": Param(3, type="integer")},
        tags=["acme"],
        default_args={"retry_delay": timedelta(0), "on_failure_callback": note("failure")},
        on_failure_callback=note("dag failure"),
        on_success_callback=note("dag success"),
    ) as dag:
        first = Say(task_id=Variable.get("target", "prod"), text="{{ params.p }} of {{ dag.dag_id }}")

        @task
        def numbers() -> list[int]:
            return [1, 2, 3]

        @task
        def pairs() -> list[dict[str, Any]]:
            return [{"text": "a"}, {"text": "b"}]

        found = numbers()
        Say.partial(task_id="each").expand(text=found)
        Say.partial(task_id="mapped").expand(text=found.map(lambda number: f"<{number}>"))
        Say.partial(task_id="crossed").expand(text=[1, 2], fails=[0, 0])
        Say.partial(task_id="rows").expand_kwargs(pairs())
        Say.partial(task_id="zipped").expand(text=found.zip(pairs(), fillvalue="-"))

        @task_group
        def both(text: Any) -> None:
            inner = Say(task_id="one", text=text)
            Say(task_id="two", text=inner.output, trigger_rule="all_done")

        both.expand(text=found)

        @task.branch
        def choose() -> str:
            return "outer.inner.chosen"

        with TaskGroup("outer"), TaskGroup("inner", prefix_group_id=True):
            chosen = Say(task_id="chosen", text=str(len(ARGUMENTS) > 3), doc_md="# Chosen")
        with TaskGroup("plain", prefix_group_id=False):
            other = Say(task_id="other", priority_weight=3, weight_rule="upstream")
        branch = choose()
        branch >> Label("yes") >> chosen
        branch >> other
        first >> branch
        Say(task_id="late", fails=1, retries=1)
        failing = Say(task_id="fails", fails=9)
        failing >> Say(task_id="not_run")
        failing >> Say(task_id="cleans", trigger_rule="one_failed")
        Look(task_id="look", mode="reschedule", poke_interval=0.1, timeout=600)
        made = Say(task_id="make").as_setup()
        gone = Say(task_id="remove").as_teardown(setups=made)
        made >> Say(task_id="use") >> gone
    return dag
