"""A plan of work pools: what becomes of each, by what the server holds; nothing that is there is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from airflow_compat._specs.work_pool_plan import HeldWorkPool, WorkPoolItem, plan_pools
from airflow_compat._specs.work_pool_templates import KUBERNETES_VARIABLES, with_additions
from airflow_compat._specs.work_pools import WorkPoolSpec
from airflow_compat.errors import InvalidWorkPoolError

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


def plan(
    *specs: WorkPoolSpec, held: HeldWorkPool | None = None, replace: bool = False, wrong: list[str] | None = None
) -> list[WorkPoolItem]:
    """The plan, with a check that finds what is given."""

    def check(template: Mapping[str, Any], job_variables: Mapping[str, Any]) -> list[str]:
        return wrong or []

    return list(plan_pools(specs, {held.name: held} if held else {}, TEMPLATES, check, replace=replace))


def held_like(item: WorkPoolItem, **changes: Any) -> HeldWorkPool:
    """What the server has after an item was written."""
    data = {"concurrency_limit": None, **item.data, **changes}
    return HeldWorkPool(item.name, item.type, data["base_job_template"], data["concurrency_limit"])


def test_a_pool_that_no_request_carries_is_refused() -> None:
    manifest = {"spec": {"template": {"spec": {"priority": 2**64}}}}
    [item] = plan(WorkPoolSpec("etl", "kubernetes", job_manifest=manifest))
    assert (item.action, dict(item.data)) == ("refused", {})
    assert item.notes == (
        "it holds a number beyond 64 bits, which no request can carry; correct it in the pool's arguments",
    )


def test_a_new_pool_has_prefects_template_and_what_is_added() -> None:
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


def test_what_was_written_is_unchanged_afterwards() -> None:
    [created] = plan(PODS)
    [again] = plan(PODS, held=held_like(created))
    assert again.action == "unchanged"


@pytest.mark.parametrize("replace", [False, True])
def test_what_differs_is_changed_only_when_told(replace: bool) -> None:
    held = HeldWorkPool("etl", "kubernetes", TEMPLATE, 5)
    [item] = plan(PODS, held=held, replace=replace)
    assert item.action == ("update" if replace else "differs")
    [note] = item.notes
    assert note == (
        "differs in the job variable env, the job variable node_selector, its job manifest, its concurrency limit, "
        "which is 5"
    )


def test_what_the_user_has_added_stays() -> None:
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
        "its concurrency limit of 3 is left as it is",
    )
    assert "concurrency_limit" not in item.data


def test_a_pool_without_a_template_gets_prefects() -> None:
    spec = WorkPoolSpec("etl", "process")
    [item] = plan(spec, held=HeldWorkPool("etl", "process"), replace=True)
    assert item.action == "update"
    assert item.notes == ("differs in its job template, which is empty",)
    assert item.data["base_job_template"] == TEMPLATE


def test_another_type_is_refused() -> None:
    [item] = plan(PODS, held=HeldWorkPool("etl", "docker", TEMPLATE), replace=True)
    assert item.action == "refused"
    assert "docker pool of this name" in item.notes[0]
    assert not item.data


def test_job_variables_that_do_not_fit_are_refused() -> None:
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
        (WorkPoolSpec("etl", "docker"), "as kubernetes and as docker"),
        (WorkPoolSpec("etl", "kubernetes", concurrency_limit=4), "3 and 4"),
        (
            WorkPoolSpec("etl", "kubernetes", job_manifest={"spec": {"template": {"spec": {"hostNetwork": False}}}}),
            "another spec.template.spec.hostNetwork",
        ),
        (WorkPoolSpec("etl", "kubernetes", secret_env={"TOKEN": "other"}), "TOKEN from different blocks"),
        (WorkPoolSpec("etl", "kubernetes", added_variables=("own",)), "'own' can't be added"),
    ],
)
def test_what_contradicts_is_refused(other: WorkPoolSpec, match: str) -> None:
    [item] = plan(PODS, other)
    assert item.action == "refused"
    assert match in item.notes[0]


def test_only_pods_have_a_manifest() -> None:
    with pytest.raises(InvalidWorkPoolError, match="are for kubernetes pools"):
        with_additions(TEMPLATE, WorkPoolSpec("etl", "process", added_variables=("tolerations",)))


@pytest.mark.parametrize("name", KUBERNETES_VARIABLES)
def test_a_variable_that_the_template_has_stays_where_it_is(name: str) -> None:
    template = with_additions(TEMPLATE, WorkPoolSpec("etl", "kubernetes", added_variables=(name,)))
    assert f"{{{{ {name} }}}}" in str(template["job_configuration"])
    own: dict[str, Any] = {**TEMPLATE, "variables": {"properties": {name: {"type": "string", "title": "Mine"}}}}
    kept = with_additions(own, WorkPoolSpec("etl", "kubernetes", added_variables=(name,)))
    assert kept["variables"]["properties"][name] == {"type": "string", "title": "Mine"}
    assert kept["job_configuration"] == own["job_configuration"]
