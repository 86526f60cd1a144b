"""DAG files run as flows: states, tries, XComs, and what Prefect's UI shows."""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dag_runs import all_ended, flow_run_of, retry, run, states_of, task_runs, write
from prefect.client.orchestration import get_client
from prefect.states import Completed, Scheduled

from airflow_compat import dags
from airflow_compat._prefect.runs import task_name
from airflow_compat._prefect.runs import task_runs as recorded_runs
from airflow_compat.dags._flow import DagFlow
from airflow_compat.errors import DagRunExistsError, DagRunFailedError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

_MIXED = """
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None) as dag:
        @task
        def numbers():
            return [1, 2, 3]

        @task
        def double(number):
            return number * 2

        @task
        def total(values):
            return sum(values)

        @task.branch
        def choose(value):
            return "big" if value > 10 else "small"

        @task
        def big(): ...

        @task
        def small(): ...

        @task(trigger_rule="none_failed_min_one_success")
        def join(): ...

        doubled = double.expand(number=numbers())
        chosen = choose(total(doubled))
        chosen >> [big(), small()] >> join()
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_mapping_branches_and_edges(unique: str, tmp_path: Path, isolation: str) -> None:
    path = write(tmp_path, "mixed", _MIXED.format(dag_id=unique))

    state = run(f"{path}:{unique}", isolation=isolation)

    assert state.is_completed()
    result = state.result()
    assert states_of(result) == {
        "numbers": "success",
        "double[0]": "success",
        "double[1]": "success",
        "double[2]": "success",
        "total": "success",
        "choose": "success",
        "big": "success",
        "small": "skipped",
        "join": "success",
    }
    assert result.xcoms["total", -1, "return_value"] == 12
    assert result.xcoms["double", 2, "return_value"] == 6
    assert f"DAG {unique}" in str(result)

    shown = task_runs(state.state_details.flow_run_id, all_ended(9))
    assert {each.name: each.state_name for each in shown} == {
        name: "Skipped" if state == "skipped" else "Completed" for name, state in states_of(result).items()
    }
    ids = {each.name: each.id for each in shown}
    inputs = {each.name: {one.id for one in each.task_inputs.get("request", [])} for each in shown}
    assert inputs["total"] == {ids["double[0]"], ids["double[1]"], ids["double[2]"]}
    assert inputs["join"] == {ids["big"], ids["small"]}


_FAILING = """
    from pathlib import Path
    from airflow.sdk import DAG, task
    from datetime import timedelta

    SEEN = Path("{seen}")

    def note(line):
        with SEEN.open("a") as file:
            file.write(line + "\\n")

    with DAG("{dag_id}", schedule=None) as dag:
        @task
        def extract():
            note("extract")
            return 7

        @task(retries=1, retry_delay=timedelta(0))
        def transform(value, ti=None):
            note(f"transform {{ti.try_number}}")
            if len(SEEN.read_text().splitlines()) < 4:
                raise ValueError("no rows")
            return value + 1

        @task
        def load(value):
            note(f"load {{value}}")

        load(transform(extract()))
"""


def test_tries_and_a_retry_of_the_flow_run(unique: str, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    path = write(tmp_path, "failing", _FAILING.format(dag_id=unique, seen=seen))

    state = run(path)

    assert state.is_failed()
    with pytest.raises(DagRunFailedError, match="transform") as failed:
        state.result()
    assert states_of(failed.value.result) == {"extract": "success", "transform": "failed", "load": "upstream_failed"}
    assert seen.read_text().splitlines() == ["extract", "transform 1", "transform 2"]
    shown = task_runs(state.state_details.flow_run_id, all_ended(4))
    assert sorted((each.name, each.state_name) for each in shown) == [
        ("extract", "Completed"),
        ("load", "UpstreamFailed"),
        ("transform", "Failed"),
        ("transform", "UpForRetry"),
    ]
    ids = {each.state_name: each.id for each in shown}
    inputs = {each.state_name: {one.id for one in each.task_inputs.get("request", [])} for each in shown}
    assert inputs["UpForRetry"] == {ids["Completed"]}
    assert inputs["Failed"] == {ids["UpForRetry"]}
    assert inputs["UpstreamFailed"] == {ids["Failed"]}

    again = retry(path, state.state_details.flow_run_id)

    assert again.is_completed()
    assert seen.read_text().splitlines()[3:] == ["transform 3", "load 8"]
    tries = {each.name: each.try_number for each in again.result().task_instances}
    assert tries == {"extract": 1, "transform": 3, "load": 1}


_ONE = """
    from airflow.sdk import DAG, Param, task

    with DAG("{dag_id}", schedule=None, params={{"string-date": Param("2026-01-01", type="string"), "rows": 5}}) as dag:
        @task
        def show(params, dag_run, ds):
            return [params["string-date"], params["rows"], dict(dag_run.conf), ds]

        show()
