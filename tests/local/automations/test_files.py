"""Files of alerts: reading, round trips, and errors with their place."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.events.schemas.automations import AutomationCore

from airflow_compat import automations
from airflow_compat.automations._event_history import read_event_file
from airflow_compat.automations._files import read_alerts
from airflow_compat.automations._plan import FoundNeed, HeldAutomation, plan_automations
from airflow_compat.automations._specs import AutomationSpec, PlainTrigger, TriggerSpec
from airflow_compat.automations._yaml import to_yaml
from airflow_compat.errors import AlertFileError, InvalidEventError

NOTIFY = "slack-webhook/alerts"
ID = "0b3f2f6e-7d0c-4d0a-9f0e-5b1f0a3c7d11"
TRIGGER = """
    match: {prefect.resource.id: prefect.flow-run.*}
    match_related: {prefect.resource.role: flow, prefect.resource.name: etl}
    expect: [prefect.flow-run.Failed]
    for_each: [prefect.resource.id]
"""
ONE = f"""
name: etl failed
trigger:{TRIGGER}
actions:
  - type: send-notification
    block_document: {NOTIFY}
    body: "{{{{ flow.name }}}} failed"
"""


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Write a file and read it: `read(text)`, `read(text, name="alerts.py")`."""

    def write(text: str | bytes, name: str = "alerts.yaml", owner: str = "team") -> tuple[AutomationSpec, ...]:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_alerts([str(path)], owner=owner)

    return write


def planned(specs: tuple[AutomationSpec, ...], *held: HeldAutomation) -> Any:
    needs = {need: FoundNeed(ID) for spec in specs for need in spec.needs}
    return plan_automations(specs, held, needs, owner="team")


def indented(text: str) -> str:
    first, *rest = text.strip().splitlines()
    return "\n".join([f"- {first}", *(f"  {line}" for line in rest)]) + "\n"


def test_one_automation(read: Any) -> None:
    (spec,) = read(ONE)
    assert (spec.key, spec.name, spec.description, spec.enabled, spec.tags) == (
        "etl failed",
        "etl failed",
        "",
        True,
        (),
    )
    assert spec.triggers == (
        TriggerSpec(
            {"prefect.resource.id": ("prefect.flow-run.*",)},
            ({"prefect.resource.role": ("flow",), "prefect.resource.name": ("etl",)},),
            ("prefect.flow-run.Failed",),
        ),
    )
    (action,) = spec.actions
    assert [need.name for need in spec.needs] == [NOTIFY]
    assert action.as_dict({spec.needs[0]: ID}) == {
        "type": "send-notification",
        "block_document_id": ID,
        "subject": "Prefect automated notification",
        "body": "{{ flow.name }} failed",
    }


@pytest.mark.parametrize("form", ["automations:\n{}", "{}"])
def test_list_of_automations(form: str, read: Any) -> None:
    text = form.format(indented(ONE) + indented(ONE.replace("etl failed", "other")))
    assert [spec.key for spec in read(text, name="alerts.yml")] == ["etl failed", "other"]


def test_automation_keys(read: Any) -> None:
    tags = "tags: [prod, 'airflow-compat-owner:team', 'airflow-compat-key:by tag']\n"
    (by_tag,) = read(tags + ONE)
    assert (by_tag.key, by_tag.tags) == ("by tag", ("prod",))
    (by_key,) = read("key: by key\nenabled: false\ndescription: more\n" + ONE)
    assert (by_key.key, by_key.name, by_key.enabled, by_key.description) == ("by key", "etl failed", False, "more")


def test_anchors_and_an_action_with_an_id(read: Any) -> None:
    actions = f"- &again {{type: call-webhook, block_document_id: {ID}}}\n  - {{<<: *again, payload: x}}"
    (spec,) = read(f"name: x\ntrigger:{TRIGGER}\nactions:\n  {actions}\n")
    assert [action.need for action in spec.actions] == [None, None]
    assert [action.as_dict({})["payload"] for action in spec.actions] == ["", "x"]


