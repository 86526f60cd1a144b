"""Check that the changelog follows Keep a Changelog, and begins with the package's version."""

from __future__ import annotations

import re
from pathlib import Path

import airflow_compat

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_each_release_has_a_version_a_date_and_the_known_sections() -> None:
    releases = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]
    for number, release in enumerate(releases):
        title, *sections = re.split(r"^### ", release, flags=re.MULTILINE)
        match = re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (Unreleased|\d{4}-\d\d-\d\d)", title.strip())
        assert match, title
        # Only the next release may lack a date.
        assert match[2] != "Unreleased" or number == 0
        kinds = [section.partition("\n")[0] for section in sections]
        assert kinds == [kind for kind in KINDS if kind in kinds]
        assert kinds
        for section in sections:
            lines = section.partition("\n")[2].strip().splitlines()
            assert lines
            assert [line for line in lines if not line.startswith(("- ", "  "))] == []


def test_versions_descend_from_the_package_version() -> None:
    versions = re.findall(r"^## \[([^\]]+)\]", CHANGELOG, re.MULTILINE)
    numbers = [tuple(map(int, version.split("."))) for version in versions]
    assert numbers == sorted(set(numbers), reverse=True)
    assert versions[0] == airflow_compat.__version__
    assert f'\nversion = "{airflow_compat.__version__}"\n' in (ROOT / "pyproject.toml").read_text()
