"""`airflow-compat automations` against a real server: what its user sees, and what the server then holds."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prefect import flow
from prefect.blocks.notifications import SlackWebhook
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, PREFECT_CLOUD_API_URL, temporary_settings
from prefect.states import Completed, Crashed, Failed, Pending, Running, Scheduled

from airflow_compat import automations
from airflow_compat._prefect.internals.client import api_schemas
from airflow_compat.cli._app import run

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

Write = Callable[..., str]
Call = Callable[..., Any]

MODULE = """
from datetime import timedelta
from airflow_compat import automations

NOTIFY = "slack-webhook/OWNER"
alerts = [
    automations.on_failure("etl", notify=NOTIFY, body="one: {{ exception }}\\n  two  \\ncafé"),
    automations.on_sla_miss("etl", sla=timedelta(hours=2), notify=NOTIFY),
    automations.on_retry(deployment=["OWNER-a/prod", "OWNER-b/prod"], webhook="OWNER"),
    automations.on_zombie(everything=True, key="zombies", run="OWNER-a/prod", parameters={"run": "{{ run_id }}"}),
]
"""
YAML = """
automations:
  - name: OWNER third failure
    key: third
    tags: [prod]
    enabled: false
    trigger:
      match: {prefect.resource.id: prefect.flow-run.*}
      match_related: {prefect.resource.role: flow, prefect.resource.name: etl}
      expect: [prefect.flow-run.Failed]
      threshold: 3
      within: 600
    actions:
      - {type: send-notification, block_document: slack-webhook/OWNER, body: again}
      - {type: pause-deployment, deployment: OWNER-a/prod}
  - name: OWNER started
    trigger:
      match: {prefect.resource.id: prefect.flow-run.*}
      expect: [prefect.flow-run.Running]
      for_each: [prefect.resource.id]
    actions: [{type: call-webhook, block_document: webhook/OWNER}]
"""


@pytest.fixture
def owner(unique: str) -> Iterator[str]:
    """The test's own, with blocks of this name and two deployments; its automations are deleted at the end."""
    SlackWebhook(url="http://127.0.0.1:9/hook").save(unique)
    Webhook(url="http://127.0.0.1:9/hook").save(unique)
    with get_client(sync_client=True) as client:
        for name in "ab":
            client.create_deployment(client.create_flow_from_name(f"{unique}-{name}"), "prod")
    yield unique
    automations.delete(owner=unique)


@pytest.fixture
def write(tmp_path: Path, unique: str) -> Write:
    """Writes a file in which OWNER stands for the test's own: `write("alerts.py", text)`; its path."""

    def to_file(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text.replace("OWNER", unique), encoding="utf-8")
        return str(path)

    return to_file