SPECS = [
    automations.on_failure(["etl", "café"], notify=NOTIFY, body="one\ntwo: {{ exception }}  \n\u2028three"),
    automations.on_success(deployment=["etl/prod", "other/prod"], webhook="hook"),
    automations.on_retry(
        task="etl/load", run="callbacks/prod", parameters={"day": "{{ ds }}", "deep": {"n": [1, None]}}
    ),
    automations.on_sla_miss("etl", sla=timedelta(hours=2), notify=NOTIFY),
    automations.on_late_start("etl", grace=timedelta(minutes=5), notify=NOTIFY),
    automations.on_zombie(everything=True),
    *automations.from_dag_args({"default_args": {"email": "a@b.c", "email_on_failure": True}}, flow="sales"),
    automations.on_skipped(tags="nightly", pause_schedule=True, key="1e3", name="yes", description="no: 'x'"),
]


def test_yaml_round_trip_in_prefects_format(read: Any) -> None:
    items = planned(tuple(SPECS))
    text = to_yaml(items)
    for document in yaml.safe_load(text)["automations"]:
        AutomationCore.model_validate(document)
    back = read(text)
    assert [spec.key for spec in back] == [spec.key for spec in SPECS]
    assert not any(isinstance(trigger, PlainTrigger) for spec in back for trigger in spec.triggers)
    assert [spec.trigger_dict() for spec in back] == [spec.trigger_dict() for spec in SPECS]
    held = [HeldAutomation(str(number), item.key, "", True, item.data) for number, item in enumerate(items)]
    assert [item.action for item in planned(back, *held)] == ["unchanged"] * len(SPECS)
    complete = to_yaml(planned(back))
    assert to_yaml(planned(read(complete))) == complete


def test_yaml_round_trip_of_other_triggers(read: Any) -> None:
    sequence = """
name: both
trigger:
  within: 60
  triggers:
    - {expect: [a.b], posture: Proactive, within: 30}
    - {expect: [c], threshold: 3, match: {prefect.resource.id: [x, y]}}
actions: [{type: do-nothing}, {type: pause-deployment, deployment: etl/prod}]
"""
    (spec,) = read(sequence)
    (trigger,) = spec.triggers
    assert isinstance(trigger, PlainTrigger)
    assert trigger.as_dict()["type"] == "sequence"
    assert [child["within"] for child in trigger.as_dict()["triggers"]] == [30, 0]
    text = to_yaml(planned((spec,)))
    assert to_yaml(planned(read(text))) == text
    metric = {"name": "duration", "threshold": 60, "operator": ">"}
    (of_cloud,) = read(yaml.safe_dump({**yaml.safe_load(ONE), "trigger": {"posture": "Metric", "metric": metric}}))
    assert of_cloud.trigger_dict()["metric"]["range"] == 300


