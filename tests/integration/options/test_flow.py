"""Airflow's DAG arguments, on real runs and deployments."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.schedules import RRuleSchedule

from airflow_compat import task
from airflow_compat.options import deployment_options, flow_options
from airflow_compat.schedules import Asset, CronDataIntervalTimetable

if TYPE_CHECKING:
    from prefect.client.schemas.responses import DeploymentResponse

START = datetime(2024, 1, 1, 6, tzinfo=ZoneInfo("Europe/Berlin"))


def deployed(**dag_args: Any) -> DeploymentResponse:
    """The server's deployment of a flow with these options."""
    dag_args.setdefault("catchup", False)

    @flow(**flow_options(**dag_args))
    def etl(day: str = "", rows: int = 1) -> None: ...

    made = etl.to_deployment(**deployment_options(**dag_args)).apply()
    with get_client(sync_client=True) as client:
        return client.read_deployment(made)


def test_deployment_has_the_options_of_the_dag(unique: str) -> None:
    found = deployed(
        dag_id=unique,
        description="Loads the planes.",
        doc_md="# Planes",
        tags=["finance", "daily"],
        params={"day": "2026-11-22", "rows": 5},
        max_active_runs=1,
        default_args={"owner": "data", "retries": 2, "params": {"rows": 7}},
    )
    assert found.name == unique
    assert found.description == "Loads the planes.\n\n# Planes"
    assert found.tags == ["finance", "daily", "owner:data"]
    assert found.parameters == {"day": "2026-11-22", "rows": 7}
    assert found.paused is False
    assert found.schedules == []
    assert found.global_concurrency_limit is not None
    assert found.global_concurrency_limit.limit == 1
    assert found.concurrency_options is not None
    assert found.concurrency_options.collision_strategy.value == "ENQUEUE"


@pytest.mark.parametrize("schedule", ["@daily", "0 0 * * *"])
@pytest.mark.parametrize("place", ["dag", "default_args"])
def test_cron_is_in_the_time_zone_of_the_start_date(unique: str, schedule: str, place: str) -> None:
    where = {"start_date": START} if place == "dag" else {"default_args": {"start_date": START}}
    (found,) = deployed(dag_id=unique, schedule=schedule, **where).schedules
    assert (found.schedule.cron, found.schedule.timezone) == ("0 0 * * *", "Europe/Berlin")  # type: ignore[union-attr]


def test_interval_starts_at_the_start_date(unique: str) -> None:
    (found,) = deployed(dag_id=unique, schedule=timedelta(hours=6), start_date=START).schedules
    assert found.schedule.interval == timedelta(hours=6)  # type: ignore[union-attr]
    assert found.schedule.anchor_date == START  # type: ignore[union-attr]


def test_a_start_date_without_a_time_zone_is_in_utc(unique: str) -> None:
    naive = datetime(2024, 1, 1)  # noqa: DTZ001 - as DAG files have it
    (found,) = deployed(dag_id=unique, schedule_interval="@hourly", start_date=naive, airflow_version="2").schedules
    assert (found.schedule.cron, found.schedule.timezone) == ("0 * * * *", "UTC")  # type: ignore[union-attr]


def test_a_schedule_ends_at_the_end_date(unique: str) -> None:
    end = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=3)
    (found,) = deployed(dag_id=unique, schedule="@daily", start_date=START, end_date=end).schedules
    assert isinstance(found.schedule, RRuleSchedule)
    moments = list(found.schedule.to_rrule())
    assert datetime.now(timezone.utc) < max(moments) <= end


def test_timetables_and_assets_of_a_dag(unique: str) -> None:
    timetable = CronDataIntervalTimetable("0 1 * * *", timezone="Europe/Berlin")
    (found,) = deployed(dag_id=unique, timetable=timetable, airflow_version="2").schedules
    assert (found.schedule.cron, found.schedule.timezone) == ("0 1 * * *", "Europe/Berlin")  # type: ignore[union-attr]
    deployed(dag_id=f"{unique}-asset", schedule=[Asset(f"s3://lake/{unique}")])
    with get_client(sync_client=True) as client:
        automations = client.request("POST", "/automations/filter", json={}).json()
    assert [one for one in automations if f"s3://lake/{unique}" in str(one["trigger"])] != []


