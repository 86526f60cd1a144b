"""`plan` and `apply` accept the same input in every module."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.blocks.notifications import SlackWebhook
from prefect.client.orchestration import get_client
from pydantic import SecretStr

import airflow_compat
from airflow_compat import automations, importing, pools, work_pools
from airflow_compat.errors import AirflowCompatError
from airflow_compat.work_pools import WorkPoolSpec


def modules_with_both_verbs() -> list[str]:
    """Public modules with both functions."""
    names = [found.name for found in pkgutil.iter_modules(airflow_compat.__path__) if not found.name.startswith("_")]
    public = {name: importlib.import_module(f"airflow_compat.{name}") for name in names if name != "cli"}
    return sorted(name for name, module in public.items() if {"plan", "apply"} <= set(vars(module)))


MODULES = {"automations": automations, "importing": importing, "pools": pools, "work_pools": work_pools}


@pytest.fixture
def wanted(unique: str, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Input for each module's `plan`."""
    SlackWebhook(url=SecretStr("http://127.0.0.1:9/")).save(unique)
    file = tmp_path / "variables.json"
    file.write_text(json.dumps({f"{unique}_stage": "prod"}))
    yield {
        "automations": [automations.on_failure(unique, notify=f"slack-webhook/{unique}", key=unique)],
        "importing": importing.read(file),
        "pools": {unique: 3},
        "work_pools": [WorkPoolSpec(unique, "process")],
    }
    automations.delete([automations.on_failure(unique, notify=f"slack-webhook/{unique}", key=unique)])
    with get_client(sync_client=True) as client:
        client.request("POST", "/work_pools/filter", json={})
        if any(pool.name == unique for pool in client.read_work_pools()):
            client.delete_work_pool(unique)


def test_every_module_with_plan_and_apply_is_tested() -> None:
    assert modules_with_both_verbs() == sorted(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_apply_takes_a_plan(name: str, wanted: dict[str, Any]) -> None:
    module: Any = MODULES[name]
    items = module.plan(wanted[name])
    assert [item.action for item in items] == ["create"]
    outcomes = module.apply(items)
    assert [(outcome.item, outcome.done, outcome.error) for outcome in outcomes] == [(items[0], True, "")]
    assert [item.action for item in module.plan(wanted[name])] == ["unchanged"]
    assert [outcome.item.action for outcome in module.apply(iter(module.plan(wanted[name])))] == ["unchanged"]


@pytest.mark.parametrize("name", MODULES)
def test_apply_accepts_the_input_of_plan(name: str, wanted: dict[str, Any]) -> None:
    module: Any = MODULES[name]
    [outcome] = module.apply(wanted[name])
    assert (outcome.item.action, outcome.done) == ("create", True)
    [outcome] = module.apply(wanted[name])
    assert (outcome.item.action, outcome.done) == ("unchanged", True)


@pytest.mark.parametrize("name", MODULES)
def test_plan_and_apply_have_the_same_options(name: str) -> None:
    module: Any = MODULES[name]

    def options(verb: Callable[..., Any]) -> set[str]:
        parameters = list(inspect.signature(verb).parameters.values())
        assert [each.kind for each in parameters[1:]] == [inspect.Parameter.KEYWORD_ONLY] * len(parameters[1:])
        return {each.name for each in parameters[1:]}

    # Deletion is a verb of its own: `prune`.
    assert options(module.plan) - {"prune"} <= options(module.apply)
    for verb in ("plan", "apply"):
        if twin := getattr(module, f"a{verb}", None):
            assert inspect.signature(twin) == inspect.signature(getattr(module, verb))


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("given", [5, [5], ["text"], None])
def test_anything_else_is_refused_by_name(name: str, given: Any) -> None:
    module: Any = MODULES[name]
    for verb in (module.plan, module.apply):
        with pytest.raises(AirflowCompatError, match=r"(?i)pass|write"):
            verb(given)


@pytest.mark.parametrize("name", ["automations", "work_pools"])
def test_a_single_spec_or_a_mixture_is_refused(name: str, wanted: dict[str, Any]) -> None:
    module: Any = MODULES[name]
    [spec], items = wanted[name], module.plan(wanted[name])
    for given in (spec, [spec, *items], items[0]):
        with pytest.raises(AirflowCompatError, match=r"(?i)pass a list of"):
            module.apply(given)
    assert [item.action for item in module.plan([spec])] == ["create"]


@pytest.mark.parametrize("name", ["importing", "pools", "work_pools"])
def test_apply_refuses_replace_for_a_plan(name: str, wanted: dict[str, Any]) -> None:
    module: Any = MODULES[name]
    items = module.plan(wanted[name])
    with pytest.raises(AirflowCompatError, match="pass the option to plan"):
        module.apply(items, replace=True)
    assert [item.action for item in module.plan(wanted[name])] == ["create"]


def test_a_plan_that_deletes_is_applied_and_keeps_its_owner(unique: str) -> None:
    SlackWebhook(url=SecretStr("http://127.0.0.1:9/")).save(unique)
    alerts = [automations.on_failure(unique, notify=f"slack-webhook/{unique}", key=key) for key in ("a", "b")]
    created = automations.apply(automations.plan(alerts, owner=unique))
    assert [outcome.done for outcome in created] == [True, True]
    assert [item.action for item in automations.plan(alerts, owner=unique)] == ["unchanged"] * 2
    with pytest.raises(AirflowCompatError, match=f"planned for owner .*{unique}"):
        automations.apply(automations.plan(alerts, owner=unique), owner="others")
    items = automations.plan(alerts[:1], owner=unique, prune=True)
    assert [item.action for item in items] == ["unchanged", "delete"]
    assert all(outcome.done for outcome in automations.apply(items, owner=unique))
    assert [item.action for item in automations.plan(alerts, owner=unique)] == ["unchanged", "create"]
    automations.delete(owner=unique)


def test_coroutines_take_a_plan_too(wanted: dict[str, Any]) -> None:
    async def both(module: Any, given: Any) -> list[bool]:
        return [outcome.done for outcome in await module.aapply(await module.aplan(given))]

    for name in ("automations", "work_pools"):
        assert asyncio.run(both(MODULES[name], wanted[name])) == [True]