TYPO = TRIGGER.replace("expect:", "expects:")
NOTHING = "actions: [{type: do-nothing}]"
HEAD = f"name: x\ntrigger:{TRIGGER}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no automation"),
        ("# nothing\n", "has no automation"),
        ("automations:\n", "has no automation"),
        ("[]", "has no automation"),
        ("just text", "line 1: automations is not a list"),
        ("automations: {a: 1}", "line 1: automations is not a list"),
        ("- 7\n", "line 1: found a int instead of an automation"),
        ("x: [1\ny: 2", "line 2: the file is not one YAML document"),
        ("a: 1\n---\nb: 2\n", "the file is not one YAML document"),
        ("name: !!python/object:os.system x\n", "line 1: the file is not one YAML document of plain data"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text that YAML allows"),
        ("näme".encode("latin-1"), "not text that YAML allows"),
        ("[" * 3000, "nested too deeply"),
        ("a: 2026-99-99", "a date or number in the file is invalid"),
        ("a: &a [*a]", "line 1: an alias makes the value contain itself"),
        ("? [a, b]\n: 1", "line 1: a key is not text"),
        (f"{HEAD}{NOTHING}\nname: y\n", "line 9: the key 'name' appears twice"),
        (f"{HEAD}{NOTHING}\n".replace("expect:", "match: {}\n    expect:"), "line 5: the key 'match' appears twice"),
        ("automations: []\nname: y\n", "name can't be next to automations"),
        (indented(HEAD + NOTHING) * 2, r"line 9, automation 'x': the automation at line 1 has the same key"),
        (f"name: x\ntrigger:{TYPO}\n{NOTHING}", "automation 'x': trigger.expects: .* Did you mean 'expect'"),
        (f"{HEAD}{NOTHING}\nnmae: y", "nmae: automations have no such field"),
        (f"{HEAD}{NOTHING}\non: y", "True: automations have no such field"),
        (f"{HEAD}{NOTHING}\nid: {ID}", "id: The server assigns the id"),
        (f"{HEAD}{NOTHING}\nactions_on_resolve: [{{type: do-nothing}}]", "actions_on_resolve: Only `actions`"),
        (f"{HEAD}{NOTHING}\nenabled: 'no'", "enabled: 'no' is invalid"),
        (f"{HEAD}{NOTHING}\ntags: prod", "tags isn't a list of texts"),
        (f"{HEAD}{NOTHING}\ntags: ['airflow-compat-owner:other']", "the owner is 'other', not 'team'"),
        (f"{HEAD}{NOTHING}\nkey: a\ntags: ['airflow-compat-key:b']", "key: the automation has two keys, 'a' and 'b'"),
        (f"{HEAD}{NOTHING}\nkey: 7", "key: 7 isn't a text"),
        (f"trigger:{TRIGGER}\n{NOTHING}", "line 1: name is missing"),
        (HEAD.replace("name: x", "name: ''") + NOTHING, "name: '' isn't a text"),
        (f"name: x\n{NOTHING}", "trigger is missing"),
        (f"name: x\ntrigger: on_failure\n{NOTHING}", "trigger is a str"),
        (f"name: x\ntrigger: {{type: evnt}}\n{NOTHING}", "trigger.type: Prefect has no trigger 'evnt'"),
        (f"{HEAD}    posture: reactive\n{NOTHING}", "trigger.posture: "),
        (f"{HEAD}    posture: Proactive\n    within: 5\n{NOTHING}", "trigger: .* 10 seconds"),
        (f"{HEAD}    within: soon\n{NOTHING}", "trigger.within: "),
        (f"{HEAD}    threshold: many\n{NOTHING}", "trigger.threshold: "),
        (HEAD.replace("[prefect.flow-run.Failed]", "prefect.flow-run.Failed") + NOTHING, "trigger.expect: "),
        (HEAD.replace("prefect.flow-run.*}", "7}") + NOTHING, "trigger.match.prefect.resource.id must be a text"),
        (
            HEAD.replace("name: etl}", "name: [[x]]}") + NOTHING,
            "trigger.match_related.prefect.resource.name must be a text",
        ),
        (f"name: x\ntrigger: {{triggers: [{{expct: []}}]}}\n{NOTHING}", r"trigger.triggers\[0\].expct: "),
        (f"name: x\ntrigger: {{require: 3, triggers: [{{}}]}}\n{NOTHING}", "trigger: require must be less"),
        (f"name: x\ntrigger: {{posture: Metric, metric: {{nam: x}}}}\n{NOTHING}", "trigger.metric.nam: "),
        (HEAD, "actions is missing"),
        (f"{HEAD}actions: []", "actions is empty"),
        (f"{HEAD}actions: {{type: do-nothing}}", "actions is a dict"),
        (f"{HEAD}actions: [do-nothing]", r"actions\[0\] is a str"),
        (f"{HEAD}actions: [{{typ: do-nothing}}]", r"actions\[0\].type is missing"),
        (f"{HEAD}actions: [{{type: do-nothin}}]", r"actions\[0\].type: .* Did you mean 'do-nothing'"),
        (f"{HEAD}actions: [{{type: do-nothing}}, {{type: cancel-flow-run, x: 1}}]", r"actions\[1\].x: "),
        (
            f"{HEAD}actions: [{{type: send-notification, block_doc: {NOTIFY}, body: x}}]",
            "Did you mean 'block_document'",
        ),
        (
            f"{HEAD}actions: [{{type: send-notification, block_document: {NOTIFY}}}]",
            r"actions\[0\].body: Field required",
        ),
        (f"{HEAD}actions: [{{type: send-notification, block_document_id: x, body: x}}]", "block_document_id: .* UUID"),
        (f"{HEAD}actions: [{{type: run-deployment, deployment: prod}}]", r"actions\[0\].deployment: 'prod' isn't of"),
        (f"{HEAD}actions: [{{type: run-deployment}}]", r"actions\[0\]: deployment_id is required"),
        (f"{HEAD}actions: [{{type: cancel-flow-run, deployment: etl/prod}}]", r"actions\[0\].deployment: "),
        (
            f"{HEAD}actions: [{{type: call-webhook, block_document: webhook/x, payload: '{{{{ x'}}]",
            r"actions\[0\].payload: Template",
        ),
        (
            "name: x\ntrigger: {expect: [prefect.flow-run.*]}\nactions: [{type: run-deployment, source: inferred}]",
            "automation 'x': .* infinite loop",
        ),
    ],
)
def test_errors_name_their_place(text: str | bytes, message: str, read: Any, tmp_path: Path) -> None:
    with pytest.raises(AlertFileError, match=message) as caught:
        read(text)
    assert str(caught.value).startswith(f"{tmp_path / 'alerts.yaml'}")
    assert "\n" not in str(caught.value)


