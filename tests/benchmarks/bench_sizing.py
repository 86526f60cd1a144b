"""How many requests, events and rows of the server's database a task instance of a DAG causes, and how many bytes.

Each DAG runs with few and with many tasks; the differences are those of the additional task instances.
`python bench_sizing.py postgresql` measures with PostgreSQL, in place of SQLite, and also prints the size of tables.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}

import httpx
from measure import settled
from prefect.context import refresh_global_settings_context
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, PREFECT_API_URL, temporary_settings

from airflow_compat import pools
from airflow_compat.dags import load_flow

FEW, MANY = 5, 105
HOME = Path(os.environ["PREFECT_HOME"])

_HEAD = """
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG, task

def told(context): ...
"""
_TASK = """
with DAG("{name}", schedule=None):
    @task{options}
    def work(number):
        return number

    for number in range({number}):
        work(number)
"""
_SENSOR = """
with DAG("{name}", schedule=None):
    for number in range({number}):
        PythonSensor(
            task_id=f"wait_{{number}}", mode="{mode}", poke_interval=0.1,
            python_callable=lambda ti=None, seen=[]: seen.append(1) or len(seen) > 3,
        )
"""
KINDS = {
    "plain task": (_TASK, {"options": ""}),
    "with a success callback": (_TASK, {"options": "(on_success_callback=told)"}),
    "with a pool": (_TASK, {"options": "(pool='sizing')"}),
    "sensor, 4 pokes": (_SENSOR, {"mode": "poke"}),
    "sensor, 4 pokes, reschedule": (_SENSOR, {"mode": "reschedule"}),
}
TABLES = ("events", "event_resources", "flow_run", "flow_run_state", "log", "task_run", "task_run_state")
requests: Counter[str] = Counter()


def count_requests() -> None:
    """Count what this process sends, also Prefect's own threads."""
    sync, asynchronous = httpx.Client.send, httpx.AsyncClient.send

    def note(request: httpx.Request) -> None:
        path = re.sub(r"/[0-9a-f-]{36}", "/ID", request.url.path.removeprefix("/api"))
        requests[f"{request.method} {path}"] += 1

    def send(self: httpx.Client, request: httpx.Request, **how: Any) -> httpx.Response:
        note(request)
        return sync(self, request, **how)

    async def send_async(self: httpx.AsyncClient, request: httpx.Request, **how: Any) -> httpx.Response:
        note(request)
        return await asynchronous(self, request, **how)

    httpx.Client.send, httpx.AsyncClient.send = send, send_async  # type: ignore[assignment,method-assign]


def read_sqlite(file: Path) -> dict[str, int]:
    with sqlite3.connect(file) as database:
        rows = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
        size, free, pages = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "freelist_count", "page_count")
        )
    return rows | {"bytes": size * (pages - free)}


def read_postgres(uri: str) -> dict[str, int]:
    import asyncio

    import asyncpg

    async def read() -> dict[str, int]:
        database = await asyncpg.connect(uri.replace("+asyncpg", ""))
        rows = {table: await database.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
        sizes = {
            f"bytes of {table}": await database.fetchval(f"SELECT pg_total_relation_size('{table}')")
            for table in TABLES
        }
        await database.close()
        return rows | sizes | {"bytes": sum(sizes.values())}

    return asyncio.run(read())


def steady(read: Callable[[], dict[str, int]]) -> dict[str, int]:
    """Return the numbers of rows once the server has written what it was sent."""
    before = read()
    while True:
        time.sleep(6)
        now = read()
        if now == before:
            return now
        before = now


def measure(pid: int, read: Callable[[], dict[str, int]]) -> None:
    pools.apply(pools.plan({"sizing": 50}))
    folder = Path(tempfile.mkdtemp())
    for kind, (text, values) in KINDS.items():
        found = []
        for number in (FEW, FEW, MANY):
            name = f"{re.sub(r'[^a-z]+', '_', kind)}_{number}"
            path = folder / f"{name}.py"
            path.write_text(_HEAD + text.format(name=name, number=number, **values))
            flow = load_flow(str(path))
            settled(pid)
            before = steady(read)
            requests.clear()
            cpu = settled(pid)
            flow()
            cpu = settled(pid) - cpu
            after = steady(read)
            found.append((Counter(requests), {key: after[key] - before[key] for key in after}, cpu))
        # The first run also loads code.
        (_, few_rows, few_cpu), (_, many_rows, many_cpu) = found[1:]
        few, many, more = found[1][0], found[2][0], MANY - FEW
        print(f"\n{kind}: per task instance, and per run")
        for name in sorted(few | many):
            each = (many[name] - few[name]) / more
            print(f"  {name:<45} {each:7.2f} {few[name] - FEW * each:8.1f}")
        each = (many.total() - few.total()) / more
        print(f"  {'all requests':<45} {each:7.2f} {few.total() - FEW * each:8.1f}")
        for name, value in many_rows.items():
            each = (value - few_rows[name]) / more
            print(f"  {name:<45} {each:7.2f} {few_rows[name] - FEW * each:8.1f}")
        print(f"  {'server, CPU ms':<45} {(many_cpu - few_cpu) / more * 1000:7.2f}", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from databases import new_database

    is_postgres = "postgresql" in sys.argv
    uri = new_database() if is_postgres else f"sqlite+aiosqlite:///{HOME / 'sizing.db'}"
    server = SubprocessASGIServer()
    with temporary_settings({PREFECT_API_DATABASE_CONNECTION_URL: uri}):
        server.start(timeout=240)
    os.environ["PREFECT_API_URL"] = server.api_url
    refresh_global_settings_context()
    count_requests()
    try:
        with temporary_settings({PREFECT_API_URL: server.api_url}):
            measure(
                server.server_process.pid,
                (lambda: read_postgres(uri)) if is_postgres else (lambda: read_sqlite(HOME / "sizing.db")),
            )
    finally:
        server.stop()
