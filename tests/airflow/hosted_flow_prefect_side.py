"""Runs operators of `hosted_operators` as tasks of a plain flow.

`python hosted_flow_prefect_side.py HOME PYTHON RELEASE DISCORD_URL` prints what happened as JSON. It is a process
of its own, since Prefect has an environment of its own.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from hosted_objects import connections, variables
from prefect import flow, task
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import get_current_context
from airflow_compat.hosting import AirflowHost
from airflow_compat.operators import as_task, run_operator
from airflow_compat.testing import fake_connections, fake_variables

EVENTS: list[Any] = []


def note(context: Any) -> None:
    """Note the call of a callback, which runs here."""
    ti, error = context["ti"], context.get("exception")
    EVENTS.append([ti.task_id, ti.state, ti.try_number, None if error is None else f"{type(error).__name__}: {error}"])


def main(home: Path, python: str, release: Any, url: str) -> dict[str, Any]:
    """Run the flow, and return what happened."""
    os.environ["AIRFLOW_COMPAT_HOST"] = python
    os.environ["AIRFLOW_COMPAT_HOST_DAGS_FOLDER"] = str(home / "dags")
    os.environ["HOSTED_EVENTS"] = str(home / "flow-events")
    callbacks = {f"on_{kind}_callback": note for kind in ("success", "failure", "retry")}

    def made(name: str, task_id: str, **arguments: Any) -> Any:
        given = {"airflow_version": release, "retry_delay": timedelta(0), **callbacks, **arguments}
        return as_task(f"hosted_operators.{name}", task_id=task_id, **given)

    report = made("Report", "report", http_conn_id="discord", message="{{ ds[:3] }}", query="SELECT {{ params.p + 1 }}")
    double = made("Double", "double", number="{{ ti.map_index }}")
    load = made(
        "Load", "load", table="{{ dag.dag_id }} {{ params.p }} {{ params.shop }}", params={"p": 0, "shop": "eu"}
    )
    ends = {
        "flaky": made("Misbehave", "flaky", how="flaky", retries=2),
        "raise": made("Misbehave", "raise", how="raise", retries=1),
        "fail": made("Misbehave", "fail", how="fail", retries=2),
        "skip": made("Misbehave", "skip", how="skip"),
        "too_long": made("Misbehave", "too_long", how="sleep", execution_timeout=timedelta(seconds=0.5)),
        "no_pool": made("Double", "no_pool", number=1, pool="missing"),
        "poked": made("Wait", "poked", poke_interval=0.1, timeout=600),
        "rescheduled": made("Wait", "rescheduled", poke_interval=0.1, timeout=600, mode="reschedule"),
        "too_late": made("Never", "too_late", poke_interval=0.1, timeout=0.2, retries=1),
        "no_class": made("NoSuchClass", "no_class"),
        "no_argument": made("Double", "no_argument", numbr=1),
        "release": made("Double", "release", number=1, airflow_version="23".replace(release, "")),
        "provider": as_task(
            "airflow.providers.discord.operators.discord_webhook.DiscordWebhookOperator",
            task_id="provider",
            airflow_version=release,
            http_conn_id="discord",
            message="hello",
        ),
    }

    @task
    def text() -> str:
        return "{{ not rendered }}"

    @task
    def rows() -> Any:
        return get_current_context(airflow_version=release)["ti"].xcom_pull(task_ids="report", key="rows")

    @flow(name="a plain flow")
    def plain(p: int) -> dict[str, Any]:
        found: dict[str, Any] = {
            "report": [report(), rows()],
            "load": load(options=[text.submit()]),
            "double": [double(), double(number=text.submit()), *double.map(number=[1, 2]).result()],
            "branch": made("Choose", "choose")(),
            "once": run_operator(
                "hosted_operators.Double", task_id="once", number=5, host=AirflowHost(python, str(home / "dags")),
                airflow_version=release,
            ),
        }  # fmt: skip
        for name, each in ends.items():
            state = each(return_state=True)
            value = state.result(raise_on_failure=False)
            error = isinstance(value, BaseException)
            found[name] = [state.name, f"{type(value).__name__}: {value}" if error else value]
        return found

    with fake_connections(connections(url)), fake_variables(variables()):
        found: dict[str, Any] = plain(3)
    try:
        made("Double", "function", number=print)
    except TypeError as error:
        found["function"] = str(error)
    return {**found, "events": EVENTS}


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    settings = {
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOCAL_STORAGE_PATH: str(HOME / "results"),
        PREFECT_LOGGING_TO_API_ENABLED: False,
    }
    with temporary_settings(settings), prefect_test_harness(server_startup_timeout=240):
        RESULT = main(HOME, *sys.argv[2:])
    print(json.dumps(RESULT))
