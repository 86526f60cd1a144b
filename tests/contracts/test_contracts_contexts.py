"""The contexts of runs, made again from data, as in another process."""

from __future__ import annotations

import pickle
from contextvars import Context
from pathlib import Path
from typing import Any

from contract import contract
from prefect import flow, get_client, get_run_logger, task
from prefect.context import FlowRunContext, TaskRunContext
from prefect.filesystems import LocalFileSystem

from airflow_compat._prefect.internals import contexts, results


@contract("contexts.context_data", "contexts.flow_run_of_data", "contexts.task_run_of_data")
def test_contexts_are_made_from_data_without_the_flow_s_values(tmp_path: Path, prefect_server: str) -> None:
    storage = LocalFileSystem(basepath=str(tmp_path))
    storage.save("contract-contexts", overwrite=True)
    sent: dict[str, bytes] = {}

    @task(log_prints=True)
    def load(number: Any) -> None:
        here, around = TaskRunContext.get(), FlowRunContext.get()
        assert here is not None
        assert around is not None
        sent.update(task=pickle.dumps(contexts.context_data(here)), flow=pickle.dumps(contexts.context_data(around)))
        sent["ids"] = pickle.dumps((around.flow_run.id, here.task_run.id))

    @flow(result_storage=storage)
    def etl(number: Any) -> None:
        load(number)

    etl(lambda: 1)

    def elsewhere() -> None:
        with (
            get_client(sync_client=True) as client,
            contexts.flow_run_of_data(pickle.loads(sent["flow"]), etl, client),
            contexts.task_run_of_data(pickle.loads(sent["task"]), "load", client),
        ):
            around, here = FlowRunContext.get(), TaskRunContext.get()
            assert (around.flow_run.id, here.task_run.id) == pickle.loads(sent["ids"])
            assert results.is_in_other_process(around)
            assert results.storage_of_run(around) == storage
            assert here.log_prints
            assert get_run_logger().extra["task_run_id"] == str(here.task_run.id)

    Context().run(elsewhere)