"""


def test_conf_and_one_run_for_each_logical_date(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "one", _ONE.format(dag_id=unique))
    date = datetime(2026, 3, 4, tzinfo=timezone.utc)

    flow = dags.load_flow(str(path))
    fields = flow.parameters.properties["conf"]["properties"]
    assert fields["string-date"] == {"title": "string-date", "type": "string", "default": "2026-01-01"}

    state = flow(logical_date=date, conf={"rows": 6}, return_state=True)
    assert state.result().xcoms["show", -1, "return_value"] == ["2026-01-01", 6, {"rows": 6}, "2026-03-04"]
    labels = flow_run_of(state).labels
    assert flow_run_of(state).name == f"manual__{date.isoformat()}"
    assert labels["airflow-compat.logical-date"] == date.isoformat()
    assert labels["airflow-compat.run-type"] == "manual"

    with pytest.raises(DagRunExistsError, match=r"2026-03-04.*Completed"):
        flow(logical_date=date)
    # A test run replaces an earlier run of its date.
    assert dags.test(str(path), logical_date=date).state == "success"


_RACE = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    def note(context):
        with Path("{folder}", "callbacks").open("a") as file:
            file.write("x")

    with DAG("{dag_id}", schedule=None, on_failure_callback=note, on_success_callback=note):
        @task(on_success_callback=note)
        def one(): ...

        one()
"""


def test_one_of_runs_that_race_for_a_logical_date_runs(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "race", _RACE.format(dag_id=unique, folder=tmp_path))
    date = datetime(2026, 3, 4, tzinfo=timezone.utc)
    flows = [dags.load_flow(str(path)) for _ in range(3)]
    with ThreadPoolExecutor(len(flows)) as threads:
        started = [threads.submit(copy_context().run, each, logical_date=date, return_state=True) for each in flows]
        states = [each.result(240) for each in started]
    assert sorted(state.name for state in states) == ["Cancelled", "Cancelled", "Completed"]
    lost = next(state for state in states if state.is_cancelled())
    assert "has another run for the logical date 2026-03-04" in lost.message
    assert flow_run_of(lost).state.is_cancelled()
    # The callbacks of the task and of the DAG, for the one run.
    assert (tmp_path / "callbacks").read_text() == "xx"


_WIDE = """
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None) as dag:
        @task
        def number(value):
            return value

        @task
        def total(values):
            return sum(values)

        @task(trigger_rule="all_done")
        def last(): ...

        numbers = number.expand(value=list(range(120)))
        total(numbers)
        numbers >> last()
"""


def test_many_edges_lead_through_a_summary(unique: str, tmp_path: Path) -> None:
    state = run(write(tmp_path, "wide", _WIDE.format(dag_id=unique)))
    assert state.result().xcoms["total", -1, "return_value"] == sum(range(120))
    shown = {each.name: each for each in task_runs(state.state_details.flow_run_id, all_ended(123))}
    summary = shown["number (120)"]
    assert len(summary.task_inputs["request"]) == 120
    for name in ("total", "last"):
        assert [one.id for one in shown[name].task_inputs["request"]] == [summary.id]
    # Metrics and summaries of runs count task instances alone, by their task ids.
    counted = Counter(map(task_name, recorded_runs(state.state_details.flow_run_id)))
    assert counted == {"number": 120, "total": 1, "last": 1}


