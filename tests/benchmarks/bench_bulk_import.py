"""A thousand connections into one server: our import, and the Prefect client's own calls one after another.

SQLite answers 503 now and then, and how both sides wait after that is most of the difference: the counts are beside the
rates.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable

os.environ |= {"PREFECT_HOME": tempfile.mkdtemp(), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentCreate
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import AirflowConnection, Connection, importing
from airflow_compat._airflow.export_data import Export

ROUNDS = 5
NUMBER = 1000
SAMPLE = 100

busy: list[str] = []


def _count_busy() -> None:
    """Count the answers 503 of all clients in this process."""
    send = httpx.HTTPTransport.handle_request

    def counting(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        response = send(transport, request)
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            busy.append(request.url.path)
        return response

    httpx.HTTPTransport.handle_request = counting


def _seconds(call: Callable[[], None]) -> tuple[float, int]:
    before, start = len(busy), time.perf_counter()
    call()
    return time.perf_counter() - start, len(busy) - before


def _prefect_s(prefix: str) -> None:
    """What `block.save` does, with its type and schema ids fetched once."""
    AirflowConnection.register_type_and_schema(_sync=True)
    with get_client(sync_client=True) as client:
        type_id = client.read_block_type_by_slug("airflow-connection").id
        schema = client.get_most_recent_block_schema_for_block_type(type_id)
        for index in range(SAMPLE):
            data = {"conn_id": f"{prefix}{index}", "conn_type": "sftp", "host": "h", "password": "p"}
            client.create_block_document(
                BlockDocumentCreate(
                    name=f"{prefix}{index}", data=data, block_schema_id=schema.id, block_type_id=type_id
                )
            )


def _ours(export: Export) -> None:
    failed = [outcome for outcome in importing.apply(importing.plan(export)) if not outcome.done]
    assert not failed, f"{len(failed)} failed, as {failed[0].item.id}: {failed[0].error}"


def _line(name: str, rates: list[float], busy: list[int]) -> str:
    low, high = min(rates), max(rates)
    return (
        f"  {name:<40} {statistics.median(rates):7.1f} blocks/s   ({low:.1f} to {high:.1f}; "
        f"{sum(busy) / len(busy):.0f} answers of 503 each)"
    )


if __name__ == "__main__":
    _count_busy()
    theirs, firsts, agains = [], [], []
    with prefect_test_harness(server_startup_timeout=240):
        for number in range(ROUNDS):
            export = Export(
                connections=tuple(
                    Connection(f"c{number}-{index}", "sftp", host="h", password="p") for index in range(NUMBER)
                )
            )
            theirs.append(_seconds(lambda number=number: _prefect_s(f"p{number}-")))
            firsts.append(_seconds(lambda export=export: _ours(export)))
            agains.append(_seconds(lambda export=export: _ours(export)))
    print(f"\n{NUMBER} connections, {NUMBER} blocks; medians of {ROUNDS} rounds")
    print(
        _line(
            f"the Prefect client's own calls (of {SAMPLE})",
            [SAMPLE / seconds for seconds, _ in theirs],
            [count for _, count in theirs],
        )
    )
    print(_line("import, nothing there", [NUMBER / seconds for seconds, _ in firsts], [count for _, count in firsts]))
    ratios = [first / NUMBER / (their / SAMPLE) for (their, _), (first, _) in zip(theirs, firsts, strict=True)]
    print(f"    in a round, to the client's own          {1 / statistics.median(ratios):7.2f} x")
    shares = [first / again for (first, _), (again, _) in zip(firsts, agains, strict=True)]
    print(
        f"  import again, all unchanged              {statistics.median(again for again, _ in agains):7.2f} s, "
        f"1/{statistics.median(shares):.0f} of the first"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  peak memory                              {peak / 1024:7.0f} MiB")