MODULE = """
from airflow_compat import automations
from prefect import flow

@flow
def etl(): ...

print("printed")
alert = automations.on_failure(etl, notify="slack-webhook/alerts")
more = [alert, (automations.on_success(etl, webhook="hook"),), {"k": [automations.on_zombie(etl)], 1: {}}, 7]
more.append(more)
"""


def test_a_module(read: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path, modules = list(sys.path), set(sys.modules)
    specs = read(MODULE, name="alerts of mine.py")
    assert [spec.key for spec in specs] == ["on_failure:etl", "on_success:etl", "on_zombie:etl"]
    assert sys.path == path
    assert not {name for name in set(sys.modules) - modules if "mine" in name}
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "printed\n")


def test_modules_share_neighbouring_imports(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "package").mkdir(parents=True)
        (tmp_path / folder / "package" / "names.py").write_text(f"NAME = {folder!r}\n")
        (tmp_path / folder / "common.py").write_text(
            "from airflow_compat import automations\nfrom package.names import NAME\n"
            "alert = automations.on_zombie(NAME)\n"
        )
        (tmp_path / folder / "alerts.py").write_text("from common import alert\n")
    files = [str(tmp_path / path) for path in ("a/alerts.py", "a/common.py", "b/alerts.py")]
    assert [spec.key for spec in read_alerts(files, owner="team")] == ["on_zombie:a", "on_zombie:b"]
    assert not {"common", "package", "package.names"} & set(sys.modules)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the module has no alert"),
        ("alerts = [1, 'x']\n", "the module has no alert"),
        ("x = 1\ndef f(:\n", "line 2: the file is not valid Python"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "the file is not valid Python"),
        ("x = 'ä'".encode("latin-1"), "the file is not valid Python"),
        ("(" * 500, "the file is not valid Python"),
        ("\nimport nothing_of_this_name\n", "line 2: the module raises ModuleNotFoundError: No module named"),
        ("def f():\n    return x\n\n\nf()\n", "line 2: the module raises NameError: name 'x'"),
        (
            "raise RuntimeError('kestrel-Moor-9')\n",
            "line 1: the module raises RuntimeError; correct the code, or run `python ",
        ),
        ("import json\n\njson.loads('kestrel-Moor-9')\n", "line 3: the module raises JSONDecodeError; correct"),
        ("import sys\nsys.exit('kestrel-Moor-9')\n", "line 2: the module raises SystemExit; correct"),
        (
            "from airflow_compat import automations\nautomations.on_failure('etl')\n",
            "line 2: on_failure of etl has no action",
        ),
        (
            "from airflow_compat import automations\nautomations.on_failure(nofity='x')\n",
            "line 2: .*Did you mean 'notify'",
        ),
        ("len()\n", r"line 1: the module raises TypeError: len\(\) takes"),
    ],
)
def test_invalid_module_is_refused(text: str | bytes, message: str, read: Any, tmp_path: Path) -> None:
    with pytest.raises(AlertFileError, match=message) as caught:
        read(text, name="alerts.py")
    assert str(caught.value).startswith(f"{tmp_path / 'alerts.py'}")
    assert "kestrel" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.yaml", "no such file"),
        (".", "a directory"),
        ("x\0.py", "can't be read"),
        ("alerts.txt", "ends in none"),
    ],
)
def test_invalid_file_is_refused(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "alerts.txt").write_text(ONE)
    with pytest.raises(AlertFileError, match=message):
        read_alerts([str(tmp_path / name)], owner="team")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1,\n2", "line 2: the file is not JSON"),
        (b"{}", "a dict, not a list"),
        (b"\xff\xfe\x00\x01\x02", "not JSON in UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (None, "no such file"),
    ],
)
def test_invalid_event_file_is_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidEventError, match=message):
        read_event_file(str(path))