_LATE = """
    import threading
    from datetime import timedelta
    from airflow.sdk import DAG, task, BaseOperator

    killed = threading.Event()

    class Slow(BaseOperator):
        def execute(self, context):
            assert killed.wait(240)

        def on_kill(self):
            killed.set()

    with DAG("{dag_id}", schedule=None, dagrun_timeout=timedelta(seconds=1)) as dag:
        @task
        def opens(): ...

        @task
        def closes(): ...

        @task
        def after(): ...

        opened = opens().as_setup()
        opened >> Slow(task_id="slow") >> after() >> closes().as_teardown(setups=opened)
"""


def test_the_time_limit_of_a_run(unique: str, tmp_path: Path) -> None:
    state = run(write(tmp_path, "late", _LATE.format(dag_id=unique)))
    assert (state.is_failed(), state.name) == (True, "TimedOut")
    with pytest.raises(DagRunFailedError, match="timed_out") as failed:
        state.result()
    assert states_of(failed.value.result) == {
        "opens": "success",
        "slow": "skipped",
        "after": "skipped",
        "closes": "success",
    }


_TWO = """
    from airflow.sdk import DAG, task, task_group

    with DAG("{dag_id}_groups", schedule=None) as dag:
        @task
        def names():
            return ["a", "b"]

        @task
        def shout(name):
            return name.upper()

        @task
        def twice(name):
            return name * 2

        @task_group
        def each(name):
            return twice(shout(name))

        @task
        def joined(values):
            return "".join(values)

        joined(each.expand(name=names()))

    with DAG("{dag_id}_other", schedule=None):
        shout("b")
"""


def test_the_flows_of_a_file_and_a_mapped_group(unique: str, tmp_path: Path) -> None:
    flows = dags.load_flows(write(tmp_path, "two", _TWO.format(dag_id=unique)))
    assert (set(flows), dict(flows.import_errors)) == ({f"{unique}_groups", f"{unique}_other"}, {})

    result = flows[f"{unique}_groups"]()

    assert set(states_of(result)) == {
        "names",
        *(f"each.{n}[{i}]" for n in ("shout", "twice") for i in (0, 1)),
        "joined",
    }
    assert result.xcoms["joined", -1, "return_value"] == "AABB"
    # The DAG's own `test`, as at the end of a DAG file.
    assert flows[f"{unique}_other"].dag.test(run_conf={}).state == "success"


_DATED = """
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None) as dag:
        @task
        def seen(ti, ds):
            earlier = ti.xcom_pull(task_ids="day", include_prior_dates=True, map_indexes=None)
            return earlier

        @task
        def day(ds):
            return ds

        seen() >> day()
"""


