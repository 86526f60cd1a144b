"""The values of a context in a task, in a flow, and for scheduled runs."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import socket
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

import pendulum
import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Failed

from airflow_compat import AirflowConnection, Variable, get_current_context, on_failure
from airflow_compat._airflow.context_keys import KEYS
from airflow_compat.context import Context
from airflow_compat.context._flow_run import FlowEvent
from airflow_compat.errors import ContextNotFoundError, UnsupportedFeatureError
from airflow_compat.exceptions import AirflowException


def _in_a_task(version: Literal["2", "3"] = "3") -> Context:
    @task(name="load", retries=2, timeout_seconds=60)
    def load() -> Context:
        """Loads."""
        context = get_current_context(airflow_version=version)
        # Values are those of the moment at which they are read.
        assert context["ti"].dag_run is context["dag_run"]
        return context

    @flow(name="etl")
    def etl(day: str = "monday") -> Context:
        """All of it."""
        return load()

    return etl()


@pytest.mark.parametrize("version", ["2", "3"])
def test_it_has_every_key_of_airflow_s(version: Literal["2", "3"]) -> None:
    context = _in_a_task(version)
    keys = KEYS[version] | {"templates_dict"}
    assert set(context) == keys
    assert set(dict(context)) == keys
    assert all(context.get(key, "absent") != "absent" for key in keys)
    assert context.airflow_version == version


def test_context_of_a_task() -> None:
    context = _in_a_task()
    ti, dag_run = context["ti"], context["dag_run"]
    assert (ti.task_id, ti.dag_id, ti.try_number, ti.max_tries, ti.state) == ("load", "etl", 1, 2, "running")
    assert (ti.map_index, ti.hostname) == (-1, socket.gethostname())
    assert ti.start_date.tzinfo is timezone.utc
    assert ti.end_date is None
    assert ti.duration is None
    assert ti.task is context["task"]
    assert ti.get_dagrun() is dag_run
    assert (dag_run.run_type, dag_run.state, dag_run.conf) == ("manual", "running", {"day": "monday"})
    assert context["params"] == {"day": "monday"}
    assert (context["dag"].dag_id, context["dag"].doc_md, context["dag"].fileloc) == ("etl", "All of it.", __file__)
    assert context["task"].execution_timeout == timedelta(minutes=1)
    assert context["task"].doc_md == "Loads."
    assert context["task_instance_key_str"] == f"etl__load__{context['ds_nodash']}"
    assert context["macros"].ds_add("2024-02-28", 2) == "2024-03-01"
    assert context["logical_date"] == context["data_interval_start"] == context["data_interval_end"]
    assert isinstance(context["logical_date"], pendulum.DateTime)
    assert (context["inlets"], context["outlets"], context["task_reschedule_count"]) == ([], [], 0)


def test_variables_and_connections_by_name(unique: str) -> None:
    Variable.set(f"{unique}_target", '{"table": "sales"}')
    AirflowConnection(conn_id=f"{unique}_box", conn_type="sftp", host="drop.example").save(f"{unique}-box")
    for version in ("2", "3"):
        context = _in_a_task(version)
        assert getattr(context["var"].json, f"{unique}_target")["table"] == "sales"
        assert context["var"].value[f"{unique}_target"] == '{"table": "sales"}'
        assert context["var"].value.get("nobody", "default") == "default"
        assert getattr(context["conn"], f"{unique}_box").host == "drop.example"
        assert context["conn"].get("nobody", 5) == 5
    assert context["var"].value.get("nobody") is None
    with pytest.raises(KeyError):
        _in_a_task("2")["var"].value.get("nobody")


def test_context_in_a_flows_own_code() -> None:
    @flow(name="etl", retries=1)
    def etl() -> Context:
        return get_current_context()

    context = etl()
    assert (context["ti"].task_id, context["ti"].max_tries, context["ti"].state) == ("etl", 1, "running")


def test_context_in_async_code() -> None:
    @task
    async def load() -> str:
        return get_current_context()["ti"].task_id

    @flow
    async def etl() -> str:
        return await load()

    assert asyncio.run(etl()) == "load"


def test_no_context_outside_a_run() -> None:
    with pytest.raises(ContextNotFoundError, match="outside a run") as raised:
        get_current_context()
    assert isinstance(raised.value, RuntimeError)
    assert isinstance(raised.value, AirflowException)


def test_unread_context_can_be_encoded_as_json() -> None:
    @task
    def load() -> str:
        return json.dumps(get_current_context(), default=str)

    @flow
    def etl() -> str:
        return load()

    found = json.loads(etl())
    assert set(found) == KEYS["3"] | {"templates_dict"}
    assert found["ds"] == found["ts"][:10]


def test_it_behaves_as_a_dict() -> None:
    context = _in_a_task()
    twin = context.copy()
    twin["mine"] = 1
    assert "mine" not in context
    assert twin["ti"].task_id == "load"
    assert {**context}["ds"] == context["ds"]
    assert json.loads(json.dumps(context, default=str))["run_id"] == context["run_id"]
    assert context.pop("ds") == f"{context['logical_date']:%Y-%m-%d}"
    assert context.setdefault("ds", "other") == "other"
    context.update(ds="again", new=2)
    assert (context["ds"], context["new"]) == ("again", 2)
    assert copy.copy(context)["ds"] == "again"
    assert "ti" in repr(context)
    with pytest.raises(UnsupportedFeatureError, match=r"outlet_events"):
        context["outlet_events"]["asset"]


def test_values_can_be_sent_to_another_process() -> None:
    context = _in_a_task()
    kept = {key: context[key] for key in ("ds", "run_id", "params", "logical_date")}
    assert pickle.loads(pickle.dumps(kept)) == kept


MOMENT = datetime(2026, 11, 22, tzinfo=timezone.utc)


def _scheduled(**fields: Any) -> FlowRun:
    """A run as the scheduler makes it, for a deployment with a daily schedule."""
    with get_client(sync_client=True) as client:

        @flow(name="nightly")
        def nightly() -> None: ...

        flow_id = client.create_flow(nightly)
        body = {
            "name": "prod",
            "flow_id": str(flow_id),
            "schedules": [{"schedule": {"cron": "0 0 * * *", "timezone": "UTC"}, "active": True}],
            "entrypoint": "x.py:nightly",
        }
        deployment = client.request("POST", "/deployments/", json=body).json()
    key = f"scheduled {deployment['id']} {deployment['schedules'][0]['id']} {MOMENT.isoformat()}"
    return FlowRun(
        flow_id=flow_id,
        deployment_id=deployment["id"],
        expected_start_time=MOMENT,
        auto_scheduled=True,
        idempotency_key=key,
        **fields,
    )


def _context_of(flow_run: FlowRun, version: Literal["2", "3"]) -> Context:
    @flow(name="nightly")
    def nightly() -> None: ...

    state = Failed(message="Flow run encountered an exception: ValueError: no rows")
    return FlowEvent(nightly, flow_run, state, version, reason="task_failure", has_exception=True).context


def test_the_dates_of_a_scheduled_run_follow_the_version() -> None:
    flow_run = _scheduled()
    three, two = _context_of(flow_run, "3"), _context_of(flow_run, "2")
    assert three["ds"] == "2026-11-22"
    assert three["run_id"] == "scheduled__2026-11-22T00:00:00+00:00"
    assert two["ds"] == "2026-11-21"
    assert (two["data_interval_start"], two["data_interval_end"]) == (MOMENT - timedelta(days=1), MOMENT)
    assert two["run_id"] == "scheduled__2026-11-21T00:00:00+00:00"
    assert two["execution_date"] == two["logical_date"] == MOMENT - timedelta(days=1)
    assert (two["prev_ds"], two["next_ds"], two["tomorrow_ds_nodash"]) == ("2026-11-20", "2026-11-22", "20261122")


def test_labels_give_a_backfill_its_dates() -> None:
    labels = {"airflow-compat.run-type": "backfill", "airflow-compat.logical-date": "2024-02-28T00:00:00Z"}
    context = _context_of(_scheduled(labels=labels), "3")
    assert context["ds"] == "2024-02-28"
    assert context["dag_run"].run_type == "backfill"
    assert context["run_id"].startswith("backfill__2024-02-28")


def test_exception_of_a_dead_process_is_rebuilt() -> None:
    exception = _context_of(_scheduled(), "3")["exception"]
    assert (str(exception), exception.type_name) == ("no rows", "ValueError")
    assert repr(exception) == "<rebuilt ValueError: no rows>"


def test_previous_successful_run() -> None:
    @flow(name="often")
    def often() -> Context:
        return get_current_context()

    first = often()
    second = often()
    assert second["prev_data_interval_start_success"] == first["logical_date"]
    assert second["prev_start_date_success"] == first["dag_run"].start_date
    assert first["prev_end_date_success"] is None


def test_unused_context_sends_no_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_compat._prefect import client

    seen: list[str] = []

    def refuse() -> None:
        raise AssertionError("a request")

    def read(context: Any) -> None:
        monkeypatch.setattr(client, "kept_client", refuse)
        monkeypatch.setattr("airflow_compat._prefect.runs.kept_client", refuse)
        monkeypatch.setattr("airflow_compat._prefect.run_dates.kept_client", refuse)
        seen.append(f"{context['ti'].task_id} {context['exception']} {context['ds']} {context['run_id']}")
        monkeypatch.undo()

    @on_failure(read)
    @task(name="load")
    def load() -> None:
        raise ValueError("no rows")

    @flow
    def etl() -> None:
        load(return_state=True)

    etl()
    assert seen[0].startswith("load no rows 20")
