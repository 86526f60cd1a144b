"""What all commands have in common: helps that fit and show an example, JSON, and how a user's mistake ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_commands import commands

from airflow_compat.cli._app import app, run

COMMANDS = list(commands())


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def _help(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    assert run([*command, "--help"]) == 0
    return capsys.readouterr().out


def test_there_are_commands() -> None:
    assert {("doctor",), ("import",), ("pools", "list"), ("automations", "plan")} <= set(COMMANDS)


def test_the_first_help_fits_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _help(capsys).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "Exit codes: 0 done" in lines[-1]
    # Each command has one line of its own: none is folded.
    assert not [line for line in lines if re.match(r"│ {10,}\w", line)]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_help_has_an_example_that_calls_it_and_fits(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown = _help(capsys, *command)
    assert max(map(len, shown.splitlines())) <= 100
    assert f"Example: airflow-compat {' '.join(command)}" in " ".join(shown.split())
    assert "Exit codes: 0 " in shown


def _example(capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> str:
    shown = " ".join(_help(capsys, *command).split())
    return shown.partition("Example: airflow-compat ")[2].partition(" ╭")[0].partition(" Exit codes")[0]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_example_is_a_call_that_is_understood(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    example = _example(capsys, command)
    called, bound, _ = app.parse_args(example, exit_on_error=False, print_error=False)
    assert called.__module__.startswith("airflow_compat.cli")
    bound.apply_defaults()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_prints_json_on_demand(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    # What Prometheus reads has a form of its own.
    assert ("--json" in _help(capsys, *command)) is (command != ("metrics", "export"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_option_that_none_knows(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*_example(capsys, command).split(), "--nonsense"]) == 2
    _one_line(capsys, "--nonsense")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nonsense"], "nonsense"),
        (["pools", "nonsense"], "nonsense"),
        (["--nonsense"], "--nonsense"),
        (["import"], "SOURCES"),
        (["backfill", "sales/prod", "--start", "2026-11-01"], "--end"),
        (["pools", "list", "--interval", "soon"], "--interval"),
        (["catch-up", "sales/prod", "--policy", "some"], "--policy"),
        (["backfill", "sales/prod", "--start", "soon", "--end", "2026-11-01"], "--start"),
        (["work-pools", "helm-values", "p.yaml", "--limit", "many"], "--limit"),
        (
            ["backfill", "etl/prod", "--start", "2026-11-01", "--end", "2026-11-02", "--max-active-runs", "-1"],
            '"-1" for --max-active-runs',
        ),
        (["runs", "list", "etl", "--limit", "0"], '"0" for --limit'),
        (["runs", "list", "etl", "--limit", "201"], '"201" for --limit'),
        (["runs", "clear", "etl/1", "--timeout", "-1"], '"-1.0" for --timeout'),
        (["runs", "clear", "etl/1", "--timeout", "nan"], "nan"),
        (["runs", "clear", "etl/1", "--map-index", "-1"], '"-1" for --map-index'),
        (["runs", "mark", "etl/1", "failed", "--timeout", "-1"], '"-1.0" for --timeout'),
        (["runs", "mark", "etl/1", "failed", "--map-index", "-2"], '"-2" for --map-index'),
        (["runs", "mark", "etl/1", "failed", "--map-index", "0"], "Pass task_ids (--task), too"),
        (["runs", "cancel", "etl/1", "--timeout", "-1"], '"-1.0" for --timeout'),
        (["runs", "lost", "--restart", "--fail"], "--restart and --fail exclude each other"),
        (["runs", "lost", "--older-than", "-5"], '"-5.0" for --older-than'),
        (["runs", "lost", "--older-than", "nan"], "nan"),
        (["runs", "lost", "--older-than", "1e300"], "older_than is 1e+300 minutes"),
        (["automations", "plan", "alerts.py", "--export", "alerts.txt"], "--export"),
        (["doctor", "nonsense"], "nonsense"),
        (["deployments", "check", "a:key:b.yaml", ":key:"], ":key:"),
        (["--install-completion", "--shell", "nonsense"], "--shell"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    _one_line(capsys, named)


def _one_line(capsys: pytest.CaptureFixture[str], named: str) -> None:
    said = capsys.readouterr()
    assert said.out == ""
    [line] = said.err.splitlines()
    assert line.startswith("airflow-compat: ")
    assert named in line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands(shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "completion"
    run(["--install-completion", "--shell", shell, "--output", str(file)])
    text = file.read_text()
    for command in COMMANDS:
        assert command[-1] in text
    assert "dry-run" in text
