"""`airflow-compat doctor flows.py:etl`: what the code of a flow names, and whether the server has it."""

from __future__ import annotations

import functools
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate
from prefect.filesystems import LocalFileSystem
from prefect.settings import PREFECT_API_URL, temporary_settings

from airflow_compat import AirflowConnection, Variable, get_connection, pool, pools
from airflow_compat.cli._app import run
from airflow_compat.doctor import check_flow

SECRET = "quartz-Tern-41"
FLOW = "from prefect import flow\n\n@flow\ndef etl(): print('it runs')\n"
CODE = '''
from prefect import flow
from airflow_compat import BaseHook, Variable, automations, get_connection, load_block, on_failure, pool, task
from airflow_compat.notifiers import PagerdutyNotifier, SlackNotifier
import airflow_compat as ac

print("imported")
CONN = "OWNER-constant"


def page(context):
    get_connection("OWNER-of-callback")


def helper(name):
    from airflow_compat import get_connection as get

    BaseHook.get_connection(CONN)
    get("OWNER-local-import")
    ac.get_connection(conn_id="OWNER-through-module")
    get(name)
    Variable.get("OWNER-default", 5)
    return Variable.get("OWNER-var")


@pool("OWNER-reports")
def report(): ...


@task(
    dag_id="OWNER",
    pool="OWNER-warehouse",
    pool_slots=3,
    max_active_tis_per_dag=2,
    retries=1,
    email="oncall@example.com",
    email_on_failure=False,
    on_failure_callback=[page, SlackNotifier(text="failed", slack_conn_id="OWNER-slack")],
    on_retry_callback=SlackNotifier(text="again", slack_conn_id="OWNER-{{ ds }}"),
    on_success_callback=PagerdutyNotifier(summary="a", severity="info", source="b", integration_key="KEY"),
)
def load(context=None):
    """Load."""
    with pool("OWNER-inner", slots=2):
        context["var"].json.OWNER_json
        return helper("x")


def unrelated():
    get_connection("OWNER-unrelated")


@flow
def other():
    get_connection("OWNER-other")


@on_failure(page)
@flow
def etl():
    report()
    load.submit().result()
    load_block("OWNER-block")


ALERTS = {"a": [automations.on_failure(etl, callback="alerts:page", notify="slack-webhook/OWNER")]}
'''


@pytest.fixture
def entrypoint(tmp_path: Path, unique: str) -> str:
    path = tmp_path / "flows.py"
    path.write_text(CODE.replace("OWNER_json", f"{unique}_json").replace("OWNER", unique))
    return f"{path}:etl"


def _doctor(capfd: pytest.CaptureFixture[str], entrypoint: str) -> tuple[int, dict[str, dict[str, str]]]:
    code = run(["doctor", entrypoint, "--json"])
    checks = json.loads(capfd.readouterr().out)["checks"]
    assert len({check["check"] for check in checks}) == len(checks)
    return code, {check["check"]: check for check in checks}


