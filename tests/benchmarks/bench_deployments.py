"""prefect.yaml for 1,000 DAG files, beside a bare `ast.parse` of the same files, on one core."""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import compare

from airflow_compat import deployments

FILES = 1_000
HEAD = '''"""Loads {name} from the shop's database into the warehouse.

Every row is checked against the catalogue first, and what doesn't match is kept for a person to look at.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pendulum
from airflow import DAG
from airflow.models import Variable
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.utils.task_group import TaskGroup
from airflow.utils.trigger_rule import TriggerRule

log = logging.getLogger(__name__)

TABLE = "{name}"
OWNER = "data-platform"
TAGS = ["warehouse", OWNER]

default_args = {{
    "owner": OWNER,
    "depends_on_past": False,
    "start_date": pendulum.datetime(2024, 1, 1, tz="Europe/Berlin"),
    "email": ["data@example.com"],
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
}}
'''
FUNCTION = '''

def load_{name}_{number}(ds: str, ti, **context) -> int:
    """Load the part {number}, and give the number of rows."""
    hook = PostgresHook(postgres_conn_id="shop", schema="public")
    rows = hook.get_records("SELECT id, name, price FROM {name} WHERE day = %s", parameters=(ds,))
    kept = [
        {{"id": row[0], "name": row[1].strip().lower(), "price": round(float(row[2]) * 1.19, 2)}}
        for row in rows
        if row[1] and (row[2] or 0) > {number}
    ]
    if not kept:
        log.warning("nothing of %s on %s: %d rows were left out", TABLE, ds, len(rows))
        return 0
    for start in range(0, len(kept), 500):
        chunk = kept[start : start + 500]
        hook.insert_rows(TABLE, [tuple(each.values()) for each in chunk], target_fields=list(chunk[0]))
        log.info("%s: rows %d to %d", TABLE, start, start + len(chunk))
    ti.xcom_push(key="rows_{number}", value=len(kept))
    return len(kept)
'''
DAG = """

with DAG(
    f"warehouse_{{TABLE}}",
    default_args=default_args,
    description=f"Loads {{TABLE}}",
    schedule={schedule},
    catchup=False,
    max_active_runs=1,
    tags=[*TAGS, TABLE],
    params={{"full": False, "chunk": 500, "region": "eu"}},
    doc_md=__doc__,
) as dag:
    start = EmptyOperator(task_id="start")
    done = EmptyOperator(task_id="done", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    with TaskGroup("load") as group:
"""
TASK = """        part_{number} = PythonOperator(
            task_id="load_{number}",
            python_callable=load_{name}_{number},
            pool="warehouse",
            execution_timeout=timedelta(hours={number} + 1),
            op_kwargs={{"table": TABLE, "part": {number}, "day": "{{{{ ds }}}}"}},
        )
"""
SCHEDULES = ('"@daily"', '"0 2 * * *"', "None", "timedelta(hours=4)", 'Variable.get("schedule")', '"*/15 6-20 * * 1-5"')


def source(number: int) -> str:
    """A DAG file as people write them, of about 6.5 kB; now and then one that makes no DAG."""
    name = f"table_{number}"
    parts = range(3 + number % 4)
    return "".join(
        (
            HEAD.format(name=name),
            *(FUNCTION.format(name=name, number=part) for part in parts),
            DAG.format(schedule=SCHEDULES[number % len(SCHEDULES)]),
            *(TASK.format(name=name, number=part) for part in parts),
            "    start >> group >> done\n",
        )
    )


def parse(paths: list[Path]) -> None:
    """What is the least that anybody would have to do."""
    for path in paths:
        ast.parse(path.read_bytes())


def generate(folder: Path, output: Path) -> None:
    """All of it: find, read, make, check and write."""
    output.unlink(missing_ok=True)
    generated = deployments.to_prefect_yaml(deployments.read_dag_files(folder), output, work_pool="prod")
    assert len(generated.entries) == FILES
    generated.write()


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "dags"
        folder.mkdir()
        paths = [folder / f"dag_{number:04}.py" for number in range(FILES)]
        for number, path in enumerate(paths):
            path.write_text(source(number))
        size = sum(path.stat().st_size for path in paths) / 1e6
        output = Path(home) / "prefect.yaml"
        sides: dict[str, Callable[[], object]] = {
            "ast.parse alone": lambda: parse(paths),
            "read_dag_files": lambda: deployments.read_dag_files(folder),
            "read, make, check and write": lambda: generate(folder, output),
        }
        compare(f"{FILES} DAG files, {size:.1f} MB", sides, runs=7)