@pytest.fixture
def call(unique: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command for the test's owner; what it printed, or with --json what that says. The exit code is checked."""

    def command(name: str, *arguments: str, code: int = 0) -> Any:
        capfd.readouterr()
        ended = run(["automations", name, *arguments, "--owner", unique])
        captured = capfd.readouterr()
        assert ended == code, captured
        return json.loads(captured.out) if "--json" in arguments else captured.out + captured.err

    return command


def held(owner: str) -> dict[str, dict[str, Any]]:
    """The server's automations with the owner's tag, by key."""
    from airflow_compat.automations._server import read_automations

    return {each.key: dict(each.data) for each in read_automations(owner)}


def actions(items: list[dict[str, Any]]) -> dict[str, str]:
    return {item["key"]: item["action"] for item in items}


def test_from_the_plan_to_the_pruning(owner: str, write: Write, call: Call) -> None:
    files = [write("alerts.py", MODULE), write("alerts.yaml", YAML)]
    planned = call("plan", *files)
    assert planned.count("would create") == 7
    assert "6 would create. Nothing was written." in planned
    assert held(owner) == {}
    assert "\x1b" not in planned

    assert "6 created." in call("apply", *files)
    assert len(held(owner)) == 6
    assert held(owner)["third"]["tags"] == [f"airflow-compat-owner:{owner}", "airflow-compat-key:third", "prod"]
    assert held(owner)["third"]["enabled"] is False
    before = held(owner)
    again = call("apply", *files, "--json")
    assert {item["action"] for item in again} == {"unchanged"}
    assert all(item["done"] and not item["error"] for item in again)
    assert held(owner) == before

    listed = call("list")
    assert f"6 automations of owner '{owner}', 1 switched off." in listed
    assert "flow-run.Failed, 3 times within 0:10:00 of flow etl" in listed
    found = {item["key"]: item for item in call("list", "--json")}
    assert set(found) == set(before)
    assert found["third"]["enabled"] is False
    assert found["third"]["id"] == before["third"]["id"]
    assert found["on_failure:etl"]["fires_at"] == "flow-run.* of flow etl, state-type FAILED or CRASHED"

    changed = write("alerts.py", MODULE.replace("hours=2", "hours=3"))
    items = call("plan", changed, "--prune", "--json")
    assert actions(items) == {
        "on_failure:etl": "unchanged",
        "on_sla_miss:etl": "update",
        f"on_retry:{owner}-a/prod, {owner}-b/prod": "unchanged",
        "zombies": "unchanged",
        "third": "delete",
        f"{owner} started": "delete",
    }
    assert "1 updated, 3 unchanged." in call("apply", changed).replace(
        "3 unchanged, 1 updated", "1 updated, 3 unchanged"
    )
    assert len(held(owner)) == 6
    pruned = call("prune", changed)
    assert "2 deleted." in pruned
    assert "third" in pruned
    assert call("prune", changed, "--json") == []
    assert "nothing to do." in call("prune", changed)
    assert {item["action"] for item in call("plan", changed, "--prune", "--json")} == {"unchanged"}


def test_another_owners_are_not_listed_and_not_touched(owner: str, write: Write, call: Call) -> None:
    file = write("alerts.py", MODULE)
    call("apply", file)
    assert run(["automations", "list", "--owner", f"{owner}-2", "--json"]) == 0
    nothing = write("nothing.py", 'from airflow_compat import automations\nx = automations.on_zombie("x")\n')
    assert run(["automations", "prune", nothing, "--owner", f"{owner}-2"]) == 0
    assert len(call("list", "--json")) == 4


def test_nothing_is_written_where_one_is_refused(owner: str, write: Write, call: Call, tmp_path: Path) -> None:
    call("apply", write("alerts.yaml", YAML))
    bad = write("bad.yaml", YAML.replace("slack-webhook/OWNER", "slack-webhook/OWNER-no").replace("started", "new"))
    planned = call("plan", bad, "--export", str(tmp_path / "out.yaml"), code=1)
    assert f"the server has no block 'slack-webhook/{owner}-no'" in planned
    assert "1 refused, 1 would create. Nothing was written." in planned
    assert "out.yaml: the file was not written" in planned
    assert not (tmp_path / "out.yaml").exists()
    before = held(owner)
    applied = call("apply", bad, "--json", code=1)
    assert [(item["action"], item["done"], item["error"]) for item in applied] == [
        ("refused", False, ""),
        ("create", False, "not written, because another entry is refused"),
    ]
    assert held(owner) == before


METRIC = '{posture: Metric, metric: {name: duration, threshold: 60, operator: ">"}}'
OF_CLOUD = f"""
automations:
  - {{name: metric, trigger: {METRIC}, actions: [{{type: do-nothing}}]}}
  - name: within
    trigger: {{require: any, within: 60, triggers: [{METRIC}, {{expect: [x]}}]}}
    actions: [{{type: do-nothing}}]
  - {{name: incident, trigger: {{expect: [x]}}, actions: [{{type: declare-incident}}]}}
  - {{name: of any server, trigger: {{expect: [x]}}, actions: [{{type: do-nothing}}]}}
"""


def test_what_prefect_cloud_alone_has_is_refused_before_anything_is_written(
    owner: str, write: Write, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write("alerts.yaml", OF_CLOUD)
    planned = call("plan", file, "--json", code=1)
    assert [item["action"] for item in planned] == ["refused", "refused", "refused", "create"]
    said = [item["notes"][0].removeprefix("only Prefect Cloud supports ").partition(";")[0] for item in planned[:3]]
    assert said == ["metric triggers", "metric triggers", "declare-incident actions"]
    call("apply", file, code=1)
    assert held(owner) == {}
    # Prefect Cloud is known by its address; and one behind another address by what it says that it takes.
    with monkeypatch.context() as patch:
        patch.setattr("airflow_compat.automations._server._types", lambda schemas: ["metric", "declare-incident"])
        assert {item["action"] for item in call("plan", file, "--json")} == {"create"}
    with temporary_settings({PREFECT_CLOUD_API_URL: PREFECT_API_URL.value()}):
        assert {item["action"] for item in call("plan", file, "--json")} == {"create"}


@pytest.mark.parametrize("answer", [[], {"components": {}}, {"components": {"schemas": {"Flow": {}}}}, "no JSON", 404])
def test_a_server_that_tells_no_schema_is_not_known_to_lack_anything(
    owner: str, write: Write, call: Call, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    class Behind:
        def request(self, *_: Any, **__: Any) -> httpx.Response:
            request = httpx.Request("GET", "http://127.0.0.1/")
            if answer == "no JSON":
                return httpx.Response(200, text="<html>", request=request)
            if answer == 404:
                return httpx.Response(404, request=request).raise_for_status()
            return httpx.Response(200, json=answer, request=request)

    monkeypatch.setattr("airflow_compat.automations._server.api_schemas", lambda _: api_schemas(Behind()))
    metric = YAML.replace(
        "automations:",
        f"""automations:
  - name: of Prefect Cloud
    trigger: {METRIC}
    actions: [{{type: do-nothing}}]""",
    )
    applied = call("apply", write("alerts.yaml", metric), "--json", code=1)
    # What it doesn't take is told then, and the rest is written.
    assert [item["done"] for item in applied] == [False, True, True]
    assert "answered 422" in applied[0]["error"]
    assert set(held(owner)) == {"third", f"{owner} started"}
    assert "1 failed, 2 unchanged." in call("apply", write("alerts.yaml", metric), code=1)


def test_prefects_own_command_takes_what_is_exported(owner: str, write: Write, call: Call, tmp_path: Path) -> None:
    files = [write("alerts.py", MODULE), write("alerts.yaml", YAML)]
    exported = str(tmp_path / "exported.yaml")
    assert "Exported to" in call("plan", *files, "--export", exported)
    assert held(owner) == {}
    ended = subprocess.run(
        [sys.executable, "-m", "prefect", "automation", "create", "--from-file", exported],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    before = held(owner)
    assert len(before) == 6
    assert before["third"]["enabled"] is False
    assert before["on_failure:etl"]["actions"][0]["body"].endswith("\n  two  \ncafé")
    for given in (files, [exported]):
        items = call("plan", *given, "--prune", "--json")
        assert {item["action"] for item in items} == {"unchanged"}, items
    call("apply", exported)
    assert held(owner) == before

    # What is there already is exported as it is, and alone on the standard output where that is asked for.
    with get_client(sync_client=True) as client:
        client.pause_automation(before["zombies"]["id"])
    printed = subprocess.run(
        [
            sys.executable,
            "-m",
            "airflow_compat.cli",
            "automations",
            "plan",
            exported,
            "--export",
            "-",
            "--owner",
            owner,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    assert "6 unchanged" in printed.stderr
    (tmp_path / "again.yaml").write_text(printed.stdout, encoding="utf-8")
    assert printed.stdout.count("enabled: false") == 2
    assert {item["action"] for item in call("plan", str(tmp_path / "again.yaml"), "--json")} == {"unchanged"}


def execute(client: SyncPrefectClient, name: str, *states: State[Any]) -> str:
    """A flow run that goes through states; its resource id."""
    created = client.create_flow_run(flow(name=name)(lambda: None), state=states[0])
    for state in states[1:]:
        client.set_flow_run_state(created.id, state, force=True)
    return f"prefect.flow-run.{created.id}"


def simulated(call: Call, ready: Callable[[Any], bool], *arguments: str, code: int = 0) -> Any:
    """What `simulate` says, once the server has recorded what there is to know."""
    until = time.monotonic() + 240
    while True:
        found = call("simulate", *arguments, "--json", code=code)
        if ready(found):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.2)


def runs(found: Any) -> dict[str, dict[str, list[str]]]:
    return {alert["key"]: {run["id"]: run["fired"] for run in alert["runs"]} for alert in found["alerts"]}


def fires(found: Any, run: str) -> bool:
    """Whether any alert does for the run."""
    return any(alert.get(run) for alert in runs(found).values())


def test_simulation_by_the_servers_own_events(unique: str, write: Write, call: Call) -> None:
    file = write(
        "alerts.py",
        "from airflow_compat import automations\n"
        'failure = automations.on_failure("OWNER", webhook="x")\n'
        'success = automations.on_success(["OWNER", "OWNER-2"], webhook="x")\n',
    )
    counted = write("alerts.yaml", YAML)
    with get_client(sync_client=True) as client:
        failed = [execute(client, unique, Pending(), Running(), end) for end in (Failed(), Crashed(), Failed(name="X"))]
        # More than the server gives on one page.
        fine = [execute(client, unique, Pending(), Running(), Completed()) for _ in range(20)]
        other = execute(client, f"{unique}-2", Pending(), Completed())
        execute(client, f"{unique}-3", Pending(), Failed())
        # The server may record a later event before an earlier one.
        found = simulated(call, lambda found: all(fires(found, run) for run in (*failed, *fine, other)), file)
        middle = datetime.now(timezone.utc)
        late = execute(client, unique, Scheduled(), Failed())
        of_failure, of_success = runs(found)[f"on_failure:{unique}"], runs(found)[f"on_success:{unique}, {unique}-2"]
        assert {run for run, fired in of_failure.items() if fired} == set(failed)
        assert {run for run, fired in of_failure.items() if not fired} == set(fine)
        assert {run for run, fired in of_success.items() if fired} == {*fine, other}
        assert set(of_success) == {*failed, *fine, other}
        assert all(len(fired) < 2 for fired in (*of_failure.values(), *of_success.values()))
        assert found["events"] > 60

        since = simulated(call, lambda found: fires(found, late), file, "--since", middle.isoformat())
        assert set(runs(since)[f"on_failure:{unique}"]) == {late}

    shown = call("simulate", file, "--since", "30m")
    assert "\x1b" not in shown
    lines = [line for line in shown.splitlines() if failed[0].removeprefix("prefect.") in line]
    assert ["  alert  " in line for line in lines] == [True, False]
    assert ["  silent  " in line for line in lines] == [False, True]
    moment = of_failure[failed[0]][0]
    assert f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}" in lines[0]
    assert f"{4 + 21} alerts for 25 runs, from " in shown

    refused = call("simulate", file, counted, "--since", "1h", "--json", code=1)
    assert [bool(alert["refusal"]) for alert in refused["alerts"]] == [False, False, True, False]
    assert "third can't be simulated, because the trigger's for_each isn't" in refused["alerts"][2]["refusal"]
    assert "; 1 refused." in call("simulate", counted, "--since", "1h", code=1)


GOOD = 'from airflow_compat import automations\nx = automations.on_zombie("etl")\n'


@pytest.mark.parametrize("command", ["plan", "apply", "prune", "simulate"])
@pytest.mark.parametrize(
    "bad",
    [
        ("missing.py", None, "there is no such file"),
        ("missing.yaml", None, "there is no such file"),
        (".", None, "a directory"),
        ("alerts.txt", b"x = 1", "the file's name ends in none of .py, .yaml, .yml"),
        ("binary.py", bytes(range(256)), "the file is not valid Python"),
        ("binary.yaml", bytes(range(256)), "not text that YAML allows"),
        ("empty.py", b"", "the module has no alert"),
        ("empty.yaml", b"", "has no automation"),
        ("syntax.py", b"x = 1\ny = (\n", "line 2: the file is not valid Python"),
        ("syntax.yaml", b"a: 1\nb: [\n", "line 3: the file is not one YAML document"),
        (
            "raises.py",
            b"\n\nraise ValueError('kestrel-Moor-9')\n",
            "line 3: the module raises ValueError; correct the code",
        ),
        ("latin.py", "x = 'é'".encode("latin-1"), "the file is not valid Python"),
        ("latin.yaml", "x: 'é'".encode("latin-1"), "not text that YAML allows"),
        ("naïve-☃.yaml", "name: ☃\n".encode(), "line 1, automation '☃': trigger is missing"),
        ("twice.yaml", b"name: a\nname: b\n", "line 2: the key 'name' appears twice"),
        ("typo.yaml", YAML.replace("within", "wihtin").encode(), "trigger.wihtin: Prefect has no such field here"),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(
    command: str, bad: tuple[str, bytes | None, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name, content, message = bad
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.py").write_text(GOOD)
    assert run(["automations", command, str(tmp_path / "good.py"), str(tmp_path / name)]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(f"airflow-compat: {tmp_path / name}")
    assert message in line
    assert "kestrel" not in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan"], ""),
        (["paln", "GOOD"], ""),
        (["list", "GOOD"], ""),
        (["apply", "GOOD", "--prune"], ""),
        (["plan", "GOOD", "--export", "x.json"], "must end in .yaml or .yml"),
        (["plan", "GOOD", "--export", "--prune"], "must end in .yaml or .yml"),
        (["plan", "GOOD", "--export", "-", "--json"], "use one of the two"),
        (["plan", "GOOD", "--export", "/nowhere/x.yaml"], "can't be written"),
        (["simulate", "GOOD", "--since", "yesterday"], "is not a time"),
        (["simulate", "GOOD", "--since", "7d", "--events", "x.json"], "leave --since out"),
        (["simulate", "GOOD", "--events", "/nowhere/x.json"], "no such file"),
    ],
)
def test_wrong_use_is_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    assert run(["automations", *(str(tmp_path / "good.py") if word == "GOOD" else word for word in arguments)]) == 2
    captured = capfd.readouterr()
    assert "Traceback" not in captured.out + captured.err
    assert message in captured.err


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "alerts.py").write_text(GOOD)
    for arguments in (["list"], ["apply", "alerts.py"], ["simulate", "alerts.py"]):
        ended = subprocess.run(
            [sys.executable, "-m", "airflow_compat.cli", "automations", *arguments],
            env={"PATH": "", "PREFECT_API_URL": "http://user:kestrel-Moor-9@127.0.0.1:9/api", "HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert ended.returncode == 2
        (line,) = ended.stderr.splitlines()
        assert "can't be reached" in line
        assert "kestrel" not in line


def test_each_commands_help_gives_an_example(capfd: pytest.CaptureFixture[str]) -> None:
    for command in ("plan", "apply", "list", "prune", "simulate"):
        assert run(["automations", command, "--help"]) == 0
        assert f"airflow-compat automations {command}" in capfd.readouterr().out.partition("Example:")[2]
