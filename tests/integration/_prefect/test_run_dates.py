"""A flow run's dates, of runs that a real server made.

The scheduled ones are made by the server's own scheduler, which `POST /deployments/{id}/schedule` runs for the time
asked for, also in the past. What it wrote was compared with what the scheduler of `prefect server start` (3.8.8) wrote
by itself for the same deployment: both set `auto_scheduled`, `created_by` (type SCHEDULE, the schedule's id) and the
idempotency key `scheduled <deployment> <schedule> <date in the schedule's zone>`; a run that is triggered has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pendulum
import pytest
from patient_client import patient_client
from prefect import flow
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.states import Completed, Scheduled

from airflow_compat._airflow.data_interval import LABEL_END, LABEL_LOGICAL_DATE, LABEL_RUN_TYPE, LABEL_START, RunDates
from airflow_compat._prefect import run_dates as module
from airflow_compat._prefect.run_dates import previous_successful_run, run_dates, run_neighbours
from airflow_compat.errors import InvalidRunDatesError

pytestmark = pytest.mark.sqlite

Schedule = CronSchedule | IntervalSchedule | RRuleSchedule
NIGHTLY = CronSchedule(cron="0 2 * * *", timezone="Europe/Berlin")
HOURLY = CronSchedule(cron="0 * * * *", timezone="UTC")
DATES = (LABEL_LOGICAL_DATE, LABEL_START, LABEL_END)


@flow
def etl() -> None:
    """What all deployments here are of."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def deploy(name: str, *schedules: Schedule, active: bool = True) -> UUID:
    client = patient_client()
    creations = [DeploymentScheduleCreate(schedule=schedule, active=active) for schedule in schedules]
    return client.create_deployment(client.create_flow(etl), name, schedules=creations)


def made_by_the_scheduler(deployment: UUID, start: str, end: str) -> list[FlowRun]:
    """The runs of that time, read as an engine reads them, in order."""
    body = {"start_time": utc(start).isoformat(), "end_time": utc(end).isoformat(), "min_runs": 200, "max_runs": 200}
    patient_client().request("POST", f"/deployments/{deployment}/schedule", json=body)
    wanted = {"flow_runs": {"deployment_id": {"any_": [str(deployment)]}}, "sort": "EXPECTED_START_TIME_ASC"}
    runs = patient_client().request("POST", "/flow_runs/filter", json=wanted).json()
    found = [FlowRun.model_validate(run) for run in runs]
    # The server schedules those of today by itself.
    return [run for run in found if run.expected_start_time and run.expected_start_time <= utc(end)]


def triggered(deployment: UUID, moment: str, **labels: str) -> FlowRun:
    run = patient_client().create_flow_run_from_deployment(deployment, state=Scheduled(scheduled_time=utc(moment)))
    return labelled(run, labels) if labels else run


def labelled(run: FlowRun, labels: dict[str, Any]) -> FlowRun:
    patient_client().update_flow_run_labels(run.id, labels)
    return patient_client().read_flow_run(run.id)


def completed(run: FlowRun) -> FlowRun:
    patient_client().set_flow_run_state(run.id, Completed(), force=True)
    return patient_client().read_flow_run(run.id)