@pytest.mark.filterwarnings("ignore::airflow_compat.errors.UnsupportedFeatureWarning")
def test_a_dag_that_is_paused_upon_creation(unique: str) -> None:
    assert deployed(dag_id=unique, is_paused_upon_creation=True).paused is True


def test_the_work_queue(unique: str) -> None:
    assert deployment_options(dag_id=unique, default_args={"queue": "gpu"})["work_queue_name"] == "gpu"


def test_flow_has_the_options_of_the_dag(unique: str) -> None:
    @flow(**flow_options(dag_id=unique, description="Loads the planes."))
    def etl() -> None: ...

    assert (etl.name, etl.description) == (unique, "Loads the planes.")


def test_a_flow_times_out() -> None:
    @flow(**flow_options(dagrun_timeout=timedelta(seconds=0.2)))
    def slow() -> None:
        while True:
            threading.Event().wait(0.01)

    assert slow(return_state=True).name == "TimedOut"


@pytest.mark.parametrize("name", ["max_active_tasks", "concurrency"])
def test_number_of_concurrent_tasks(name: str) -> None:
    inside, most = [], []
    both = threading.Barrier(2)

    @task
    def one(number: int) -> None:
        inside.append(number)
        # Two of them meet, and no third ever comes in.
        both.wait(240)
        most.append(len(inside))
        both.wait(240)
        inside.remove(number)

    @flow(**flow_options(dag_id="etl", **{name: 2}))
    def etl() -> None:
        one.map(range(6)).wait()

    etl()
    assert len(most) == 6
    assert max(most) == 2


def test_callbacks_of_the_dag_and_not_of_default_args() -> None:
    told: list[tuple[str, str, str]] = []

    def tell(kind: str) -> Any:
        return lambda context: told.append((kind, context["dag"].dag_id, context["reason"]))

    dag_args = {
        "dag_id": "etl",
        "on_failure_callback": [tell("failure")],
        "on_success_callback": tell("success"),
        "default_args": {"on_failure_callback": tell("task's"), "on_success_callback": tell("task's")},
    }

    @flow(**flow_options(**dag_args))
    def etl(fails: bool) -> None:
        if fails:
            raise ConnectionError

    etl(False)
    etl(True, return_state=True)
    assert told == [("success", "etl", "success"), ("failure", "etl", "task_failure")]


def test_failure_callback_is_called_for_a_crash() -> None:
    told: list[str] = []

    @flow(**flow_options(on_failure_callback=lambda context: told.append(context["dag_run"].state)))
    def etl() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        etl()
    assert told == ["failed"]


def test_whole_dag_file(unique: str) -> None:
    """Common arguments of real DAG files, together."""
    told: list[str] = []
    default_args = {
        "owner": "data",
        "depends_on_past": False,
        "start_date": datetime(2024, 1, 1, tzinfo=timezone.utc),
        "email_on_failure": False,
        "email_on_retry": False,
        "retries": 1,
        "retry_delay": timedelta(0),
        "on_failure_callback": lambda context: told.append(context["ti"].task_id),
    }
    dag_args: dict[str, Any] = {
        "dag_id": unique,
        "default_args": default_args,
        "schedule": "0 5 * * *",
        "catchup": False,
        "max_active_runs": 1,
        "max_active_tasks": 4,
        "dagrun_timeout": timedelta(hours=1),
        "tags": ["finance"],
    }

    @task(default_args=default_args)
    def load() -> None:
        raise ConnectionError

    @flow(**flow_options(**dag_args))
    def etl() -> None:
        load()

    assert etl(return_state=True).name == "Failed"
    assert told == ["load"]
    made = etl.to_deployment(**deployment_options(**dag_args))
    assert (made.name, made.tags) == (unique, ["finance", "owner:data"])
