"""Result storages and contexts of runs, and functions that are both sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract import contract
from prefect import flow, task
from prefect.blocks.system import Secret
from prefect.context import FlowRunContext, TaskRunContext
from prefect.filesystems import LocalFileSystem
from prefect.results import get_default_result_storage
from prefect.states import Completed
from prefect.task_runners import ProcessPoolTaskRunner

from airflow_compat._prefect.internals import results


@pytest.fixture
def storage(tmp_path: Path, prefect_server: str) -> Iterator[LocalFileSystem]:
    made = LocalFileSystem(basepath=str(tmp_path))
    made.save("contract-storage", overwrite=True)
    yield made
    LocalFileSystem.delete("contract-storage")


@contract("results.in_sync")
def test_functions_of_both_kinds_are_sync_in_an_event_loop(storage: LocalFileSystem) -> None:
    async def in_a_loop() -> list[Any]:
        results.in_sync(storage.write_path, "key", content=b"rows")
        return [
            results.in_sync(storage.read_path, "key"),
            results.in_sync(Secret.register_type_and_schema),
            results.in_sync(get_default_result_storage),
            results.in_sync(Completed(data=3).result),
        ]

    read, registered, default, result = asyncio.run(in_a_loop())
    assert (read, registered, result) == (b"rows", None, 3)
    assert isinstance(default, LocalFileSystem)


@contract("results.flow_persists_results")
def test_a_flow_knows_whether_it_persists_results() -> None:
    assert results.flow_persists_results(flow(lambda: None, name="stores", persist_result=True))
    assert not results.flow_persists_results(flow(lambda: None, name="plain"))


@contract("results.storage_of_flow")
def test_the_storage_of_a_flow_is_found_outside_its_runs(storage: LocalFileSystem) -> None:
    by_name = flow(lambda: None, name="by-name", result_storage="local-file-system/contract-storage")
    by_block = flow(lambda: None, name="by-block", result_storage=storage)
    plain = flow(lambda: None, name="plain")

    async def in_a_loop() -> list[Any]:
        return [results.storage_of_flow(each) for each in (by_name, by_block, plain, None)]

    found = asyncio.run(in_a_loop())
    assert [each.basepath for each in found[:2]] == [storage.basepath] * 2
    default = results.in_sync(get_default_result_storage)
    assert [each.basepath for each in found[2:]] == [default.basepath] * 2


@contract("results.storage_of_run", "results.persists_results")
def test_a_run_s_context_has_its_storage_and_whether_it_is_used(storage: LocalFileSystem) -> None:
    @task
    def inherits() -> bool:
        return results.persists_results(TaskRunContext.get())

    @task(persist_result=False)
    def refuses() -> bool:
        return results.persists_results(TaskRunContext.get())

    @flow(result_storage=storage, persist_result=True)
    def keeps() -> tuple[str, list[bool]]:
        context = FlowRunContext.get()
        return results.storage_of_run(context).basepath, [
            results.persists_results(context),
            inherits(),
            refuses(),
        ]

    @flow
    def drops() -> bool:
        return results.persists_results(FlowRunContext.get())

    assert keeps() == (storage.basepath, [True, True, False])
    assert not drops()


def _asking() -> Callable[[], tuple[bool, bool]]:
    """Return a function that is pickled by value: another process cannot import this file."""

    def asks() -> tuple[bool, bool]:
        from prefect.context import FlowRunContext

        from airflow_compat._prefect.internals import results

        context = FlowRunContext.get()
        return results.is_in_other_process(context), results.runs_in_threads(context)

    return asks


@contract("results.is_in_other_process", "results.runs_in_threads")
def test_a_context_knows_where_its_tasks_run(prefect_server: str) -> None:
    asks = _asking()
    as_task = task(asks)

    @flow
    def in_threads() -> list[tuple[bool, bool]]:
        return [asks(), as_task(), as_task.submit().result()]

    assert in_threads() == [(False, True)] * 3


@contract("results.is_in_other_process", "results.runs_in_threads")
def test_a_context_knows_that_it_was_sent_to_another_process(prefect_server: str) -> None:
    asks = _asking()
    as_task = task(asks)

    @flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
    def in_processes() -> list[Any]:
        return [asks(), as_task.submit().result()[0]]

    assert in_processes() == [(False, False), True]


@contract("results.value_of")
@pytest.mark.parametrize("persisted", [False, True])
def test_a_state_holds_its_exception_or_a_record_of_it(persisted: bool, prefect_server: str) -> None:
    seen: list[Any] = []

    def on_failure(task: Any, run: Any, state: Any) -> None:
        seen.append(results.value_of(state.data))

    @task(on_failure=[on_failure], persist_result=persisted)
    def fails() -> None:
        raise RuntimeError("no rows")

    @flow(on_failure=[on_failure], persist_result=persisted)
    def etl() -> None:
        fails()

    assert etl(return_state=True).is_failed()
    assert [repr(found) for found in seen] == ["RuntimeError('no rows')"] * 2
