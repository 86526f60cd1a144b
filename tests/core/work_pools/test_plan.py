"""The plan of work pools against the server, which keeps the server's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from airflow_compat.errors import InvalidWorkPoolError
from airflow_compat.work_pools._job_templates import KUBERNETES_VARIABLES, with_additions
from airflow_compat.work_pools._plan import HeldWorkPool, WorkPoolItem, plan_pools
from airflow_compat.work_pools._specs import WorkPoolSpec

TEMPLATE: dict[str, Any] = {
    "job_configuration": {
        "env": "{{ env }}",
        "job_manifest": {
            "spec": {
                "template": {
                    "spec": {"containers": [{"name": "prefect-job", "env": "{{ env }}", "image": "{{ image }}"}]}
                }
            }
        },
    },
    "variables": {"type": "object", "properties": {"image": {"type": "string"}, "env": {"type": "object"}}},
}
TEMPLATES = {"process": TEMPLATE, "kubernetes": TEMPLATE, "docker": TEMPLATE}
PODS = WorkPoolSpec(
    "etl",
    "kubernetes",
    {"node_selector": {"disk": "ssd"}},
    3,
    added_variables=("node_selector",),
    job_manifest={"spec": {"template": {"spec": {"hostNetwork": True, "containers": [{"tty": True}]}}}},
    secret_env={"TOKEN": "token"},
)


def test_job_variables_are_not_in_the_repr() -> None:
    spec = WorkPoolSpec("etl", "process", {"env": {"A": "open-sesame"}}, job_manifest={"b": "open-sesame"})
    assert "open-sesame" not in repr(spec)


def test_job_template_is_not_in_the_repr() -> None:
    template = {"variables": {"properties": {"env": {"default": {"A": "open-sesame"}}}}}
    assert "open-sesame" not in repr(HeldWorkPool("etl", "process", template))


def plan(
    *specs: WorkPoolSpec, held: HeldWorkPool | None = None, replace: bool = False, wrong: list[str] | None = None
) -> list[WorkPoolItem]:
    """Return the plan, with a check that returns the given problems."""

    def check(template: Mapping[str, Any], job_variables: Mapping[str, Any]) -> list[str]:
        return wrong or []

    return list(plan_pools(specs, {held.name: held} if held else {}, TEMPLATES, check, replace=replace))


def held_like(item: WorkPoolItem, **changes: Any) -> HeldWorkPool:
    """Return the server's pool after an item was written."""
    data = {"concurrency_limit": None, **item.data, **changes}
    return HeldWorkPool(item.name, item.type, data["base_job_template"], data["concurrency_limit"])


def test_unsendable_pool_is_refused() -> None:
    manifest = {"spec": {"template": {"spec": {"priority": 2**64}}}}
    [item] = plan(WorkPoolSpec("etl", "kubernetes", job_manifest=manifest))
    assert (item.action, dict(item.data)) == ("refused", {})
    [note] = item.notes
    assert note == (
        "the object holds a number beyond 64 bits, which a request can't carry; correct the value in the pool's "
        "arguments"
    )


def test_new_pool_has_template_and_additions() -> None:
    [item] = plan(PODS)
    assert item.action == "create"
    assert item.as_dict() == {"name": "etl", "action": "create", "type": "kubernetes", "notes": []}
    template = item.data["base_job_template"]
    spec = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    assert spec == {
        "containers": [{"name": "prefect-job", "env": "{{ env }}", "image": "{{ image }}", "tty": True}],
        "nodeSelector": "{{ node_selector }}",
        "hostNetwork": True,
    }
    assert template["variables"]["properties"]["node_selector"]["type"] == "object"
    assert template["variables"]["properties"]["env"]["default"] == {"TOKEN": "{{ prefect.blocks.secret.token }}"}
    assert "default" not in TEMPLATE["variables"]["properties"]["env"]
    assert item.data["concurrency_limit"] == 3


def test_references_in_a_manifest_become_job_variables() -> None:
    beside = {"name": "proxy", "env": [{"name": "TOKEN", "value": "{{ prefect.blocks.secret.token }}"}]}
    manifest = {"spec": {"template": {"spec": {"containers": [{}, beside]}}}}
    [item] = plan(WorkPoolSpec("etl", "kubernetes", job_manifest=manifest))
    template = item.data["base_job_template"]
    containers = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["containers"]
    assert containers[1]["env"] == [{"name": "TOKEN", "value": "{{ blocks_secret_token }}"}]
    variable = template["variables"]["properties"]["blocks_secret_token"]
    assert (variable["type"], variable["default"]) == ("string", "{{ prefect.blocks.secret.token }}")


def test_written_pool_is_unchanged() -> None:
    [created] = plan(PODS)
    [again] = plan(PODS, held=held_like(created))
    assert again.action == "unchanged"


