"""Check that the handwritten reference pages are complete. `test_site.py` checks those of the modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_compat.connections._specs import HOMES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_each_command_and_option_is_in_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    from airflow_compat.cli._app import run

    page = (DOCS / "reference" / "cli.md").read_text()

    def help_of(*command: str) -> str:
        run([*command, "--help"])
        return capsys.readouterr().out

    def commands_in(shown: str) -> list[str]:
        return re.findall(r"│ ([a-z][a-z-]*) ", shown.partition("─ Commands ─")[2])

    commands = []
    for command in commands_in(help_of()):
        commands += [f"{command} {sub}" for sub in commands_in(help_of(command))] or [command]
    assert len(commands) > 2
    assert sorted(commands) == sorted(re.findall(r"^## `([a-z -]+)`$", page, re.MULTILINE))
    for command in commands:
        options = set(re.findall(r"--[a-z][a-z-]+", help_of(*command.split()).partition("─ Parameters ─")[2]))
        section = page.partition(f"## `{command}`\n")[2].partition("\n## ")[0]
        assert options == set(re.findall(r"^\| `(--[a-z-]+)` \|", section, re.MULTILINE))


def test_each_command_has_its_exit_codes_in_the_reference() -> None:
    page = (DOCS / "reference" / "cli.md").read_text()
    commands = re.findall(r"^## `([a-z -]+)`$", page, re.MULTILINE)
    table = page.partition("| Command | Exit code 1 if |\n")[2].partition("\n\n")[0]
    named = [name for line in table.splitlines() for name in re.findall("`([a-z -]+)`", line.split("|")[1])]
    assert sorted(named) == sorted(commands)


def test_each_block_type_for_connections_is_in_its_page() -> None:
    page = (DOCS / "how-to" / "connections.md").read_text()
    assert {slug for slug in HOMES if f"| `{slug}` |" not in page} == set()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_outside_the_site_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
