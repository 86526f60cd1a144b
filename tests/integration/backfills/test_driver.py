"""Backfills on a real server: each interval once, in order, limited, resumed; and late runs that are cancelled."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from executed_runs import executing, runs_of, set_state
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Scheduled

from airflow_compat._prefect.run_dates import run_dates
from airflow_compat.backfills import BackfillRun, abackfill, backfill, catch_up
from airflow_compat.cli._app import run as run_command
from airflow_compat.errors import BackfillError, ServerUnreachableError
from airflow_compat.schedules import CronTriggerTimetable, EventsTimetable, read_schedule

DAILY = CronSchedule(cron="0 0 * * *", timezone="UTC")
NIGHTLY = CronSchedule(cron="30 3 * * *", timezone="Europe/Berlin")
WEEK = datetime(2026, 3, 1), datetime(2026, 3, 7)  # noqa: DTZ001 - as DAGs have them
DAYS = [f"2026-03-0{day}T00:00:00+00:00" for day in range(1, 8)]
PROCESS = Path(__file__).with_name("process.py")


@flow
def etl(limit: int = 1) -> None:
    """The flow of all deployments."""


Schedule = CronSchedule | IntervalSchedule | RRuleSchedule


@pytest.fixture
def deploy(unique: str) -> Callable[..., str]:
    def make(*schedules: Schedule, active: bool = True) -> str:
        with get_client(sync_client=True) as client:
            creations = [DeploymentScheduleCreate(schedule=each, active=active) for each in schedules]
            # A flow of its own: the server knows idempotency keys by flows.
            flow_id = client.create_flow_from_name(unique)
            return str(client.create_deployment(flow_id, "prod", schedules=creations))

    return make


def held(deployment: str) -> list[dict[str, Any]]:
    with get_client(sync_client=True) as client:
        return runs_of(client, deployment)


def dates(runs: tuple[BackfillRun, ...]) -> list[str]:
    return [run.logical_date.isoformat() for run in runs]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def made_by_the_scheduler(deployment: str, start: str, end: str) -> list[dict[str, Any]]:
    """Let the server schedule runs, and return them in order."""
    with get_client(sync_client=True) as client:
        body = {
            "start_time": utc(start).isoformat(),
            "end_time": utc(end).isoformat(),
            "min_runs": 200,
            "max_runs": 200,
        }
        client.request("POST", "/deployments/{id}/schedule", path_params={"id": deployment}, json=body)
        wanted = {
            "deployment_id": {"any_": [deployment]},
            "expected_start_time": {"after_": utc(start).isoformat(), "before_": utc(end).isoformat()},
        }
        body = {"flow_runs": wanted, "sort": "EXPECTED_START_TIME_ASC"}
        found: list[dict[str, Any]] = client.request("POST", "/flow_runs/filter", json=body).json()
        return found


def test_repeated_backfill_runs_each_interval_once(deploy: Callable[..., str], unique: str) -> None:
    deployment = deploy(DAILY)
    with executing(deployment) as executor:
        first = backfill(f"{unique}/prod", *WEEK, parameters={"limit": 3})
        assert executor.order == dates(first) == DAYS
        assert {(run.action, run.state, run.done) for run in first} == {("create", "Completed", True)}
        again = backfill(deployment, *WEEK)
    assert {(run.action, run.state, run.done) for run in again} == {("exists", "Completed", True)}
    assert [run.flow_run_id for run in again] == [run.flow_run_id for run in first]
    runs = held(deployment)
    assert len(runs) == 7
    assert {run["parameters"]["limit"] for run in runs} == {3}
    assert runs[0]["name"] == "backfill__2026-03-01T00:00:00+00:00"


@pytest.mark.parametrize("version", ["2", "3"])
def test_contexts_have_the_dates_of_the_interval(deploy: Callable[..., str], version: Any) -> None:
    deployment = deploy(NIGHTLY)
    with executing(deployment):
        made = backfill(deployment, utc("2026-03-27"), utc("2026-03-30"), airflow_version=version)
    assert len(made) == 3
    # On the 29th the clock is turned.
    assert dates(made) == [f"2026-03-{day}T0{hour}:30:00+00:00" for day, hour in ((27, 2), (28, 2), (29, 1))]
    for run, kept in zip(made, held(deployment), strict=True):
        found = run_dates(FlowRun.model_validate(kept), airflow_version=version)
        assert found.run_type == "backfill"
        assert (found.logical_date, found.data_interval_start) == (run.logical_date, run.data_interval_start)
        assert found.data_interval_end == found.run_after == run.data_interval_end
    ends = [run.data_interval_end for run in made]
    starts = [run.data_interval_start for run in made]
    assert (ends[:-1] == starts[1:]) if version == "2" else (ends == starts)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (DAILY, DAYS[:3]),
        (CronSchedule(cron="0 */36 * * *", timezone="UTC"), DAYS[:3]),
        (IntervalSchedule(interval=timedelta(days=1), anchor_date=utc("2026-05-09 00:00")), DAYS[:3]),
        (IntervalSchedule(interval=timedelta(days=2), anchor_date=utc("2020-01-01 00:00")), [DAYS[1]]),
        (RRuleSchedule(rrule="DTSTART:20200101T000000\nRRULE:FREQ=DAILY", timezone="UTC"), DAYS[:3]),
    ],
    ids=str,
)
def test_deployment_schedules_define_the_intervals(
    deploy: Callable[..., str], schedule: Schedule, expected: list[str]
) -> None:
    planned = backfill(deploy(schedule), utc("2026-03-01"), utc("2026-03-03 12:00"), dry_run=True)
    assert dates(planned) == expected


def test_several_schedules_share_runs_and_paused_ones_count_only_alone(
    deploy: Callable[..., str],
) -> None:
    twice = CronSchedule(cron="0 */12 * * *", timezone="UTC")
    assert len(backfill(deploy(DAILY, twice), *WEEK, dry_run=True)) == 13
    assert len(backfill(deploy(DAILY, active=False), *WEEK, dry_run=True)) == 7


def test_given_schedule_overrides_the_deployment(deploy: Callable[..., str]) -> None:
    schedule = read_schedule("0 2 * * *", timezone="Europe/Berlin", airflow_version="2")
    planned = backfill(deploy(DAILY), utc("2025-10-25"), utc("2025-10-27"), schedule=schedule, dry_run=True)
    # Airflow takes the second of the two times that the clock shows on the 26th.
    assert [(run.data_interval_start.hour, run.data_interval_end.hour) for run in planned] == [(0, 1), (1, 1)]


def test_contexts_have_the_interval_of_the_given_schedule(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    weekly = CronTriggerTimetable("@weekly", timezone="UTC", interval=timedelta(days=7))
    with executing(deployment):
        [made] = backfill(deployment, *WEEK, schedule=read_schedule(weekly))
    found = run_dates(FlowRun.model_validate(held(deployment)[0]), airflow_version="3")
    assert made.logical_date == found.logical_date == found.data_interval_start == utc("2026-02-22")
    assert found.data_interval_end == found.run_after == utc("2026-03-01")


def test_a_dry_run_writes_nothing(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    assert {run.action for run in backfill(deployment, *WEEK, dry_run=True)} == {"create"}
    assert held(deployment) == []


@pytest.mark.parametrize("most", [1, 3])
def test_runs_are_limited_and_in_order(deploy: Callable[..., str], most: int) -> None:
    deployment = deploy(DAILY)
    with executing(deployment, waits_for=most) as executor:
        backfill(deployment, *WEEK, max_active_runs=most)
    assert executor.order == DAYS
    assert executor.most == most


def test_reverse_starts_with_the_latest(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    with executing(deployment) as executor:
        made = backfill(deployment, *WEEK, reverse=True, max_active_runs=1)
    assert executor.order == dates(made) == DAYS[::-1]


def test_depends_on_past_stops_at_a_failure_and_rerun_continues(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    with executing(deployment, fails=lambda date: date == DAYS[2]) as executor:
        made = backfill(deployment, *WEEK, depends_on_past=True)
        assert executor.order == DAYS[:3]
        assert executor.most == 1
    assert [run.state for run in made] == ["Completed", "Completed", "Failed", "", "", "", ""]
    assert made[2].reason == "the run ended as Failed"
    assert f"not created, because the run of {DAYS[2]} did not complete" in made[3].reason
    with executing(deployment) as executor:
        # Without a rerun the failure still stands in the way.
        assert sum(run.done for run in backfill(deployment, *WEEK, depends_on_past=True)) == 2
        again = backfill(deployment, *WEEK, depends_on_past=True, rerun="failed")
        assert executor.order == DAYS[2:]
    assert all(run.done for run in again)
    assert [run.action for run in again[:4]] == ["exists", "exists", "rerun", "create"]


def test_failure_does_not_stop_other_runs(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    with executing(deployment, fails=lambda date: date == DAYS[2]):
        made = backfill(deployment, *WEEK)
    assert [run.done for run in made] == [True, True, False, True, True, True, True]


def test_completed_runs_are_repeated_on_request(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    with executing(deployment, fails=lambda date: date == DAYS[1]):
        backfill(deployment, *WEEK)
    with executing(deployment) as executor:
        assert {run.action for run in backfill(deployment, *WEEK, rerun="none")} == {"exists"}
        backfill(deployment, *WEEK, rerun="failed")
        assert executor.order == [DAYS[1]]
        backfill(deployment, *WEEK, rerun="completed")
        assert executor.order == [DAYS[1], *DAYS]
    assert len(held(deployment)) == 7 + 1 + 7


def test_rerun_after_an_earlier_run_was_deleted(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    day = WEEK[0], WEEK[0]
    with executing(deployment, fails=lambda _: True):
        [first] = backfill(deployment, *day)
        [second] = backfill(deployment, *day, rerun="failed")
    with get_client(sync_client=True) as client:
        client.delete_flow_run(UUID(first.flow_run_id))
    with executing(deployment) as executor:
        [third] = backfill(deployment, *day, rerun="failed")
    assert executor.order == DAYS[:1]
    assert third.flow_run_id != second.flow_run_id
    assert (third.action, third.done) == ("rerun", True)


def test_killed_backfill_can_be_resumed(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    with executing(deployment, most_begun=3) as executor:
        process = subprocess.Popen([sys.executable, str(PROCESS), deployment, *(day.isoformat() for day in WEEK)])
        while len(executor.order) < 3:
            assert process.poll() is None
            executor.has_begun.wait(0.1)
        process.kill()
        process.wait()
    left = held(deployment)
    assert 3 <= len(left) < 7
    with executing(deployment) as executor:
        made = backfill(deployment, *WEEK)
    assert all(run.done for run in made)
    runs = held(deployment)
    assert [run["labels"]["airflow-compat.logical-date"] for run in runs] == DAYS
    assert {run["id"] for run in left} < {run["id"] for run in runs}


def test_two_backfills_share_runs_and_limit(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    with executing(deployment) as executor, ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: backfill(deployment, *WEEK, max_active_runs=2), range(2)))
    assert [dates(each) for each in made] == [DAYS, DAYS]
    assert all(run.done for each in made for run in each)
    assert len(held(deployment)) == 7
    assert executor.most <= 2


def test_scheduled_runs_count_unless_cancelled_by_catch_up(
    deploy: Callable[..., str],
) -> None:
    deployment = deploy(DAILY)
    own = made_by_the_scheduler(deployment, "2026-03-02", "2026-03-05")
    assert len(own) == 4
    with get_client(sync_client=True) as client:
        set_state(client, own[0]["id"], "COMPLETED")
        set_state(client, own[1]["id"], "RUNNING")
        set_state(client, own[1]["id"], "FAILED")
        set_state(client, own[2]["id"], "CANCELLED")
        set_state(client, own[3]["id"], "RUNNING")
    actions = [run.action for run in backfill(deployment, *WEEK, dry_run=True)]
    assert actions == ["create", "exists", "exists", "create", "running", "create", "create"]
    assert backfill(deployment, *WEEK, rerun="failed", dry_run=True)[2].action == "rerun"


def test_cancelled_coroutine_creates_no_more_runs(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)

    async def begin() -> None:
        with executing(deployment, most_begun=1) as executor:
            task = asyncio.create_task(abackfill(deployment, *WEEK, max_active_runs=1))
            await asyncio.to_thread(executor.has_begun.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(begin())
    # Its thread is joined by asyncio's end; the run after the first may have been made by then.
    assert len(held(deployment)) <= 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"start": utc("2026-03-07"), "end": utc("2026-03-01")}, "is after its end. Swap"),
        ({"start": utc("2999-01-01"), "end": utc("2999-01-02")}, "is in the future"),
        ({"start": utc("0001-01-01")}, "is out of range. Choose a year from 1900"),
        ({"end": utc("9999-12-31")}, "9999-12-31.* is out of range"),
        ({"max_active_runs": 0}, "max_active_runs is 0"),
        ({"rerun": "all"}, "rerun is 'all'"),
        ({"reverse": True, "depends_on_past": True}, "can't run in reverse"),
        ({"schedule": read_schedule(None)}, "has no regular times"),
        ({"deployment": "no/such"}, "The server has no deployment 'no/such'"),
        ({"deployment": "nosuch"}, "The server has no deployment 'nosuch'"),
        ({"deployment": str(UUID(int=7))}, "The server has no deployment '00000000"),
    ],
    ids=str,
)
def test_invalid_arguments_are_refused(deploy: Callable[..., str], arguments: dict[str, Any], why: str) -> None:
    given = {"deployment": deploy(DAILY), "start": WEEK[0], "end": WEEK[1], **arguments}
    with pytest.raises(BackfillError, match=why):
        backfill(**given)


def test_deployment_without_a_schedule_needs_one(deploy: Callable[..., str]) -> None:
    deployment = deploy()
    with pytest.raises(BackfillError, match="has no schedule"):
        backfill(deployment, *WEEK)
    events = read_schedule(EventsTimetable([utc("2026-03-02 04:05"), utc("2027-01-01")]))
    assert dates(backfill(deployment, *WEEK, schedule=events, dry_run=True)) == ["2026-03-02T04:05:00+00:00"]


def test_unfinished_interval_is_left_out(deploy: Callable[..., str]) -> None:
    now = datetime.now(timezone.utc)
    deployment = deploy(DAILY)
    for end in (now + timedelta(days=3), utc("9998-12-31")):
        assert len(backfill(deployment, now - timedelta(days=3), end, dry_run=True)) == 3


def test_unreachable_server_is_an_error() -> None:
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(ServerUnreachableError, match="can't be reached"),
    ):
        backfill("etl/prod", *WEEK)


@pytest.mark.parametrize(
    ("policy", "left"),
    [("latest", ["CANCELLED", "CANCELLED", "CANCELLED", "SCHEDULED"]), ("all", ["SCHEDULED"] * 4),
     ("none", ["CANCELLED"] * 4)],
)  # fmt: skip
def test_policy_decides_which_late_runs_are_cancelled(deploy: Callable[..., str], policy: Any, left: list[str]) -> None:
    deployment = deploy(DAILY)
    late = made_by_the_scheduler(deployment, "2026-03-02", "2026-03-05")
    planned = catch_up(deployment, policy, dry_run=True)
    assert states(late) == ["SCHEDULED"] * 4
    done = catch_up(deployment, policy)
    assert done == planned
    assert [run.scheduled_for.day for run in done] == [2, 3, 4, 5]
    assert states(late) == left
    assert [run.action for run in catch_up(deployment, policy)] == ["keep"] * left.count("SCHEDULED")


def test_catch_up_only_cancels_late_scheduled_runs(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    late = made_by_the_scheduler(deployment, "2026-03-02", "2026-03-05")
    ahead = made_by_the_scheduler(deployment, "2099-03-02", "2099-03-03")
    with get_client(sync_client=True) as client:
        set_state(client, late[0]["id"], "RUNNING")
        set_state(client, late[1]["id"], "PENDING")
        body = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
        set_state(client, late[2]["id"], "RUNNING")
        client.request("POST", "/flow_runs/{id}/set_state", path_params={"id": late[2]["id"]}, json=body)
        triggered = client.create_flow_run_from_deployment(
            UUID(deployment), state=Scheduled(scheduled_time=utc("2026-03-01"))
        )
    assert [run.flow_run_id for run in catch_up(deployment, "none")] == [late[3]["id"]]
    assert states(late) == ["RUNNING", "PENDING", "SCHEDULED", "CANCELLED"]
    assert states(ahead) == ["SCHEDULED", "SCHEDULED"]
    assert states([{"id": str(triggered.id)}]) == ["SCHEDULED"]


def test_backfill_runs_what_catch_up_cancelled(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    made_by_the_scheduler(deployment, "2026-03-01", "2026-03-07")
    catch_up(deployment, "none")
    with executing(deployment) as executor:
        made = backfill(deployment, *WEEK)
    assert executor.order == DAYS
    assert all(run.done for run in made)


def states(runs: list[dict[str, Any]]) -> list[str]:
    with get_client(sync_client=True) as client:
        return [
            client.request("GET", "/flow_runs/{id}", path_params={"id": run["id"]}).json()["state_type"] for run in runs
        ]


def test_catch_up_refuses_invalid_arguments(deploy: Callable[..., str]) -> None:
    with pytest.raises(BackfillError, match="The server has no deployment"):
        catch_up("no/such")
    with pytest.raises(BackfillError, match="policy 'some' is unknown"):
        catch_up(deploy(DAILY), "some")  # type: ignore[arg-type]


def test_the_command(deploy: Callable[..., str], unique: str, capsys: pytest.CaptureFixture[str]) -> None:
    deployment = deploy(DAILY)
    command = ["backfill", f"{unique}/prod", "--start", "2026-03-01", "--end", "2026-03-03"]
    assert run_command([*command, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "2026-03-01 00:00:00  2026-03-01 00:00:00 - 2026-03-01 00:00:00  would run" in shown
    assert shown.endswith("3 dates would run. No run was created.\n")
    with executing(deployment, fails=lambda date: date == DAYS[1]):
        assert run_command([*command, "--parameters", '{"limit": 5}', "--airflow-version", "2", "--json"]) == 1
    first, second, _ = json.loads(capsys.readouterr().out)
    assert (first["state"], first["data_interval_end"]) == ("Completed", DAYS[1])
    assert second["reason"] == "the run ended as Failed"
    assert {run["parameters"]["limit"] for run in held(deployment)} == {5}
    with executing(deployment):
        assert run_command([*command, "--rerun", "failed"]) == 0
    assert capsys.readouterr().out.endswith("2 dates had a run, 1 date done.\n")
    assert run_command([*command, "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith("3 dates have a run. No run was created.\n")
    assert run_command([*command[:-1], "2026-03-01", "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith("1 date has a run. No run was created.\n")
    assert run_command([*command, "--schedule", "0 12 * * *", "--timezone", "Europe/Berlin", "--dry-run"]) == 0
    assert "2026-03-01 11:00:00" in capsys.readouterr().out


def test_command_ends_when_interrupted(deploy: Callable[..., str]) -> None:
    deployment = deploy(DAILY)
    command = ["backfill", deployment, "--start", "2026-03-01", "--end", "2026-03-03"]
    with executing(deployment, most_begun=0) as executor:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow_compat.cli", *command], stderr=subprocess.PIPE, text=True
        )
        executor.has_seen.wait(240)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=240)
    # Some releases of rich end the line of a progress that is cut off.
    assert (process.returncode, said.strip()) == (
        1,
        "Stopped. Created runs continue; repeat the command for the rest.",
    )
    assert {run["state_type"] for run in held(deployment)} == {"SCHEDULED"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--start", "soon"], "--start 'soon' is not a time"),
        (["--start", "0001-01-01T00:00+14:00"], "is not a time"),
        (["--parameters", "[1]"], "--parameters is not a JSON object"),
        (["--schedule", "x"], "'x' is not a cron expression"),
    ],
)
def test_command_refuses_invalid_arguments(arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    start = [] if "--start" in arguments else ["--start", "2026-03-01"]
    assert run_command(["backfill", "no/such", "--end", "2026-03-03", *start, *arguments]) == 2
    assert why in capsys.readouterr().err


def test_catch_up_command(deploy: Callable[..., str], unique: str, capsys: pytest.CaptureFixture[str]) -> None:
    late = made_by_the_scheduler(deploy(DAILY), "2026-03-02", "2026-03-04")
    assert run_command(["catch-up", f"{unique}/prod", "--dry-run"]) == 0
    assert "3 late runs: 1 kept, 2 would be cancelled. Nothing was changed." in capsys.readouterr().out
    assert run_command(["catch-up", f"{unique}/prod", "--policy", "none", "--json"]) == 0
    assert [run["action"] for run in json.loads(capsys.readouterr().out)] == ["cancel"] * 3
    assert states(late) == ["CANCELLED"] * 3
