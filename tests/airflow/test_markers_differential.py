"""Which task instances of other DAGs a clear includes: random DAGs in the real Airflow 2.11, and by our rules."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import pytest
import real_airflow

from airflow_compat._airflow.graph import Graph, InstanceKey, TaskNode
from airflow_compat.dags._clear_rules import Selection
from airflow_compat.dags._markers import ClearableRun, Marker, chosen, follow
from airflow_compat.errors import DagRunRequestError

if real_airflow.MAJOR != "2":
    pytest.skip("Airflow 3 ignores markers", allow_module_level=True)

# Airflow imports modules late, and some of them warn of their own past.
pytestmark = pytest.mark.filterwarnings("ignore")

SEEDS, CLEARS = 25, 6
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
DATES = [START + timedelta(days=day) for day in range(4)]
STATES = ("success", "failed", "upstream_failed", "skipped", None)

Cleared: TypeAlias = "set[tuple[str, datetime, str]] | str"


@dataclass
class _Task:
    upstream: list[str]
    # The DAG and the task that a marker names, the days between the logical dates, and the recursion depth.
    marker: tuple[str, str, int, int] | None = None


@dataclass
class _Case:
    """DAGs by id, and the states of the task instances of their runs by dag_id and logical date."""

    dags: dict[str, dict[str, _Task]]
    runs: dict[tuple[str, datetime], dict[str, str | None]] = field(default_factory=dict)


def _case_of(chance: random.Random, seed: int) -> _Case:
    case = _Case({f"dag_{seed}_{number}": {} for number in range(chance.randint(2, 4))})
    for tasks in case.dags.values():
        for number in range(chance.randint(3, 7)):
            task = _Task([each for each in tasks if chance.random() < 0.4])
            if chance.random() < 0.4:
                other = chance.choice(list(case.dags))
                days, depth = chance.choice((0, 0, 0, 1, -1)), chance.choice((1, 2, 3, 10))
                # The last tasks may be missing in the other DAG.
                task.marker = (other, f"t{chance.randint(0, 5)}", days, depth)
            tasks[f"t{number}"] = task
    for dag_id, tasks in case.dags.items():
        for date in DATES:
            if chance.random() < 0.8:
                case.runs[dag_id, date] = {task_id: chance.choice(STATES) for task_id in tasks}
    return case


def _airflow_dag(dag_id: str, tasks: dict[str, _Task]) -> Any:
    load = real_airflow.load
    empty = load("airflow.operators.empty").EmptyOperator
    marker = load("airflow.sensors.external_task").ExternalTaskMarker
    with load("airflow.models.dag").DAG(dag_id, start_date=START, schedule=None) as dag:
        for task_id, task in tasks.items():
            if task.marker is None:
                operator = empty(task_id=task_id)
            else:
                other, other_task, days, depth = task.marker
                date = {"execution_date": f"{{{{ macros.ds_add(ds, {days}) }}}}"} if days else {}
                operator = marker(
                    task_id=task_id, external_dag_id=other, external_task_id=other_task, recursion_depth=depth, **date
                )
            for upstream in task.upstream:
                operator.set_upstream(dag.get_task(upstream))
    return dag


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    real_airflow.load("airflow.utils.db").initdb()
    with real_airflow.load("airflow.utils.session").create_session() as session:
        yield session


def _store(case: _Case, session: Any) -> dict[str, Any]:
    dags = {dag_id: _airflow_dag(dag_id, tasks) for dag_id, tasks in case.dags.items()}
    for dag in dags.values():
        dag.sync_to_db(session=session)
        real_airflow.load("airflow.models.serialized_dag").SerializedDagModel.write_dag(dag, session=session)
    for (dag_id, date), states in case.runs.items():
        run = dags[dag_id].create_dagrun(
            run_id=f"manual__{date.isoformat()}",
            execution_date=date,
            data_interval=(date, date),
            state="success",
            run_type="manual",
            session=session,
        )
        for ti in run.get_task_instances(session=session):
            ti.state = states[ti.task_id]
    session.commit()
    return dags


def _by_airflow(dag: Any, date: datetime, selection: Selection, session: Any) -> Cleared:
    """What the UI selects with "Recursive", which is the default, and what `airflow tasks clear` selects."""
    subset = dag.partial_subset(
        list(selection.task_ids), include_upstream=selection.upstream, include_downstream=selection.downstream
    )
    try:
        found = subset.clear(
            start_date=date, end_date=date, only_failed=selection.failed, dry_run=True, session=session
        )
    except real_airflow.load("airflow.exceptions").AirflowException as error:
        return str(error).partition(" ")[0]
    return {(ti.dag_id, ti.execution_date, ti.task_id) for ti in found}


def _our_runs(case: _Case) -> dict[tuple[str, datetime], ClearableRun]:
    graphs, found = {}, {}
    for dag_id, tasks in case.dags.items():
        below = {task_id: {each for each, task in tasks.items() if task_id in task.upstream} for task_id in tasks}
        graphs[dag_id] = Graph(
            dag_id,
            {
                task_id: TaskNode(task_id, frozenset(task.upstream), frozenset(below[task_id]))
                for task_id, task in tasks.items()
            },
        )
    for (dag_id, date), states in case.runs.items():
        markers = {
            task_id: Marker(task.marker[0], task.marker[1], _date(date, task.marker[2]), task.marker[3])
            for task_id, task in case.dags[dag_id].items()
            if task.marker
        }
        keyed = {InstanceKey(task_id): state for task_id, state in states.items()}
        id_ = uuid5(UUID(int=0), f"{dag_id} {date}")
        found[dag_id, date] = ClearableRun(id_, graphs[dag_id], keyed, markers)
    return found


def _date(date: datetime, days: int) -> str:
    return (date + timedelta(days=days)).isoformat()


def _by_us(
    runs: dict[tuple[str, datetime], ClearableRun], dag_id: str, date: datetime, selection: Selection
) -> Cleared:
    find: Callable[[Marker], ClearableRun | None] = lambda marker: runs.get(  # noqa: E731
        (marker.dag_id, datetime.fromisoformat(marker.logical_date))
    )
    try:
        followed = follow(runs[dag_id, date], selection, find)
    except DagRunRequestError as error:
        return "Maximum" if "maximum recursion depth" in str(error) else str(error)
    by_id = {run.id: key for key, run in runs.items()}
    pairs = [(runs[dag_id, date].id, selection), *followed.selections.items()]
    return {(*by_id[id_], key.task_id) for id_, each in pairs for key in chosen(runs[by_id[id_]], each)}


def test_markers_clear_what_airflow_clears(session: Any) -> None:
    several, deep = 0, 0
    for seed in range(SEEDS):
        chance = random.Random(seed)
        case = _case_of(chance, seed)
        dags, runs = _store(case, session), _our_runs(case)
        for _ in range(CLEARS if runs else 0):
            dag_id, date = chance.choice(list(runs))
            task_id = chance.choice(list(case.dags[dag_id]))
            # A clear in both directions selects more in Airflow 3, whose rules we follow, than in Airflow 2.
            upstream, downstream = chance.choice([(False, True), (False, True), (True, False), (False, False)])
            selection = Selection((task_id,), None, upstream, downstream, failed=chance.random() < 0.3)
            expected = _by_airflow(dags[dag_id], date, selection, session)
            assert _by_us(runs, dag_id, date, selection) == expected, (seed, dag_id, date, selection)
            several += not isinstance(expected, str) and len({each[:2] for each in expected}) > 1
            deep += expected == "Maximum"
    # The cases contain what the test is about.
    assert several > 20
    assert deep > 5