def test_xcoms_of_runs_with_earlier_dates(unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = dags.load_flow(str(write(tmp_path, "dated", _DATED.format(dag_id=unique))))
    # Runs in the future, of which a schedule has up to 100, do not use up the search.
    monkeypatch.setattr("airflow_compat.xcom._server_lookup._PRIOR_RUNS", 4)
    with get_client(sync_client=True) as client:
        for hours in range(1, 5):
            moment = datetime.now(timezone.utc) + timedelta(hours=hours)
            client.create_flow_run(flow, state=Scheduled(scheduled_time=moment))
    # The run of the later date ran first.
    for number in (5, 1, 3):
        result = flow(logical_date=datetime(2026, 1, number, tzinfo=timezone.utc))
    assert result.xcoms["seen", -1, "return_value"] == "2026-01-01"


_TIMETABLES = """
    from datetime import timedelta
    from airflow.sdk import DAG, AssetAlias, task
    from airflow.timetables.base import DataInterval, Timetable

    class Mine(Timetable):
        def infer_manual_data_interval(self, *, run_after):
            return DataInterval(run_after.start_of("day"), run_after)

    class Silent(Timetable):
        pass

    for name, schedule in {{"mine": Mine(), "silent": Silent(), "alias": AssetAlias("a")}}.items():
        with DAG(f"{dag_id}-{{name}}", schedule=schedule):
            @task
            def dates(data_interval_start, data_interval_end):
                return [data_interval_start.isoformat(), data_interval_end.isoformat()]

            dates()
"""


@pytest.mark.parametrize(("name", "hour"), [("mine", 0), ("silent", 10), ("alias", 10)])
def test_a_schedule_without_counterpart_has_manual_runs(unique: str, tmp_path: Path, name: str, hour: int) -> None:
    path = write(tmp_path, "timetables", _TIMETABLES.format(dag_id=unique))
    date = datetime(2026, 3, 4, 10, tzinfo=timezone.utc)

    result = dags.test(f"{path}:{unique}-{name}", logical_date=date)

    assert result.state == "success"
    assert result.xcoms["dates", -1, "return_value"] == [date.replace(hour=hour).isoformat(), date.isoformat()]


_LOGGED = """
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None):
        @task
        def broken():
            raise ValueError("no rows")

        @task
        def below(): ...

        broken() >> below()
"""


def test_a_failed_task_logs_its_error_once(unique: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, "logged", _LOGGED.format(dag_id=unique))
    # Prefect's loggers do not propagate.
    for name in ("prefect.task_runs", "prefect.flow_runs"):
        logging.getLogger(name).addHandler(caplog.handler)
    try:
        assert run(path).is_failed()
    finally:
        for name in ("prefect.task_runs", "prefect.flow_runs"):
            logging.getLogger(name).removeHandler(caplog.handler)
    assert [record.name for record in caplog.records if record.exc_info] == ["airflow.task"]


def test_a_chosen_name_of_the_flow_run_is_kept(unique: str, tmp_path: Path) -> None:
    flow = dags.load_flow(str(write(tmp_path, "one", _ONE.format(dag_id=unique))))
    state = flow.with_options(flow_run_name="nightly-load")(return_state=True)
    assert flow_run_of(state).name == "nightly-load"


_CHAINED = """
    from airflow.sdk import DAG, task, task_group
    from airflow.sdk.exceptions import AirflowSkipException

    with DAG("{dag_id}", schedule=None) as dag:
        @task
        def rows():
            return [{{"n": n, "at": (n, n)}} for n in range(4)]

        @task
        def some(row):
            if row["n"] == 1:
                raise AirflowSkipException
            row["n"] += 10
            return row

        @task(trigger_rule="all_done")
        def seen(row):
            return [row["n"], row["at"]]

        @task
        def again(row):
            return row["n"]

        @task_group
        def group(row):
            again(row)

        given = rows()
        seen.expand(row=some.expand(row=given))
        group.expand(row=given)
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_instances_are_mapped_over_the_values_that_exist_and_share_none(
    unique: str, tmp_path: Path, isolation: dags.Isolation
) -> None:
    path = write(tmp_path, "chained", _CHAINED.format(dag_id=unique))
    result = dags.load_flow(str(path), isolation=isolation)()
    xcoms = result.xcoms
    assert [xcoms["seen", index, "return_value"] for index in range(3)] == [[10, (0, 0)], [12, (2, 2)], [13, (3, 3)]]
    assert [xcoms["group.again", index, "return_value"] for index in range(4)] == [0, 1, 2, 3]


def test_a_test_has_xcoms_also_if_prefect_returns_the_stored_result(
    unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prefect does, if the server answers the end of the run too late.
    source = f"""
        from airflow.sdk import DAG, task

        with DAG("{unique}", schedule=None):
            @task
            def load():
                return 7

            load()
    """
    call = DagFlow.__call__

    def stored(flow: DagFlow, **arguments: Any) -> State[Any]:
        result = call(flow, **arguments).result()
        return Completed(data=pickle.loads(pickle.dumps(result)))

    monkeypatch.setattr(DagFlow, "__call__", stored)

    assert dict(dags.test(str(write(tmp_path, "load", source))).xcoms) == {("load", -1, "return_value"): 7}
