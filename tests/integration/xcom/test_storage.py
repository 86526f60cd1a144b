"""Which XComs memory holds, and which are in the storage for other processes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow, task
from prefect.context import FlowRunContext, hydrated_context, serialize_context
from prefect.filesystems import LocalFileSystem, RemoteFileSystem
from prefect.futures import wait
from prefect.task_runners import ProcessPoolTaskRunner
from xcom_runs import elsewhere, here, storage, xcom_pull, xcom_push

from airflow_compat.errors import XComStorageError
from airflow_compat.xcom import _storage as xcom_store
from airflow_compat.xcom import pull, push, remember_return
from airflow_compat.xcom._rules import object_name

KILLED = """
import os, signal, sys
from prefect import flow, task
from prefect.context import FlowRunContext
from airflow_compat.xcom import TaskInstanceAddress, push, remember_return

@task
def extract(where):
    push(where, "source", "north")
    remember_return(where, [1, (2, 3)])

@flow(name=sys.argv[1])
def etl():
    run = FlowRunContext.get().flow_run.id
    extract.submit(TaskInstanceAddress(run, sys.argv[1], "extract")).result()
    print(run, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

etl()
"""


def test_tasks_in_processes() -> None:
    @task
    def extract(index: int) -> None:
        xcom_push("n", index)
        remember_return(here(map_index=index), index * 10)

    @task
    def load() -> Any:
        return xcom_pull("extract"), xcom_pull("extract", key="n") in (0, 1, 2), xcom_pull("etl", key="from")

    @flow(name="etl", task_runner=ProcessPoolTaskRunner(max_workers=2))
    def etl() -> Any:
        xcom_push("from", "body")
        remember_return(here("before"), "also")
        wait(extract.map([0, 1, 2]))
        return load.submit().result(), xcom_pull("extract", map_indexes=[2, 0]), xcom_pull("before")

    assert etl() == (([0, 10, 20], True, "body"), [20, 0], "also")


def test_values_of_a_killed_flow_are_readable_in_another_process(unique: str, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    ended = subprocess.run(
        [sys.executable, str(script), unique], capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode == -9, ended.stderr
    where = elsewhere(UUID(ended.stdout.strip()), unique)
    assert pull(where, "extract") == [1, (2, 3)]
    assert pull(where, "extract", key="source") == "north"
    assert pull(where, ["extract", "nope"]) == [[1, (2, 3)], None]


def test_fifty_pushes_at_once() -> None:
    together = threading.Barrier(50)

    def run(index: int) -> None:
        together.wait()
        push(here("mapped", index), "n", index)
        push(here("one"), "n", index)
        remember_return(here("mapped", index), str(index))

    @flow(name="etl")
    def etl() -> UUID:
        with ThreadPoolExecutor(50) as threads:
            pushes = [threads.submit(copy_context().run, run, index) for index in range(50)]
        for each in pushes:
            each.result()
        assert xcom_pull("mapped", key="n") == list(range(50))
        return FlowRunContext.get().flow_run.id

    where = elsewhere(etl())
    assert pull(where, "mapped", key="n") == list(range(50))
    assert pull(where, "mapped") == [str(index) for index in range(50)]
    assert pull(where, "one", key="n") in range(50)


def test_a_huge_value_is_not_held_in_memory() -> None:
    huge = ["x" * 100] * 50_000

    @task
    def extract() -> None:
        remember_return(here(), huge)

    @flow(name="etl")
    def etl() -> None:
        extract()
        held = xcom_store._runs[FlowRunContext.get().flow_run.id]
        assert held.size == 0
        assert xcom_pull("extract") == huge
        push(here(), "small", 1)
        assert 0 < held.size < 100
        push(here(), "small", 2)
        assert 0 < held.size < 100

    etl()


@pytest.fixture
def remote(unique: str) -> RemoteFileSystem:
    """A storage that Prefect does not treat as local."""
    block = RemoteFileSystem(basepath=f"memory://{unique}")
    block.save(unique)
    return block


def _is_stored(storage: Any, run: UUID, task_id: str) -> bool:
    return storage.filesystem.exists(storage._resolve_path(object_name(run, task_id, -1, "return_value")))


@pytest.mark.parametrize("persists", [False, True])
def test_remote_storage_gets_values_that_another_process_may_need(remote: RemoteFileSystem, persists: bool) -> None:
    @flow(name="etl", result_storage=remote, persist_result=persists)
    def etl() -> UUID:
        run = FlowRunContext.get().flow_run.id
        remember_return(here("small"), 5)
        remember_return(here("large"), "x" * 100_000)
        push(here("pushed"), "return_value", 6)
        stored = [_is_stored(remote, run, name) for name in ("small", "large", "pushed")]
        assert stored == [persists, True, True]
        assert [xcom_pull(name) for name in ("small", "large", "pushed")] == [5, "x" * 100_000, 6]
        return run

    where = elsewhere(etl(), flow=etl)
    assert pull(where, "pushed") == 6
    assert len(pull(where, "large")) == 100_000
    assert pull(where, "small", map_indexes=-1) == (5 if persists else None)


def test_broken_storage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    block = LocalFileSystem(basepath=str(tmp_path / "file"))
    block.save(f"broken-{os.getpid()}", overwrite=True)

    @flow(name="etl", result_storage=block, persist_result=False)
    def etl() -> None:
        with pytest.raises(XComStorageError, match=r"XCom 'k' .* can't be written .*LocalFileSystem \(.*Error\)"):
            xcom_push("k", 1)
        logging.getLogger("prefect.flow_runs").addHandler(caplog.handler)
        try:
            remember_return(here("extract"), 5)
        finally:
            logging.getLogger("prefect.flow_runs").removeHandler(caplog.handler)
        assert xcom_pull("extract") == 5

    etl()
    assert "can't be written" in caplog.text


def test_damaged_value_is_an_error_and_unfinished_write_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @flow(name="etl")
    def etl() -> tuple[UUID, Path]:
        run = FlowRunContext.get().flow_run.id
        xcom_push("k", "v")
        xcom_push("folder", "v")
        return run, Path(storage().basepath)

    run, root = etl()
    path = root / object_name(run, "etl", -1, "k")
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    with pytest.raises(XComStorageError, match="a part of the object is missing"):
        pull(elsewhere(run), "etl", key="k", map_indexes=-1)
    # The writer goes on while the reader pauses.
    monkeypatch.setattr(xcom_store, "time", SimpleNamespace(sleep=lambda _: path.write_bytes(whole)))
    assert pull(elsewhere(run), "etl", key="k", map_indexes=-1) == "v"
    path = root / object_name(run, "etl", -1, "folder")
    path.unlink()
    path.mkdir()
    with pytest.raises(XComStorageError, match="can't be read"):
        pull(elsewhere(run), "etl", key="folder", map_indexes=-1)


class _Refusing:
    """A storage whose reads fail with the given error; `{}` in the text is the object's name."""

    def __init__(self, words: str) -> None:
        self.words = words

    def read_path(self, path: str, **_: Any) -> bytes:
        raise OSError(self.words.format(path))


@pytest.mark.parametrize(
    ("words", "is_missing"),
    [
        ("Permission denied: '{}'", False),
        ("(NoSuchBucket) The specified bucket does not exist", False),
        ("(404) Not Found: {}", True),
        ("Path {} does not exist.", True),
    ],
)
def test_only_a_missing_object_counts_as_no_value(
    words: str, is_missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xcom_store, "storage_of", lambda _: _Refusing(words))
    where = elsewhere(uuid4())
    if is_missing:
        assert pull(where, "check_404", key="k", map_indexes=-1) is None
        return
    with pytest.raises(XComStorageError, match="can't be read"):
        pull(where, "check_404", key="k", map_indexes=-1)


def test_a_forgotten_flow_run_is_read_from_the_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xcom_store, "_HELD_RUNS", 1)

    @flow(name="inner")
    def inner() -> None:
        xcom_push("k", 2)

    @flow(name="etl")
    def etl() -> None:
        xcom_push("k", 1)
        inner()
        assert xcom_pull(key="k") == 1
        remember_return(here("x"), 3)
        assert xcom_pull("x") == 3
        assert len(xcom_store._runs) == 1

    etl()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_forked_child_does_not_use_its_parents_memory() -> None:
    @flow(name="etl")
    def etl() -> int:
        xcom_push("k", 1)
        child = os.fork()
        if child == 0:
            os._exit(len(xcom_store._runs))
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert etl() == 0


def test_context_made_for_another_process_but_used_here() -> None:
    @flow(name="etl")
    def etl() -> None:
        xcom_push("k", 1)
        with hydrated_context(serialize_context()):
            xcom_push("k", 2)
            push(here("sent"), "k", 3)
            assert xcom_pull(key="k") == 2
        assert xcom_pull(key="k") == 2
        assert xcom_pull("sent", key="k") == 3

    etl()
