"""Problems of a prefect.yaml have a line, a deployment and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_compat import deployments
from airflow_compat.errors import PrefectFileError

GOOD = """\
name: shop
prefect-version: 3.7.0
definitions:
  pool: &pool {name: prod, work_queue_name: q, job_variables: {image: x}}
x-more: {a: 1}
build: null
pull:
  prefect.deployments.steps.set_working_directory: {directory: /srv}
deployments:
  - name: sales
    version: "1"
    tags: [a, "{{ $STAGE }}"]
    description: Sales.
    entrypoint: flows/sales.py:sales
    parameters: {region: eu}
    enforce_parameter_schema: true
    paused: false
    concurrency_limit: {limit: 1, collision_strategy: CANCEL_NEW}
    work_pool: *pool
    schedules:
      - {cron: 0 1 * * *, timezone: Europe/Berlin, day_or: false, slug: daily}
      - {interval: 60, anchor_date: "2024-01-01T00:00:00+00:00", active: false}
      - {rrule: "FREQ=DAILY", parameters: {region: us}}
      - {cron: "{{ $CRON }}"}
    triggers:
      - {type: event, match: {prefect.resource.id: x}, expect: [y], enabled: "{{ $ON }}"}
      - {type: compound, require: all, within: 60, triggers: [{expect: [y]}, {expect: [z]}]}
"""


FLOWS = "from prefect import flow\n\n\n@flow\ndef sales(): ...\n\n\nx = y = sales\n"


def problems(text: str, tmp_path: Path) -> list[str]:
    """Return the problems found in a folder with some flows."""
    path = tmp_path / "prefect.yaml"
    path.write_text(text)
    (tmp_path / "flows").mkdir(exist_ok=True)
    for file in ("flows/sales.py", "x.py", "y.py"):
        (tmp_path / file).write_text(FLOWS)
    return [f"{problem.line} {problem.name}: {problem.message}" for problem in deployments.check_prefect_yaml(path)]


def test_valid_file_has_no_problems(tmp_path: Path) -> None:
    assert problems(GOOD, tmp_path) == []
    assert problems("", tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("tags: [a,", "tag: [a,", "12 sales: tag is not a Prefect key; did you mean 'tags'?"),
        ("parameters: {region: eu}", "paramters: {}", "did you mean 'parameters'?"),
        ("  - name: sales", "  - name: sales\n    zz: 3", "zz is not a Prefect key; known keys: name,"),
        ("name: shop", "deployment: []", "1 : deployment is not a Prefect key; did you mean 'deployments'?"),
        ("work_queue_name: q", "queue: q", "work_pool.queue is not a Prefect key"),
        ("{limit: 1,", "{limits: 1,", "concurrency_limit.limits is not a Prefect key; did you mean 'limit'?"),
        ("{limit: 1,", "{limit: one,", "concurrency_limit.limit is a text, but must be a whole number"),
        ("CANCEL_NEW", "CANCEL", "concurrency_limit.collision_strategy is invalid; use ENQUEUE or CANCEL_NEW"),
        (
            "concurrency_limit: {limit: 1, collision_strategy: CANCEL_NEW}",
            "concurrency_limit: [1]",
            "neither a whole number",
        ),
        ('version: "1"', "version: 1.0", "version is a float, but must be a text"),
        ("name: sales", "name: 5", "name is a whole number, but must be a text"),
        ("name: sales", "name: a/b", "contains one of / % & > <"),
        ("  - name: sales\n    version", "  - version", "the deployment has no name"),
        ("    entrypoint: flows/sales.py:sales\n", "", "the deployment has no entrypoint"),
        (
            "description: Sales.",
            "sla: [{severity: high}]",
            "sla: `prefect deploy` fails on a self-hosted Prefect server",
        ),
        ("description: Sales.", "description: [x]", "description is a list, but must be a text"),
        ("description: Sales.", "version: b", "version appears twice"),
        ("cron: 0 1 * * *", "cron: 0 1 * *", "schedules[0]: Prefect refuses cron: Invalid cron string"),
        ("Europe/Berlin", "Europe/Berlyn", "schedules[0]: Prefect refuses timezone"),
        (
            "timezone: Europe",
            "time_zone: Europe",
            "schedules[0].time_zone is not a Prefect key; did you mean 'timezone'?",
        ),
        (
            "{interval: 60,",
            "{interval: 60, cron: 0 1 * * *,",
            "schedules[1]: use exactly one of cron, interval and rrule",
        ),
        ("interval: 60", "interval: often", "schedules[1]: Prefect refuses interval"),
        ("FREQ=DAILY", "FREQ=NEVER", "schedules[2]: Prefect refuses rrule"),
        (
            "expect: [y], enabled",
            "expects: [y], enabled",
            "triggers[0].expects is not a Prefect key; did you mean 'expect'?",
        ),
        ("require: all, within: 60", "require: every", "triggers[1]: Prefect refuses"),
    ],
)
def test_each_kind_of_mistake(right: str, wrong: str, told: str, tmp_path: Path) -> None:
    assert right in GOOD
    found = problems(GOOD.replace(right, wrong, 1), tmp_path)
    assert len(found) == 1, found
    assert told in found[0]


def test_merged_keys_are_checked_and_can_be_overridden(tmp_path: Path) -> None:
    text = "x-all: &all {tags: [a], vesrion: b}\ndeployments:\n  - {<<: *all, name: a, entrypoint: x.py:x, tags: [b]}\n"
    assert problems(text, tmp_path) == ["1 a: vesrion is not a Prefect key; did you mean 'version'?"]


def test_repeated_names(tmp_path: Path) -> None:
    one = "  - {name: a, entrypoint: 'x.py:x'}\n"
    assert "2 has the same name" in problems(f"deployments:\n{one}{one}", tmp_path)[0]
    assert problems(f"deployments:\n{one}{one.replace('x.py', 'y.py')}", tmp_path) == []


@pytest.mark.parametrize("text", ["a: [", "a: " + "[" * 20_000, "a: !!timestamp x\ndeployments: []\n- b", "\x00"])
def test_invalid_yaml_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(PrefectFileError):
        problems(text, tmp_path)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PrefectFileError, match="no such file"):
        deployments.check_prefect_yaml(tmp_path / "x.yaml")


def test_other_structures_are_reported(tmp_path: Path) -> None:
    assert "the file is not a mapping" in problems("- a\n", tmp_path)[0]
    assert "this item is not a deployment" in problems("deployments: [x]\n", tmp_path)[0]
    assert "deployments is a mapping" in problems("deployments: {a: 1}\n", tmp_path)[0]
    entry = "deployments:\n  - name: a\n    entrypoint: x.py:x\n"
    assert "work_pool is a text" in problems(f"{entry}    work_pool: prod\n", tmp_path)[0]
    assert "schedules[0] is not a mapping" in problems(f"{entry}    schedules: [daily]\n", tmp_path)[0]
    assert "triggers[0] is not a mapping" in problems(f"{entry}    triggers: [x]\n", tmp_path)[0]
