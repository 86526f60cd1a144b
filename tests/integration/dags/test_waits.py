"""Sensors, deferral, pools and limits: who waits for whom, and what waits cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from dag_runs import run, states_of, write
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate

from airflow_compat.errors import DagRunFailedError

_SENSORS = """
    import threading
    from airflow.sdk import DAG, task
    from airflow.sdk.bases.sensor import BaseSensorOperator, PokeReturnValue

    class Counted(BaseSensorOperator):
        seen = {{}}
        threads = set()

        def poke(self, context):
            self.threads.add(threading.get_ident())
            count = self.seen[self.task_id] = self.seen.get(self.task_id, 0) + 1
            return PokeReturnValue(count == 3, xcom_value=count)

    with DAG("{dag_id}", schedule=None, max_active_tasks=1) as dag:
        @task
        def ends(ti):
            return [len(Counted.threads), ti.xcom_pull(task_ids="poke")]

        waits = [Counted(task_id=f"r{{n}}", poke_interval=0.05, mode="reschedule") for n in range(30)]
        last = Counted(task_id="poke", poke_interval=0.05)
        late = Counted(task_id="late", poke_interval=0.05, timeout=0, soft_fail=True)
        [*waits, last, late] >> ends.override(trigger_rule="all_done")()
"""


def test_sensors_share_few_threads(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "sensors", _SENSORS.format(dag_id=unique))
    result = run(path).result()
    assert states_of(result) == {
        **{f"r{n}": "success" for n in range(30)},
        "poke": "success",
        "late": "skipped",
        "ends": "success",
    }
    threads, pulled = result.xcoms["ends", -1, "return_value"]
    assert threads <= 8
    assert pulled == 3


_LIMITED = """
    import threading
    from airflow.sdk import DAG, task

    lock, here, most = threading.Lock(), [], []

    with DAG("{dag_id}", schedule=None) as dag:
        @task{arguments}
        def work(number):
            with lock:
                here.append(number)
                most.append(len(here))
            threading.Event().wait(0.05)
            with lock:
                here.remove(number)

        @task
        def largest():
            return max(most)

        work.expand(number=list(range(6))) >> largest()
"""


@pytest.mark.parametrize("limit", ["max_active_tis_per_dagrun", "max_active_tis_per_dag"])
def test_limits_of_a_task(unique: str, tmp_path: Path, limit: str) -> None:
    path = write(tmp_path, "limited", _LIMITED.format(dag_id=unique, arguments=f"({limit}=2)"))
    assert run(path).result().xcoms["largest", -1, "return_value"] == 2


def test_slots_of_a_pool(unique: str, tmp_path: Path) -> None:
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=unique, limit=2))
    path = write(tmp_path, "pooled", _LIMITED.format(dag_id=unique, arguments=f"(pool='{unique}', pool_slots=2)"))
    assert run(path).result().xcoms["largest", -1, "return_value"] == 1
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(unique).active_slots == 0


_WIDE = """
    from airflow.sdk import DAG, task
    from prefect.client.orchestration import get_client

    with DAG("{dag_id}", schedule=None, max_active_tasks=2) as dag:
        @task(pool="{dag_id}")
        def taken(number):
            with get_client(sync_client=True) as client:
                return client.read_global_concurrency_limit_by_name("{dag_id}").active_slots

        @task
        def most(values):
            return max(values)

        most(taken.expand(number=list(range(12))))
"""


def test_instances_that_can_not_be_active_hold_no_slots(unique: str, tmp_path: Path) -> None:
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=unique, limit=50))
    result = run(write(tmp_path, "wide", _WIDE.format(dag_id=unique))).result()
    # Two are active. The server may hear of a release after the next instance has taken its slot.
    assert 1 <= result.xcoms["most", -1, "return_value"] <= 4


_AT_ONCE = """
    from airflow.sdk import DAG, BaseSensorOperator

    class AtOnce(BaseSensorOperator):
        looks = {{}}

        def poke(self, context):
            self.looks[self.task_id] = self.looks.get(self.task_id, 0) + 1
            return self.looks[self.task_id] == 20

    with DAG("{dag_id}", schedule=None) as dag:
        for number in range(4):
            AtOnce(task_id=f"t{{number}}", poke_interval=0, mode="reschedule", pool="{dag_id}")
"""


def test_sensors_that_look_again_at_once_get_their_slots_again(unique: str, tmp_path: Path) -> None:
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=unique, limit=2))
    state = run(write(tmp_path, "at_once", _AT_ONCE.format(dag_id=unique)))
    assert set(states_of(state.result()).values()) == {"success"}


def test_a_missing_pool_fails_the_task(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "nopool", _LIMITED.format(dag_id=unique, arguments=f"(pool='{unique}')"))
    state = run(path)
    assert state.is_failed()


_DEFERRED = """
    import asyncio
    from datetime import timedelta
    from airflow.sdk import DAG, BaseOperator, task
    from airflow.triggers.base import BaseTrigger, TriggerEvent

    class Answer(BaseTrigger):
        def __init__(self, answer):
            super().__init__()
            self.answer = answer

        def serialize(self):
            return "answers.Answer", {{"answer": self.answer}}

        async def run(self):
            await asyncio.sleep({{"never": 60}}.get(self.answer, 0.01))
            if self.answer == "breaks":
                raise ValueError("no answer")
            yield TriggerEvent(self.answer)

    class Asks(BaseOperator):
        def __init__(self, *, answers, timeout=None, **kwargs):
            super().__init__(**kwargs)
            self.answers, self.timeout = answers, timeout

        def execute(self, context):
            context["ti"].xcom_push("tries", context["ti"].try_number)
            self.ask(0, [])

        def ask(self, number, seen):
            self.defer(
                trigger=Answer(self.answers[number]), method_name="execute_complete", timeout=self.timeout,
                kwargs={{"number": number, "seen": seen}},
            )

        def execute_complete(self, context, number, seen, event=None):
            seen = [*seen, event]
            if number + 1 < len(self.answers):
                self.ask(number + 1, seen)
            return [seen, context["ti"].task_id]

    with DAG("{dag_id}", schedule=None, max_active_tasks=1) as dag:
        Asks(task_id="twice", answers=["a", "b"])
        Asks.partial(task_id="mapped").expand(answers=[["c"], ["d"]])
        Asks(task_id="breaks", answers=["breaks"], retries=1, retry_delay=timedelta(0))
        Asks(task_id="late", answers=["never"], timeout=timedelta(seconds=0.1))
"""


def test_deferral_of_operators(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "deferred", _DEFERRED.format(dag_id=unique))
    with pytest.raises(DagRunFailedError) as failed:
        run(path).result()
    result = failed.value.result
    assert states_of(result) == {
        "twice": "success",
        "mapped[0]": "success",
        "mapped[1]": "success",
        "breaks": "failed",
        "late": "failed",
    }
    assert {each.name: each.try_number for each in result.task_instances}["breaks"] == 2
    returned = {key[:2]: value for key, value in result.xcoms.items() if key[2] == "return_value"}
    assert returned == {
        ("twice", -1): [["a", "b"], "twice"],
        ("mapped", 0): [["c"], "mapped"],
        ("mapped", 1): [["d"], "mapped"],
    }
    # A task that continues keeps what it pushed before it waited.
    assert result.xcoms["twice", -1, "tries"] == 1