def test_each_missing_name_is_a_problem(unique: str, entrypoint: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, checks = _doctor(capfd, entrypoint)
    assert code == 1
    problems = {subject for subject, check in checks.items() if check["result"] == "problem"}
    assert {each for each in problems if unique in each} == {
        f"pool {unique}-inner",
        f"pool {unique}-reports",
        f"pool {unique}-warehouse",
        f"tag limit {unique}.load",
        f"connection {unique}-constant",
        f"connection {unique}-local-import",
        f"connection {unique}-of-callback",
        f"connection {unique}-slack",
        f"connection {unique}-through-module",
        f"variable {unique}-var",
        f"variable {unique}_json",
        f"block {unique}-block",
    }
    alert = checks["alert on_failure:etl"]
    assert alert["result"] == "problem"
    assert f"slack-webhook/{unique}" in alert["next"]
    assert checks["server"]["result"] == "ok"
    # The mail for a retry is sent through it.
    assert "connection smtp_default" in checks
    assert checks["callback page"]["result"] == "ok"
    assert checks[f"variable {unique}-default"]["result"] == "note"
    assert checks[f"pool {unique}-warehouse"]["next"] == f"prefect gcl create {unique}-warehouse --limit 3"
    assert "task 'load'" in checks[f"pool {unique}-warehouse"]["found"]
    assert "flows.py:18" in checks[f"connection {unique}-constant"]["found"]
    unknown = {subject: check["found"] for subject, check in checks.items() if check["result"] == "unknown"}
    assert set(unknown) == {"connection of SlackNotifier", "get(...)"}
    assert unknown["get(...)"] == "flows.py:21: the name is computed when the code runs"


def test_names_that_the_server_has(
    unique: str, entrypoint: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pools.apply({f"{unique}-warehouse": 5, f"{unique}-inner": 1, f"{unique}-reports": 1})
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(f"{unique}.load", 2)
    AirflowConnection(conn_id=f"{unique}-constant", conn_type="sftp", password=SECRET).save(f"{unique}-constant")
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique}-SLACK".upper(), f"slack://:{SECRET}@")
    Variable.set(f"{unique}-var", SECRET)
    _, checks = _doctor(capfd, entrypoint)
    for subject in (f"pool {unique}-warehouse", f"tag limit {unique}.load", f"variable {unique}-var"):
        assert checks[subject]["result"] == "ok", subject
    assert f"block airflow-connection/{unique}-constant" in checks[f"connection {unique}-constant"]["found"]
    # One slot, of which the code requests two.
    assert checks[f"pool {unique}-inner"]["result"] == "problem"
    here_only = checks[f"connection {unique}-slack"]
    assert (here_only["result"], "environment variable" in here_only["found"]) == ("note", True)
    assert SECRET not in json.dumps(checks)


def test_result_storage(tmp_path: Path, unique: str) -> None:
    @flow
    def plain() -> None: ...

    def storage_of(checked: Any) -> tuple[str, str]:
        [check] = [check for check in check_flow(checked) if check.subject == "result storage"]
        return check.result, check.found

    result, found = storage_of(plain)
    assert (result, "other machines can't read" in found) == ("note", True)
    LocalFileSystem(basepath=str(tmp_path)).save(unique)
    assert str(tmp_path) in storage_of(plain.with_options(result_storage=f"local-file-system/{unique}"))[1]


def test_a_local_result_storage_is_a_problem_if_several_machines_run_the_flow(
    unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @flow(name=unique, persist_result=True)
    def stored() -> None: ...

    def storage() -> tuple[str, str]:
        [check] = [check for check in check_flow(stored) if check.subject == "result storage"]
        return check.result, check.found

    with get_client(sync_client=True) as client:
        flow_id = client.create_flow_from_name(unique)
        for kind in ("process", "kubernetes"):
            client.create_work_pool(WorkPoolCreate(name=f"{unique}-{kind}", type=kind))
        deployment = client.create_deployment(flow_id, unique, work_pool_name=f"{unique}-process")
        client.send_worker_heartbeat(f"{unique}-process", "one", heartbeat_interval_seconds=600)
        assert storage()[0] == "note"

        client.send_worker_heartbeat(f"{unique}-process", "two", heartbeat_interval_seconds=600)
        result, found = storage()
        assert (result, f"work pool '{unique}-process' has 2 workers online" in found) == ("problem", True)

        client.update_deployment(deployment, DeploymentUpdate(work_pool_name=f"{unique}-kubernetes"))
        result, found = storage()
        assert (result, "has type kubernetes" in found) == ("problem", True)

    monkeypatch.setenv("AIRFLOW_COMPAT_SHARED_STORAGE", "1")
    assert storage()[0] == "ok"


def test_flow_without_shims_has_no_problem(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("from prefect import flow\n\n@flow\ndef etl(): ...\n")
    code, checks = _doctor(capfd, f"{tmp_path / 'plain.py'}:etl")
    assert (code, set(checks)) == (0, {"server", "result storage"})


def test_without_a_server_nothing_is_started(entrypoint: str, capfd: pytest.CaptureFixture[str]) -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        code, checks = _doctor(capfd, entrypoint)
    assert (code, checks["server"]["result"]) == (1, "problem")
    assert {check["result"] for check in checks.values()} == {"problem", "unknown", "ok"}


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:9/api"])
def test_missing_server_is_a_problem_of_each_flow(
    address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flows.py").write_text(FLOW)
    with temporary_settings({PREFECT_API_URL: address or None}):
        assert run(["doctor", f"{tmp_path / 'flows.py'}:etl"]) == 1
    assert capfd.readouterr().out.endswith("2 checks: 1 problem, 0 notes, 1 unknown.\n")


def test_advice_quotes_names(unique: str) -> None:
    name = f"{unique} it's"

    @flow
    def etl() -> None:
        with pool(name):
            ...

    [check] = [check for check in check_flow(etl) if check.subject == f"pool {name}"]
    assert check.next == f"prefect gcl create {shlex.quote(name)} --limit 1"


def test_attributes_and_proxies_that_raise() -> None:
    class Proxy:
        @property
        def __class__(self) -> Any:
            raise RuntimeError(SECRET)

    class Meta(type):
        def __getattr__(cls, name: str) -> Any:
            raise RuntimeError(SECRET)

    class Settings(metaclass=Meta):
        proxy = Proxy()

    proxy = Proxy()

    @flow
    def etl() -> None:
        proxy()
        Settings.value()  # type: ignore[attr-defined]
        get_connection("after")

    assert "connection after" in {check.subject for check in check_flow(etl)}


def test_methods_of_classes_are_read() -> None:
    class Hook:
        def read(self) -> None:
            get_connection("of-class")

    @flow
    def etl() -> None:
        Hook().read()

    assert "connection of-class" in {check.subject for check in check_flow(etl)}


def test_class_that_changes_while_it_is_read() -> None:
    class Late:
        def __get__(self, *_: object) -> None: ...

        def __getattr__(self, name: str) -> None:
            setattr(Changing, f"more{len(vars(Changing))}", 1)

    class Changing:
        late = Late()

    @flow
    def etl() -> None:
        Changing()

    assert check_flow(etl)


@task
def in_list() -> None:
    get_connection("in-list")


@task
def in_dict() -> None:
    get_connection("in-dict")


STEPS: list[Any] = [in_list, {"a": in_dict}]
READ = functools.partial(Variable.get, "partial-of-module")


def test_tasks_in_lists_and_dictionaries_are_read() -> None:
    @flow
    def etl() -> None:
        for step in STEPS:
            step()

    assert {"connection in-list", "connection in-dict"} <= {check.subject for check in check_flow(etl)}


def test_shim_that_is_not_called_is_unknown() -> None:
    @flow
    def etl() -> None:
        functools.partial(get_connection, "x")
        read = Variable.get
        read("y")
        READ()
        Variable.get("called")

    assert {check.subject for check in check_flow(etl) if check.result == "unknown"} == {
        "get_connection",
        "Variable.get",
        "READ",
    }
