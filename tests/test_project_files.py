"""The files that contributors and the repository's host read."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


def _read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def test_commits_are_checked_with_the_lint_tools_of_the_project() -> None:
    group = re.search(r"^lint = (\[.*\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert group
    hooks = [hook for repo in _read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    tools = {tool for hook in hooks for tool in hook["additional_dependencies"]}
    assert tools == set(ast.literal_eval(group[1]))


def test_ci_runs_the_checks_on_the_supported_pythons() -> None:
    steps = _read(".github/workflows/ci.yml")["jobs"]["checks"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]
    (pythons,) = [step["with"]["python-version"].split() for step in steps if "with" in step]
    supported = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text())
    assert sorted(pythons) == sorted(supported)


def test_dependencies_and_actions_are_kept_up_to_date() -> None:
    updates = _read(".github/dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "github-actions"}


def test_each_issue_form_asks_for_something() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
    assert [path.stem for path in forms] == ["bug", "feature"]
    for path in forms:
        form = yaml.safe_load(path.read_text())
        assert form["name"]
        assert form["description"]
        required = [part["id"] for part in form["body"] if part.get("validations", {}).get("required")]
        assert required
