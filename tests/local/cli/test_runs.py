"""The commands of `airflow-compat runs` pass their options to the functions of `airflow_compat.dags.runs`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from airflow_compat.cli._app import run
from airflow_compat.dags.runs import RunChange

_FILE = ["--entrypoint", "etl.py", "--airflow-version", "2", "--search-path", "a", "--search-path", "b"]
_OF_FILE = {"entrypoint": "etl.py", "airflow_version": "2", "search_path": ("a", "b")}
_RELATED = {"upstream": False, "downstream": False, "failed": False}


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (
            ["clear", "etl/1", "--task", "load", "--task", "sum", "--map-index", "3", "--timeout", "5", *_FILE],
            {
                "task_ids": ("load", "sum"),
                "map_index": 3,
                "timeout": 5.0,
                "recursive": None,
                "dry_run": False,
                **_RELATED,
                **_OF_FILE,
            },
        ),
        (["clear", "etl/1", "--upstream"], {**_RELATED, "upstream": True}),
        (["clear", "etl/1", "--downstream"], {**_RELATED, "downstream": True}),
        (["clear", "etl/1", "--failed"], {**_RELATED, "failed": True}),
        (["clear", "etl/1", "--recursive"], {"recursive": True}),
        (["clear", "etl/1", "--no-recursive"], {"recursive": False}),
        (["clear", "etl/1", "--dry-run"], {"dry_run": True, "task_ids": (), "entrypoint": None, "map_index": None}),
        (
            ["mark", "etl/1", "failed", "--task", "load", "--map-index", "3", "--timeout", "5", *_FILE],
            {"task_ids": ("load",), "map_index": 3, "timeout": 5.0, **_OF_FILE},
        ),
        (["cancel", "etl/1", "--timeout", "5"], {"timeout": 5.0}),
        (["list", "etl/1", "--limit", "5"], {"limit": 5}),
    ],
)
def test_options_reach_the_function(
    arguments: list[str], passed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def record(*positional: Any, **named: Any) -> Any:
        calls.append((positional, named))
        return () if arguments[0] == "list" else RunChange(uuid4(), (), is_done=True)

    name = {"list": "list_runs"}.get(arguments[0], arguments[0])
    monkeypatch.setattr(f"airflow_compat.dags.runs.{name}", record)

    assert run(["runs", *arguments]) == 0

    [(positional, named)] = calls
    assert positional == (("etl/1", "failed") if name == "mark" else ("etl/1",))
    assert {key: named[key] for key in passed} == passed
