"""What a real scheduler, its executor and its tasks send of two runs, against what the shims send of the same runs.

`nox -s airflow` makes an environment with Prefect beside Airflow's, and names its Python in the environment.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from metric_receivers import udp_receiver
from metric_scenario import DAG_IDS, HOLDS_SECONDS, POOL, Sent, read
from real_airflow import MAJOR
from real_scheduler import lines_of, times_of

VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
HERE = Path(__file__).parent
FAILS, SUCCEEDS = DAG_IDS

pytestmark = [
    pytest.mark.skipif(MAJOR == "2", reason="Airflow 2 sends older tags, and zeros"),
    pytest.mark.skipif(find_spec("statsd") is None, reason="statsd isn't installed"),
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python that has Prefect and the shims"),
]

# The families of what is of runs, tasks and pools. All else that arrives is of Airflow's own processes.
OF_RUNS = ("ti.", "ti_", "task.", "task_", "operator_", "dag.", "dagrun.", "pool.")
OF_PROCESSES = (
    *("connection_test.", "dag_processing.", "dagbag_size", "executor.", "job_", "scheduler.", "scheduler_heartbeat"),
    *("serde.", "asset.", "triggers.", "dagbag."),
)


SCHEDULED = {FAILS: ("load", "skipped", "broken", "mapped"), SUCCEEDS: ("only",)}
POOLS = (POOL, "default_pool")


class Differs(NamedTuple):
    """What Airflow sends and the shims don't: each is told of in the documentation, under what doesn't map."""

    why: str
    what: set[tuple[str, str]]


NOT_SENT = (
    Differs(
        "Nothing here decides in a loop which of a run's tasks may begin.",
        {
            ("ms", f"dagrun.dependency-check{name},run_type=scheduled")
            for dag in DAG_IDS
            for name in (f".{dag}", f",dag_id={dag}")
        },
    ),
    Differs(
        "A flow run's tasks aren't known before they are called.",
        {
            ("c", f"task_instance_created{name}")
            for dag in DAG_IDS
            for name in (
                f"__PythonDecoratedOperator,dag_id={dag},run_type=scheduled",
                f",dag_id={dag},run_type=scheduled,task_type=_PythonDecoratedOperator",
            )
        },
    ),
    Differs(
        "A task run is not scheduled before it is queued: it begins when it is called.",
        {
            ("ms", name)
            for dag, tasks in SCHEDULED.items()
            for task in tasks
            for name in (
                f"dag.{dag}.{task}.scheduled_duration,queue=default",
                f"task.scheduled_duration,dag_id={dag},queue=default,task_id={task}",
            )
        },
    ),
    Differs(
        "A flow run isn't queued before it is pending; from when it was due, there is first_task_scheduling_delay.",
        {("ms", f"dagrun.first_task_start_delay,dag_id={dag},run_type=scheduled") for dag in DAG_IDS},
    ),
    Differs(
        "Airflow sends the older name twice, once with a tag that is in it.",
        {("ms", f"dagrun.{dag}.first_task_scheduling_delay,dag_id={dag},run_type=scheduled") for dag in DAG_IDS},
    ),
    Differs(
        "A pool's slots are held or waited for; nothing is scheduled before, and what is deferred holds none.",
        {
            ("g", f"pool.{what}{name}")
            for what in ("deferred_slots", "scheduled_slots", "starving_tasks")
            for pool in POOLS
            for name in (f".{pool}", f",pool_name={pool}")
        },
    ),
    Differs(
        "There is no pool that a task is in which names none.",
        {
            ("g", f"pool.{what}_slots{name}default_pool")
            for what in ("open", "queued", "running")
            for name in (".", ",pool_name=")
        },
    ),
)


class Side(NamedTuple):
    """What one side sent, and the times of its runs in its own database, by `dag_id`."""

    sent: Sent
    times: dict[str, dict[str, datetime]]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Side:
    home = tmp_path_factory.mktemp("scheduler")
    with udp_receiver() as udp:
        lines = lines_of(home, udp)
    return Side(read(lines), times_of(home))


@pytest.fixture(scope="module")
def shims(tmp_path_factory: pytest.TempPathFactory) -> Side:
    home = tmp_path_factory.mktemp("shims")
    with udp_receiver() as udp:
        command = [os.environ[VARIABLE], str(HERE / "metrics_prefect_side.py"), str(udp.port), str(home)]
        environment = {**os.environ, "PREFECT_HOME": str(home)}
        subprocess.run(command, env=environment, capture_output=True, check=True, timeout=300)
        lines = udp.lines()
    times = json.loads((home / "times.json").read_text())
    return Side(
        read(lines),
        {dag: {key: datetime.fromisoformat(each) for key, each in of.items()} for dag, of in times.items()},
    )


def _of_runs(sent: Sent) -> Sent:
    return {key: values for key, values in sent.items() if key[1].startswith(OF_RUNS)}


def test_the_same_is_sent_but_for_what_is_listed(airflow: Side, shims: Side) -> None:
    theirs, ours = _of_runs(airflow.sent), _of_runs(shims.sent)
    assert sorted(ours.keys() - theirs.keys()) == [], "Airflow doesn't send these"
    listed = {each for differs in NOT_SENT for each in differs.what}
    # Airflow counts queued tasks at intervals, so a quick task is rarely among them.
    not_sent = {key for key in theirs.keys() - ours.keys() if not key[1].startswith("ti.queued,")}
    assert sorted(not_sent - listed) == [], "these aren't listed"
    assert sorted(listed - not_sent) == [], "these needn't be listed any more"


def test_what_else_airflow_sends_is_of_its_own_processes(airflow: Side, shims: Side) -> None:
    assert [key for key in airflow.sent if not key[1].startswith((*OF_RUNS, *OF_PROCESSES))] == []
    assert shims.sent == _of_runs(shims.sent)


def test_counters_are_the_same(airflow: Side, shims: Side) -> None:
    ours = {key: sum(values) for key, values in shims.sent.items() if key[0] == "c"}
    assert {key: sum(airflow.sent[key]) for key in ours} == ours
    assert sum(ours["c", f"ti.start,dag_id={FAILS},task_id={task}"] for task in ("broken", "mapped")) == 4


def test_times_are_sent_as_often(airflow: Side, shims: Side) -> None:
    ours = {key: len(values) for key, values in shims.sent.items() if key[0] == "ms"}
    assert {key: len(airflow.sent[key]) for key in ours} == ours


def test_gauges_have_the_same_values(airflow: Side, shims: Side) -> None:
    def seen(side: Side, name: str) -> set[float]:
        return set(side.sent["g", f"pool.{name}_slots,pool_name={POOL}"])

    for name in ("open", "running"):
        assert seen(airflow, name) == seen(shims, name)


@pytest.mark.parametrize("side", ["airflow", "shims"])
def test_times_are_those_of_the_runs(side: str, request: pytest.FixtureRequest) -> None:
    found: Side = request.getfixturevalue(side)

    def only(name: str) -> float:
        [value] = found.sent["ms", name]
        return value / 1000

    for dag_id, end in ((FAILS, "failed"), (SUCCEEDS, "success")):
        times = found.times[dag_id]
        took = (times["end_date"] - times["start_date"]).total_seconds()
        late = (times["start_date"] - times["run_after"]).total_seconds()
        assert only(f"dagrun.duration.{end},dag_id={dag_id},run_type=scheduled") == pytest.approx(took, abs=0.2)
        assert only(f"dagrun.schedule_delay,dag_id={dag_id}") == pytest.approx(late, abs=0.2)
        first = only(f"dagrun.first_task_scheduling_delay,dag_id={dag_id},run_type=scheduled")
        assert late <= first <= late + took
    # What is around its function takes Airflow longer: it starts a process.
    assert HOLDS_SECONDS <= only(f"task.duration,dag_id={FAILS},task_id=load") < HOLDS_SECONDS + 5