def interval(run: FlowRun) -> tuple[datetime, datetime]:
    dates = run_dates(run, airflow_version="2")
    return dates.data_interval_start, dates.data_interval_end


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is asked of the server from here on."""
    sent: list[str] = []
    send = httpx.Client.send

    def note(self: httpx.Client, request: httpx.Request, **kwargs: Any) -> httpx.Response:
        # A server that is busy raises, and is asked again.
        response = send(self, request, **kwargs)
        # Which of the clients asks for a token first is nobody's matter.
        if not request.url.path.endswith("/csrf-token"):
            sent.append(f"{request.method} {request.url.path}")
        return response

    monkeypatch.setattr(httpx.Client, "send", note)
    return sent


def test_a_scheduled_run_has_one_moment_in_airflow_3_and_an_interval_in_2(unique: str) -> None:
    [run] = made_by_the_scheduler(deploy(unique, NIGHTLY), "2024-06-02 00:00", "2024-06-02 12:00")
    moment, before = utc("2024-06-02"), utc("2024-06-01")
    assert run_dates(run, airflow_version="3") == RunDates("scheduled", moment, moment, moment, moment)
    assert run_dates(run, airflow_version="2") == RunDates("scheduled", before, before, moment, moment)


def test_dates_are_pendulums_and_in_utc_as_in_airflow(unique: str) -> None:
    [run] = made_by_the_scheduler(deploy(unique, NIGHTLY), "2024-06-02 00:00", "2024-06-02 12:00")
    dates = run_dates(run, airflow_version="2")
    assert repr(dates.logical_date) == "DateTime(2024, 6, 1, 0, 0, 0, tzinfo=Timezone('UTC'))"
    moments = (dates.logical_date, dates.data_interval_start, dates.data_interval_end, dates.run_after)
    assert [(type(moment), moment.tzinfo) for moment in moments] == [(pendulum.DateTime, pendulum.UTC)] * 4


@pytest.mark.parametrize(
    "schedule",
    [
        CronSchedule(cron="0 1 * * *", timezone="Europe/Berlin"),
        CronSchedule(cron="30 3 * * *", timezone="Europe/Berlin"),
        CronSchedule(cron="*/30 * * * *", timezone="Europe/Berlin"),
        IntervalSchedule(interval=timedelta(days=1), anchor_date=utc("2024-01-01 08:00"), timezone="Europe/Berlin"),
        IntervalSchedule(interval=timedelta(hours=7), anchor_date=utc("2024-01-01 00:20")),
        RRuleSchedule(rrule="FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9", timezone="America/New_York"),
    ],
    ids=lambda schedule: " ".join(str(value) for value in schedule.model_dump(exclude_unset=True).values()),
)
@pytest.mark.parametrize(("start", "end"), [("2024-03-29", "2024-04-02"), ("2024-10-25", "2024-10-29")])
def test_each_interval_starts_where_the_run_before_it_ended(
    unique: str, schedule: Schedule, start: str, end: str
) -> None:
    runs = made_by_the_scheduler(deploy(unique, schedule), start, end)
    intervals = [interval(run) for run in runs]
    assert [end for _, end in intervals] == [run.expected_start_time for run in runs]
    assert [end for _, end in intervals[:-1]] == [start for start, _ in intervals[1:]]
    assert len(intervals) > 1


@pytest.mark.parametrize(("start", "end"), [("2024-03-30", "2024-04-02"), ("2024-10-26", "2024-10-29")])
def test_so_does_one_at_a_time_of_day_that_the_clock_skips_or_shows_twice(unique: str, start: str, end: str) -> None:
    deployment = deploy(unique, CronSchedule(cron="30 2 * * *", timezone="Europe/Berlin"))
    intervals = [interval(run) for run in made_by_the_scheduler(deployment, start, end)]
    if utc("2024-03-31 00:30") in [end for _, end in intervals]:
        pytest.skip("this release of Prefect runs what the clock skips an hour too early")
    assert [end for _, end in intervals[:-1]] == [start for start, _ in intervals[1:]]
    assert len(intervals) == 3


def test_days_that_have_to_match_both_ways_do_in_the_interval_too(unique: str) -> None:
    schedule = CronSchedule(cron="0 0 13 * 5", day_or=False, timezone="UTC")
    [run] = made_by_the_scheduler(deploy(unique, schedule), "2024-09-01", "2024-10-31")
    assert interval(run) == (utc("2023-10-13"), utc("2024-09-13"))


def test_of_several_schedules_the_one_that_made_the_run_counts(unique: str) -> None:
    runs = made_by_the_scheduler(deploy(unique, HOURLY, NIGHTLY), "2024-06-01 23:30", "2024-06-02 00:30")
    assert {run.expected_start_time for run in runs} == {utc("2024-06-02")}
    assert {interval(run)[0] for run in runs} == {utc("2024-06-01"), utc("2024-06-01 23:00")}


@pytest.mark.parametrize("gone", ["created_by", "idempotency_key"])
def test_either_trace_of_the_scheduler_is_enough(unique: str, gone: str) -> None:
    runs = made_by_the_scheduler(deploy(unique, HOURLY, NIGHTLY), "2024-06-01 23:30", "2024-06-02 00:30")
    runs = [run.model_copy(update={gone: None, "auto_scheduled": False}) for run in runs]
    assert {interval(run)[0] for run in runs} == {utc("2024-06-01"), utc("2024-06-01 23:00")}
    assert {run_dates(run, airflow_version="3").run_type for run in runs} == {"scheduled"}


def test_a_key_of_ones_own_is_not_the_schedulers(unique: str) -> None:
    run = triggered(deploy(unique, HOURLY), "2024-06-02 10:20").model_copy(update={"idempotency_key": "scheduled now"})
    assert run_dates(run, airflow_version="2").run_type == "manual"


def test_a_schedule_that_was_made_anew_stands_for_the_one_that_made_the_run(unique: str) -> None:
    [run] = made_by_the_scheduler(deploy(unique, NIGHTLY), "2024-06-02 00:00", "2024-06-02 12:00")
    deploy(unique, CronSchedule(cron="30 4 * * *"), NIGHTLY)
    assert interval(run) == (utc("2024-06-01"), utc("2024-06-02"))


def test_a_manual_run_has_the_last_full_interval_of_the_first_active_schedule_in_airflow_2(unique: str) -> None:
    deployment = deploy(unique, NIGHTLY, HOURLY)
    run = triggered(deployment, "2024-06-02 10:20")
    moment = utc("2024-06-02 10:20")
    assert run_dates(run, airflow_version="3") == RunDates("manual", moment, moment, moment, moment)
    expected = RunDates("manual", moment, utc("2024-06-01"), utc("2024-06-02"), moment)
    assert run_dates(run, airflow_version="2") == expected


def test_a_manual_run_of_an_interval_ends_when_it_was_triggered_in_airflow_2(unique: str) -> None:
    run = triggered(deploy(unique, IntervalSchedule(interval=timedelta(hours=7))), "2024-06-02 10:20")
    assert interval(run) == (utc("2024-06-02 03:20"), utc("2024-06-02 10:20"))


@pytest.mark.parametrize("schedules", [(), (NIGHTLY,)])
def test_without_an_active_schedule_all_dates_are_one(unique: str, schedules: tuple[Schedule, ...]) -> None:
    run = triggered(deploy(unique, *schedules, active=False), "2024-06-02 10:20")
    moment = utc("2024-06-02 10:20")
    assert run_dates(run, airflow_version="2") == RunDates("manual", moment, moment, moment, moment)


def test_a_run_whose_deployment_is_gone_has_one_moment(unique: str) -> None:
    deployment = deploy(unique, NIGHTLY)
    run = triggered(deployment, "2024-06-02 10:20")
    patient_client().delete_deployment(deployment)
    assert interval(run) == (utc("2024-06-02 10:20"), utc("2024-06-02 10:20"))


def test_a_flow_that_is_called_has_the_moment_of_its_call(requests: list[str]) -> None:
    seen: list[tuple[RunDates, RunDates]] = []

    @flow
    def called() -> None:
        from prefect.context import get_run_context

        run = get_run_context().flow_run  # type: ignore[union-attr]
        assert run
        requests.clear()
        seen.append((run_dates(run, airflow_version="2"), run_dates(run, airflow_version="3")))
        assert run_neighbours(run)["prev_execution_date"] == seen[0][0].logical_date
        assert requests == []

    before = datetime.now(timezone.utc)
    called()
    [(second, third)] = seen
    assert second == third
    assert {second.data_interval_start, second.data_interval_end, second.run_after} == {second.logical_date}
    assert before <= second.logical_date <= datetime.now(timezone.utc)


def test_a_run_that_no_server_knows_is_triggered_now(requests: list[str]) -> None:
    before = datetime.now(timezone.utc)
    dates = run_dates(FlowRun(flow_id=uuid4()), airflow_version="2")
    assert before <= dates.logical_date <= datetime.now(timezone.utc)
    assert requests == []


@pytest.mark.parametrize("version", ["2", "3"])
def test_labels_win(unique: str, version: Any, requests: list[str]) -> None:
    labels = {
        LABEL_LOGICAL_DATE: "2023-01-02T00:00:00Z",
        LABEL_START: "2023-01-01T00:00:00+00:00",
        LABEL_END: "2023-01-03",
        LABEL_RUN_TYPE: "backfill",
    }
    run = triggered(deploy(unique, NIGHTLY), "2024-06-02 10:20", **labels)
    requests.clear()
    date, start, end = utc("2023-01-02"), utc("2023-01-01"), utc("2023-01-03")
    assert run_dates(run, airflow_version=version) == RunDates("backfill", date, start, end, end)
    assert requests == []


def test_a_labelled_date_has_its_interval_of_the_schedule(unique: str) -> None:
    labels = {LABEL_LOGICAL_DATE: "2023-01-02T01:00:00Z", LABEL_RUN_TYPE: "backfill"}
    run = triggered(deploy(unique, NIGHTLY), "2024-06-02 10:20", **labels)
    date, end = utc("2023-01-02 01:00"), utc("2023-01-03 01:00")
    assert run_dates(run, airflow_version="2") == RunDates("backfill", date, date, end, end)
    assert run_dates(run, airflow_version="3") == RunDates("backfill", date, date, date, date)


@pytest.mark.parametrize("name", [*DATES, LABEL_RUN_TYPE])
def test_a_malformed_label_is_an_error_that_names_it(unique: str, name: str) -> None:
    run = triggered(deploy(unique), "2024-06-02 10:20", **{name: "yesterday"})
    with pytest.raises(InvalidRunDatesError, match=f"label {name} is 'yesterday'"):
        run_dates(run, airflow_version="3")


def test_airflow_3_asks_for_nothing_and_2_once_for_each_deployment(unique: str, requests: list[str]) -> None:
    deployment = deploy(unique, NIGHTLY)
    runs = made_by_the_scheduler(deployment, "2024-06-01 00:00", "2024-06-09 12:00")
    requests.clear()
    for run in runs:
        run_dates(run, airflow_version="3")
    assert requests == []
    for run in runs:
        run_dates(run, airflow_version="2")
        run_neighbours(run)
    assert requests == [f"GET /api/deployments/{deployment}"]


def test_what_is_kept_of_deployments_grows_old_and_is_bounded(
    unique: str, requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT_MOST", 2)
    runs = [triggered(deploy(f"{unique}-{n}", NIGHTLY), "2024-06-02 10:20") for n in range(3)]

    def asked(*of: FlowRun) -> list[int]:
        requests.clear()
        for run in of:
            interval(run)
        ids = [str(run.deployment_id) for run in runs]
        return [ids.index(request.rpartition("/")[2]) for request in requests]

    assert asked(*runs, runs[2], runs[1]) == [0, 1, 2]
    assert asked(runs[0], runs[2]) == [0]
    later = module.time.monotonic() + 301
    # Of this module alone: threads that Prefect keeps live by the real clock.
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: later))
    assert asked(runs[2], runs[2]) == [2]


def test_the_runs_before_and_after_are_of_the_schedule(unique: str) -> None:
    deployment = deploy(unique, NIGHTLY)
    [run] = made_by_the_scheduler(deployment, "2024-03-30 00:00", "2024-03-30 12:00")
    keys = run_neighbours(run)
    assert repr(keys["prev_execution_date"]) == "DateTime(2024, 3, 28, 1, 0, 0, tzinfo=Timezone('UTC'))"
    assert keys["next_execution_date"] == run_dates(run, airflow_version="2").data_interval_end
    assert (keys["prev_ds"], keys["next_ds"], keys["yesterday_ds"]) == ("2024-03-28", "2024-03-30", "2024-03-28")
    keys = run_neighbours(triggered(deployment, "2024-06-02 10:20"))
    assert {keys["prev_execution_date"], keys["next_execution_date"]} == {utc("2024-06-02 10:20")}


@pytest.mark.parametrize("version", ["2", "3"])
def test_the_previous_successful_run_is_the_latest_that_completed_before(
    unique: str, version: Any, requests: list[str]
) -> None:
    deployment = deploy(unique, NIGHTLY)
    first, second, third, fourth = made_by_the_scheduler(deployment, "2024-06-01 00:00", "2024-06-04 12:00")
    [other] = made_by_the_scheduler(deploy(f"{unique}-other", NIGHTLY), "2024-06-02 00:00", "2024-06-02 12:00")
    first, fourth, other = completed(first), completed(fourth), completed(other)
    run_dates(third, airflow_version="2")
    requests.clear()
    found = previous_successful_run(third, airflow_version=version)
    assert requests == ["POST /api/flow_runs/filter"]
    assert found
    assert (found.id, found.end_time) == (first.id, first.end_time)
    assert previous_successful_run(first, airflow_version=version) is None
    second = completed(second)
    previous = previous_successful_run(third, airflow_version=version)
    assert previous
    assert previous.id == second.id


def test_a_backfill_comes_after_the_run_before_its_date_and_not_after_the_one_before_its_start(unique: str) -> None:
    deployment = deploy(unique, NIGHTLY)
    runs = [completed(run) for run in made_by_the_scheduler(deployment, "2024-06-01 00:00", "2024-06-03 12:00")]
    backfill = triggered(deployment, "2024-07-01 00:00", **{LABEL_LOGICAL_DATE: "2024-06-02T12:00:00Z"})
    previous = previous_successful_run(completed(backfill), airflow_version="3")
    assert previous
    assert previous.id == runs[1].id
    later = previous_successful_run(triggered(deployment, "2024-07-02 00:00"), airflow_version="3")
    assert later
    assert later.id == runs[2].id


def test_backfills_come_after_one_another_by_their_dates_and_not_by_their_starts(unique: str) -> None:
    deployment = deploy(unique)
    backfill = triggered(deployment, "2024-07-01 00:00", **{LABEL_LOGICAL_DATE: "2024-06-02"})
    started_later = completed(triggered(deployment, "2024-07-01 01:00", **{LABEL_LOGICAL_DATE: "2024-06-01"}))
    previous = previous_successful_run(backfill, airflow_version="3")
    assert previous
    assert previous.id == started_later.id


def test_a_malformed_label_of_another_run_does_no_harm(unique: str) -> None:
    deployment = deploy(unique)
    good = completed(triggered(deployment, "2024-06-01 00:00"))
    completed(triggered(deployment, "2024-06-02 00:00", **{LABEL_LOGICAL_DATE: "soon"}))
    previous = previous_successful_run(triggered(deployment, "2024-06-03 00:00"), airflow_version="3")
    assert previous
    assert previous.id == good.id


def test_outside_deployments_the_previous_run_is_of_the_same_flow(unique: str) -> None:
    def called(name: str) -> Callable[[], FlowRun]:
        return flow(name=name, validate_parameters=False)(_current_run)

    one, other = called(unique), called(f"{unique}-other")
    first, _, second = one(), other(), one()
    found = previous_successful_run(second, airflow_version="3")
    assert found
    assert found.id == first.id
    assert previous_successful_run(first, airflow_version="3") is None


def _current_run() -> FlowRun:
    from prefect.context import FlowRunContext

    context = FlowRunContext.get()
    assert context
    assert context.flow_run
    return context.flow_run
