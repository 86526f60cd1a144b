"""A thousand connections into one server: our import, and the Prefect client's own calls one after another."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentCreate
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import AirflowConnection, Connection, importing
from airflow_compat._airflow.exports import Export

NUMBER = 1000
SAMPLE = 100


def _seconds(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _prefect_s(prefix: str, number: int) -> None:
    """What `block.save` does, with its type and schema ids fetched once."""
    AirflowConnection.register_type_and_schema(_sync=True)
    with get_client(sync_client=True) as client:
        type_id = client.read_block_type_by_slug("airflow-connection").id
        schema = client.get_most_recent_block_schema_for_block_type(type_id)
        for index in range(number):
            data = {"conn_id": f"{prefix}{index}", "conn_type": "sftp", "host": "h", "password": "p"}
            client.create_block_document(
                BlockDocumentCreate(
                    name=f"{prefix}{index}", data=data, block_schema_id=schema.id, block_type_id=type_id
                )
            )


def _ours(export: Export) -> None:
    assert all(outcome.done for outcome in importing.apply(importing.plan(export)))


if __name__ == "__main__":
    with prefect_test_harness(server_startup_timeout=240):
        export = Export(
            connections=tuple(Connection(f"c{index}", "sftp", host="h", password="p") for index in range(NUMBER))
        )
        first = _seconds(lambda: _ours(export))
        again = _seconds(lambda: _ours(export))
        theirs = _seconds(lambda: _prefect_s("p", SAMPLE)) / SAMPLE
        print(f"\n{NUMBER} connections, {NUMBER} blocks")
        print(f"  the Prefect client's own calls   {1 / theirs:7.1f} blocks/s (over {SAMPLE})")
        print(f"  import, nothing there            {NUMBER / first:7.1f} blocks/s, {theirs * NUMBER / first:5.2f} x")
        print(f"  import again, all unchanged      {again:7.2f} s, 1/{first / again:.0f} of the first {first:.2f} s")
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  peak memory                      {start / 1024:7.0f} MiB")
