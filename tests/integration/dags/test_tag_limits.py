"""`max_active_tis_per_dag` across runs: tag limits on the server."""

from __future__ import annotations

import json
import threading
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dag_runs import states_of, write
from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency

from airflow_compat import dags
from airflow_compat.cli._app import run

if TYPE_CHECKING:
    import pytest

_DAG = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    def note(line):
        with Path("{folder}", "seen").open("a") as file:
            file.write(line + "\\n")

    with DAG("{dag_id}", schedule=None):
        @task(max_active_tis_per_dag=1)
        def limited():
            note("limited")

        @task
        def beside(number):
            note("beside")
            return number + 1

        limited()
        beside(beside(1))
"""


def _limit(tag: str) -> int:
    with get_client(sync_client=True) as client:
        return client.read_global_concurrency_limit_by_name(f"tag:{tag}").limit


def test_missing_tag_limits_are_reported_and_created_once(
    unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, "limits", _DAG.format(dag_id=unique, folder=tmp_path).replace("=1)", "=3)"))
    tag = f"{unique}.limited"

    def problems() -> list[dags.Problem]:
        return [each for each in dags.check(path) if each.kind == "tag limit"]

    def created(*more: str) -> Any:
        assert run(["dags", "deploy-config", str(path), "--create-limits", "--work-pool", "prod", "--json", *more]) == 0
        return json.loads(capsys.readouterr().out)["tag_limits"]

    [problem] = problems()
    assert (problem.level, problem.file) == ("warning", str(path))
    assert problem.message.startswith("max_active_tis_per_dag counts only the task instances of one run")
    assert f"prefect concurrency-limit create {tag} 3" in problem.next

    assert created("--dry-run") == [{"tag": tag, "limit": 3}]
    assert created() == [{"tag": tag, "limit": 3}]
    assert (_limit(tag), problems()) == (3, [])

    # A limit that a person has changed stays.
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(tag, 5)
    assert created() == []
    assert _limit(tag) == 5


def test_a_tag_limit_counts_the_task_instances_of_other_runs(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "limits", _DAG.format(dag_id=unique, folder=tmp_path))
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(f"{unique}.limited", 1)
    flow, seen, states = dags.load_flow(str(path)), tmp_path / "seen", []
    thread = threading.Thread(target=copy_context().run, args=(lambda: states.append(flow(return_state=True)),))
    # As an instance of another run.
    with concurrency(f"tag:{unique}.limited"):
        thread.start()
        while not (seen.exists() and seen.read_text().count("beside") == 2):
            thread.join(0.05)
            assert thread.is_alive()
        assert "limited" not in seen.read_text()
    thread.join(200)
    assert states_of(states[0].result())["limited"] == "success"
    # The slot is free again.
    with concurrency(f"tag:{unique}.limited", timeout_seconds=60):
        pass
