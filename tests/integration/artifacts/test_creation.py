"""Artifacts on the server."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from patient_client import patient_client
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.futures import wait
from prefect.runtime import flow_run
from xcom_runs import until_the_server_has

import airflow_compat
from airflow_compat import artifacts, get_current_context, logs, on_failure, pool, pools
from airflow_compat._prefect import polling
from airflow_compat.artifacts import _run_summary as summary
from airflow_compat.artifacts import summary_hook
from airflow_compat.errors import ContextNotFoundError, InvalidArgumentError, InvalidArtifactError, ServerError


def held(key: str) -> list[dict[str, Any]]:
    """Return the artifacts of this key, the newest first."""
    body = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC"}
    found: list[dict[str, Any]] = patient_client().request("POST", "/artifacts/filter", json=body).json()
    return found


def test_artifacts_belong_to_their_task_run(unique: str) -> None:
    @task
    def report() -> str:
        artifacts.table(f"{unique}_Rows", [{"rows": 3}], description="  how *many*")
        artifacts.link(f"{unique}-page", "https://example.com", text="the page")
        artifacts.markdown(
            f"{unique}-text",
            """
            # Done
            """,
        )
        return str(get_current_context()["ti"].log_url).rpartition("/")[2]

    @flow
    def etl() -> str:
        return report()

    task_run_id = etl()
    (rows,), (page,), (text,) = held(f"{unique}-rows"), held(f"{unique}-page"), held(f"{unique}-text")

    assert (rows["type"], json.loads(rows["data"]), rows["description"]) == ("table", [{"rows": 3}], "how *many*")
    assert (page["type"], page["data"]) == ("markdown", "[the page](<https://example.com>)")
    assert text["data"].strip() == "# Done"
    assert {rows["task_run_id"], page["task_run_id"], text["task_run_id"]} == {task_run_id}
    assert rows["flow_run_id"]


def test_in_a_flow_and_in_async_code(unique: str) -> None:
    @flow
    async def etl() -> artifacts.ArtifactRecord:
        return artifacts.markdown(unique, "a")

    made = asyncio.run(etl())

    (found,) = held(unique)
    assert (str(made.id), made.key, made.type) == (found["id"], unique, "markdown")
    assert found["task_run_id"] is None


def test_same_key_is_a_new_version_and_a_colliding_key_is_refused(unique: str) -> None:
    @flow
    def etl() -> None:
        artifacts.markdown(f"{unique}_a", "first")
        artifacts.markdown(f"{unique}_a", "second")
        with pytest.raises(
            InvalidArtifactError, match=f"'{unique}.a' and '{unique}_a' would both have the key {unique}-a"
        ):
            artifacts.markdown(f"{unique}.a", "third")

    etl()

    assert [found["data"] for found in held(f"{unique}-a")] == ["second", "first"]


def test_artifact_made_by_prefect_gets_a_new_version(unique: str) -> None:
    @flow
    def etl() -> None:
        create_markdown_artifact("native", key=unique)
        artifacts.markdown(unique, "ours")

    etl()

    assert [found["data"] for found in held(unique)] == ["ours", "native"]


def test_artifacts_outside_a_run_are_refused(unique: str) -> None:
    with pytest.raises(ContextNotFoundError, match="was created outside a run"):
        artifacts.markdown(unique, "a")
    with pytest.raises(ContextNotFoundError, match="outside a flow"):
        artifacts.run_summary()
    with pytest.raises(ServerError, match="no flow run"):
        artifacts.run_summary("00000000-0000-4000-8000-000000000000")


def test_secrets_are_masked(unique: str) -> None:
    secret = f'"quo\\ted"-{unique}'

    @flow
    def etl() -> None:
        logs.mask(secret)
        artifacts.table(unique, [{"a": secret}], description=secret)

    etl()

    (found,) = held(unique)
    assert json.loads(found["data"]) == [{"a": "***"}]
    assert found["description"] == "***"


def test_xcom_values(unique: str) -> None:
    @task(name=unique)
    def push() -> None:
        ti = get_current_context()["ti"]
        ti.xcom_push("rows", [{"a": 1}])
        artifacts.artifact_from_xcom(ti, "rows")

    @task
    def pull() -> None:
        ti = get_current_context()["ti"]
        artifacts.artifact_from_xcom(ti, "rows", task_ids=unique, artifact_key=f"{unique}-again", description="d")
        ti.xcom_push("empty", None)
        for key, task_id in (("none", unique), ("empty", ti.task_id)):
            problem = f"'{key}' of task '{task_id}' has nothing to show: the XCom is None, or was not pushed"
            with pytest.raises(InvalidArtifactError, match=problem):
                artifacts.artifact_from_xcom(ti, key, task_ids=task_id)
        with pytest.raises(InvalidArgumentError, match="ti is a str"):
            artifacts.artifact_from_xcom("ti")  # type: ignore[arg-type]

    @flow
    def etl() -> None:
        push()
        pull()

    etl()

    (first,), (again,) = held(f"{unique}-rows"), held(f"{unique}-again")
    assert json.loads(first["data"]) == json.loads(again["data"]) == [{"a": 1}]
    assert first["task_run_id"] != again["task_run_id"]
    assert again["description"] == "d"


def test_mapped_runs_show_their_own_xcom(unique: str) -> None:
    both = threading.Barrier(2)

    # One of ours, since Prefect's own don't know their place in `map`.
    @airflow_compat.task
    def each(number: int) -> None:
        ti = get_current_context()["ti"]
        ti.xcom_push("number", number)
        both.wait(240)
        artifacts.artifact_from_xcom(ti, "number", artifact_key=unique)

    @flow
    def etl() -> None:
        wait(each.map([7, 8]))

    etl()

    assert sorted(found["data"] for found in held(unique)) == ["```json\n7\n```", "```json\n8\n```"]


def test_artifact_of_a_callback_belongs_to_its_run(unique: str) -> None:
    def show(context: Any) -> None:
        artifacts.artifact_from_xcom(context["ti"], "state", artifact_key=unique)

    @on_failure(show)
    @task
    def work() -> None:
        get_current_context()["ti"].xcom_push("state", "half done")
        raise ValueError

    @flow
    def etl() -> None:
        work(return_state=True)

    etl()

    (found,) = held(unique)
    assert found["data"] == "half done"
    assert found["task_run_id"]


def test_summary_of_a_hook(unique: str) -> None:
    pools.apply(pools.plan({unique: 2}))
    secret = f"secret_{unique}"
    logs.mask(secret)
    tries: list[int] = []

    def alert(context: Any) -> None:
        """Called."""

    @task(retries=1)
    def flaky() -> None:
        tries.append(1)
        with pool(unique, slots=2):
            if len(tries) == 1:
                raise ValueError("once")

    @task
    def broken() -> None:
        raise ValueError(f"with {secret} | and a pipe")

    @on_failure(alert)
    @flow(name=unique, on_failure=[summary_hook])
    def etl() -> None:
        flaky()
        broken(return_state=True)
        raise RuntimeError("over")

    etl(return_state=True)

    (run,) = patient_client().request("POST", "/flow_runs/filter", json={"flows": {"name": {"any_": [unique]}}}).json()
    body = {"artifacts": {"key": {"any_": ["run-summary"]}}, "flow_runs": {"id": {"any_": [run["id"]]}}}
    (found,) = patient_client().request("POST", "/artifacts/filter", json=body).json()
    text = found["data"]

    assert text.startswith(f"# {unique}: failed\n")
    assert f"| {run['name']} | manual" in text
    assert "| flaky | success | 2 | " in text
    assert r"| broken | failed | 1 | " in text
    assert r"with \*\*\* \| and a pipe |" in text
    assert "secret" not in text
    assert len(re.findall(rf"\| {unique} \| flaky \| 2 \| \d\.\d s \|", text)) == 2


def test_summary_after_the_run_has_callbacks(unique: str) -> None:
    def alert(context: Any) -> None:
        """Called."""

    @task
    def work() -> None: ...

    # With a task, since a summary waits for the first one to be told of.
    @on_failure(alert)
    @flow(name=unique)
    def etl() -> None:
        work()
        raise RuntimeError("over")

    etl(return_state=True)
    (run,) = patient_client().request("POST", "/flow_runs/filter", json={"flows": {"name": {"any_": [unique]}}}).json()
    made = artifacts.run_summary(run["id"], key=unique)

    (found,) = held(unique)
    assert str(made.id) == found["id"]
    assert found["flow_run_id"] == run["id"]
    assert r"| on\_failure callback" in found["data"]
    assert "| The callback was called |" in found["data"]


@pytest.mark.parametrize(("known_after", "waits"), [(6, (1.2, 2)), (None, (5, 6))])
def test_hook_waits_for_late_task_runs(
    unique: str, monkeypatch: pytest.MonkeyPatch, known_after: int | None, waits: tuple[float, float]
) -> None:
    """Without known task runs, it only waits a short time."""
    waited, looks = [0.0], [0]
    task_runs = summary.task_runs

    def looked(flow_run_id: UUID) -> Any:
        looks[0] += 1
        return [] if known_after is None or looks[0] <= known_after else task_runs(flow_run_id)

    clock = SimpleNamespace(sleep=waited.append, monotonic=lambda: sum(waited))

    def summarize(flow: Any, flow_run: Any, state: Any) -> None:
        until_the_server_has(flow_run.id, 1)
        with monkeypatch.context() as patch:
            patch.setattr(summary, "task_runs", looked)
            patch.setattr(summary, "time", clock)
            patch.setattr(polling, "time", clock)
            patch.setattr(summary, "datetime", SimpleNamespace(now=lambda zone: state.timestamp))
            summary_hook(flow, flow_run, state)

    @task
    def work() -> None: ...

    @flow(name=unique, on_completion=[summarize])
    def etl() -> None:
        work()

    etl()
    (run,) = patient_client().request("POST", "/flow_runs/filter", json={"flows": {"name": {"any_": [unique]}}}).json()
    (found,) = [each for each in held("run-summary") if each["flow_run_id"] == run["id"]]
    assert ("| work | success | 1 | " in found["data"]) is (known_after is not None)
    assert waits[0] <= sum(waited) <= waits[1]


def test_summary_inside_the_flow(unique: str) -> None:
    @task
    def work() -> None:
        pass

    @flow(name=unique)
    def etl() -> None:
        work()
        # On a busy machine, the server hears of it later than the summary of a run that goes on waits.
        until_the_server_has(UUID(flow_run.id), 1)
        artifacts.run_summary(key=unique)

    etl()

    (found,) = held(unique)
    assert found["data"].startswith(f"# {unique}: running\n")
    assert "| work | success | 1 | " in found["data"]


def test_pool_waits_are_visible_to_other_processes(unique: str) -> None:
    """Uses the server's events, after this process has forgotten the waits."""
    from airflow_compat.pools._events import taken_here

    pools.apply(pools.plan({unique: 1}))

    @task
    def work() -> None: ...

    @flow(name=unique)
    def etl() -> None:
        work()
        with pool(unique):
            pass

    etl()
    taken_here.clear()
    (run,) = patient_client().request("POST", "/flow_runs/filter", json={"flows": {"name": {"any_": [unique]}}}).json()
    until = time.monotonic() + 240
    # The server writes events in batches, every few seconds.
    while not re.search(rf"\| {unique} \|  \| 1 \| \d\.\d s \|", text := _summary_text(run["id"], unique)):
        assert time.monotonic() < until, text
        time.sleep(0.5)


def _summary_text(flow_run_id: str, key: str) -> str:
    artifacts.run_summary(flow_run_id, key=key)
    return str(held(key)[0]["data"])
