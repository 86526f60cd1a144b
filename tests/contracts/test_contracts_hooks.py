"""The lists of hooks on flows and tasks."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from contract import contract
from prefect import flow, task
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed

from airflow_compat._prefect.internals import hooks

if TYPE_CHECKING:
    import pytest


def hook(task: Any, run: Any, state: Any) -> None: ...


@contract("hooks.hooks_of", "hooks.set_hooks")
def test_hooks_are_called_in_the_order_of_the_list(prefect_server: str) -> None:
    called: list[Any] = []

    def hook_of(name: str) -> Any:
        return lambda *args: called.append((name, *map(type, args)))

    @task(on_failure=[hook_of("given")])
    def load() -> None:
        raise RuntimeError

    @flow
    def etl() -> None:
        load()

    hooks.set_hooks(load, "failure", [hook_of("first"), *hooks.hooks_of(load, "failure")])
    hooks.set_hooks(load, "running", [hook_of("running")])
    hooks.set_hooks(etl, "failure", [hook_of("flow")])
    assert etl(return_state=True).is_failed()
    assert [name for name, *_ in called] == ["running", "first", "given", "flow"]
    assert [kind.__name__ for kind in called[0][1:]] == ["Task", "TaskRun", "State"]
    assert [kind.__name__ for kind in called[-1][1:]] == ["Flow", "FlowRun", "State"]


@contract("hooks.hooks_of")
def test_the_lists_have_these_names() -> None:
    @task
    def load() -> None: ...

    @flow
    def etl() -> None: ...

    for event in ("completion", "failure", "running"):
        assert hooks.hooks_of(load, event) == []
    for event in ("completion", "failure", "running", "crashed", "cancellation"):
        assert hooks.hooks_of(etl, event) == []


@contract("hooks.set_hooks")
def test_a_new_list_is_no_other_object_s() -> None:
    @task(on_failure=[hook])
    def load() -> None: ...

    copied = load.with_options(name="copied")
    hooks.set_hooks(copied, "failure", [hook, hook])
    assert hooks.hooks_of(load, "failure") == [hook]
    assert hooks.hooks_of(copied, "failure") == [hook, hook]


@contract("hooks.hooks_of")
def test_the_runner_calls_a_flow_s_hooks_by_keyword() -> None:
    from prefect.runner import _hook_runner

    called: list[set[str]] = []
    etl = flow(lambda: None, name="etl", on_crashed=[lambda **kwargs: called.append(set(kwargs))])
    run_hooks = next(
        found for name, found in inspect.getmembers(_hook_runner, inspect.iscoroutinefunction) if "run_hooks" in name
    )
    flow_run = FlowRun(flow_id=uuid4(), name="wise-owl")
    asyncio.run(run_hooks(hooks.hooks_of(etl, "crashed"), flow_run, etl, Crashed()))
    assert called == [{"flow", "flow_run", "state"}]


@contract("hooks.name_hook")
def test_the_log_shows_the_hook_s_name(prefect_server: str, caplog: pytest.LogCaptureFixture) -> None:
    def given(*args: Any) -> None: ...

    hooks.name_hook(given, "page_oncall")

    @task(on_completion=[given])
    def load() -> None: ...

    with caplog.at_level(logging.INFO, "prefect.task_runs"):
        logging.getLogger("prefect.task_runs").addHandler(caplog.handler)
        try:
            flow(load, name="etl")()
        finally:
            logging.getLogger("prefect.task_runs").removeHandler(caplog.handler)
    assert "Running hook 'page_oncall'" in caplog.text