@pytest.mark.parametrize("replace", [False, True])
def test_different_pool_is_updated_only_with_replace(replace: bool) -> None:
    held = HeldWorkPool("etl", "kubernetes", TEMPLATE, 5)
    [item] = plan(PODS, held=held, replace=replace)
    assert item.action == ("update" if replace else "differs")
    [note] = item.notes
    assert note == (
        "differs in the job variable env, the job variable node_selector, its job manifest, its concurrency limit, "
        "which is 5"
    )


def test_user_additions_are_kept() -> None:
    [created] = plan(PODS)
    template = created.data["base_job_template"]
    template["variables"]["properties"]["own"] = {"type": "string"}
    template["job_configuration"]["job_manifest"]["spec"]["ttl"] = "{{ own }}"
    held = held_like(created)
    assert plan(PODS, held=held)[0].action == "unchanged"
    other = WorkPoolSpec("etl", "kubernetes", added_variables=("tolerations",))
    [item] = plan(other, held=held, replace=True)
    assert item.data["base_job_template"]["job_configuration"]["job_manifest"]["spec"]["ttl"] == "{{ own }}"
    assert "own" in item.data["base_job_template"]["variables"]["properties"]
    assert item.notes == (
        "differs in the job variable tolerations, its job manifest",
        "keeps its concurrency limit of 3",
    )
    assert "concurrency_limit" not in item.data


def test_empty_template_is_replaced() -> None:
    spec = WorkPoolSpec("etl", "process")
    [item] = plan(spec, held=HeldWorkPool("etl", "process"), replace=True)
    assert item.action == "update"
    assert item.notes == ("differs in its job template, which is empty",)
    assert item.data["base_job_template"] == TEMPLATE


def test_other_type_is_refused() -> None:
    [item] = plan(PODS, held=HeldWorkPool("etl", "docker", TEMPLATE), replace=True)
    assert item.action == "refused"
    assert "docker pool of this name" in item.notes[0]
    assert not item.data


def test_invalid_job_variables_are_refused() -> None:
    [item] = plan(PODS, wrong=["job variable image: mend it"])
    assert (item.action, item.notes) == ("refused", ("job variable image: mend it",))


def test_several_deployments_share_a_pool() -> None:
    other = WorkPoolSpec("etl", "kubernetes", added_variables=("tolerations",), secret_env={"KEY": "key"})
    alone = WorkPoolSpec("reports", "process")
    items = plan(PODS, alone, other)
    assert [(item.name, item.action) for item in items] == [("etl", "create"), ("reports", "create")]
    properties = items[0].data["base_job_template"]["variables"]["properties"]
    assert {"node_selector", "tolerations"} <= set(properties)
    assert set(properties["env"]["default"]) == {"TOKEN", "KEY"}
    assert items[0].data["concurrency_limit"] == 3


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (WorkPoolSpec("etl", "docker"), "types kubernetes and docker"),
        (WorkPoolSpec("etl", "kubernetes", concurrency_limit=4), "3 and 4"),
        (
            WorkPoolSpec("etl", "kubernetes", job_manifest={"spec": {"template": {"spec": {"hostNetwork": False}}}}),
            "differ in spec.template.spec.hostNetwork",
        ),
        (WorkPoolSpec("etl", "kubernetes", secret_env={"TOKEN": "other"}), "TOKEN from different blocks"),
        (WorkPoolSpec("etl", "kubernetes", secret_env={"TOKEN": "vault"}), "TOKEN from different blocks"),
        (WorkPoolSpec("etl", "kubernetes", added_variables=("own",)), "'own' is unknown"),
    ],
)
def test_contradicting_specs_are_refused(other: WorkPoolSpec, match: str) -> None:
    [item] = plan(PODS, other)
    assert item.action == "refused"
    assert match in item.notes[0]


def test_manifest_is_only_for_kubernetes_pools() -> None:
    with pytest.raises(InvalidWorkPoolError, match="are only for kubernetes pools"):
        with_additions(TEMPLATE, WorkPoolSpec("etl", "process", added_variables=("tolerations",)))


@pytest.mark.parametrize("name", KUBERNETES_VARIABLES)
def test_existing_template_variable_is_kept(name: str) -> None:
    template = with_additions(TEMPLATE, WorkPoolSpec("etl", "kubernetes", added_variables=(name,)))
    assert f"{{{{ {name} }}}}" in str(template["job_configuration"])
    own: dict[str, Any] = {**TEMPLATE, "variables": {"properties": {name: {"type": "string", "title": "Mine"}}}}
    kept = with_additions(own, WorkPoolSpec("etl", "kubernetes", added_variables=(name,)))
    assert kept["variables"]["properties"][name] == {"type": "string", "title": "Mine"}
    assert kept["job_configuration"] == own["job_configuration"]
