"""`airflow-compat`, as a person at a terminal or a script meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_compat.cli._app import run

Export = Callable[[str, object], Path]

SECRETS = ("quartz-Tern-41", "heron/Dusk:77", "kestrel-Moor-9", "sk-osprey-2093")


@pytest.fixture
def files(export: Export, unique: str) -> list[str]:
    """The three kinds, with secrets in every place that may hold one."""
    connections = {
        f"{unique}_pg": {"conn_type": "postgres", "host": "h", "login": "u", "password": SECRETS[0]},
        f"{unique}_sftp": {
            "conn_type": "sftp",
            "password": SECRETS[1],
            "extra": json.dumps({"private_key": SECRETS[2]}),
        },
        f"{unique}_bad": {"conn_type": "http", "password": SECRETS[0], "port": SECRETS[1], "nonsense": SECRETS[2]},
    }
    return [
        str(export("connections.json", connections)),
        str(export("variables.json", {f"{unique}_api_key": SECRETS[3], f"{unique}_plain": SECRETS[3]})),
        str(export("pools.json", {f"{unique}_pool": {"slots": 2, "description": ""}})),
    ]


def test_the_plan_the_import_and_its_repetition(
    files: list[str], unique: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", *files, "--dry-run"]) == 1
    dry = capfd.readouterr()
    assert dry.out.count("would create") == 6
    assert "5 would create, 1 refused. Nothing was written." in dry.out
    assert run(["import", *files]) == 1
    wet = capfd.readouterr()
    assert "5 created, 1 refused." in wet.out
    assert run(["import", *files, "--json"]) == 1
    again = capfd.readouterr()
    assert [item["action"] for item in json.loads(again.out)] == ["unchanged"] * 5 + ["refused"]
    for captured in (dry, wet, again):
        assert f"{unique}_sftp" in captured.out
        for secret in SECRETS:
            assert secret not in captured.out + captured.err


def test_only_and_replace(export: Export, unique: str, capfd: pytest.CaptureFixture[str]) -> None:
    file = str(export("variables.json", {f"{unique}_a": "one", f"{unique}_b": "one"}))
    assert run(["import", file, "--only", f"{unique}_a", "--only", "nothing"]) == 0
    export("variables.json", {f"{unique}_a": "two", f"{unique}_b": "one"})
    assert run(["import", file]) == 1
    assert run(["import", file, "--replace", "--dry-run"]) == 0
    assert "1 would replace, 1 unchanged" in capfd.readouterr().out
    assert run(["import", file, "--replace"]) == 0
    assert "1 replaced, 1 unchanged" in capfd.readouterr().out
    assert run(["import", file]) == 0


def test_all_done_is_exit_code_0(export: Export, unique: str, capfd: pytest.CaptureFixture[str]) -> None:
    file = str(export("pools.json", {f"{unique}_pool": {"slots": 2, "description": ""}}))
    assert run(["import", file]) == 0
    assert run(["import", file]) == 0
    assert "1 unchanged." in capfd.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.json", None, "there is no such file"),
        (".", None, "a directory"),
        ("package.json", b'{"name": "x", "dependencies": {"y": "1"}}', "neither connections"),
        ("half.json", b'{"pg": {"conn_type": "postgres", "password": "quartz-Tern-41"', "not JSON, or incomplete"),
        ("binary.json", bytes(range(256)), "not UTF-8 text"),
        ("list.json", b"[1, 2]", "the file holds a list"),
        ("empty.json", b"", "not JSON"),
        ("twice-variables.json", b'{"a": 1, "a": 2}', "'a' appears twice"),
    ],
)
def test_what_is_no_export_is_one_line_that_names_the_file(
    name: str, content: bytes | None, message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert run(["import", str(tmp_path / name)]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(f"airflow-compat: {tmp_path / name}")
    assert message in line
    assert SECRETS[0] not in line


@pytest.mark.parametrize("arguments", [["import"], ["improt", "x"], ["import", "x.json", "--dry-rnu"]])
def test_wrong_use_is_exit_code_2(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_server_that_is_not_there_is_one_line(files: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "airflow_compat.cli", "import", files[2]],
        env={
            "PATH": "",
            "PREFECT_API_URL": "http://user:kestrel-Moor-9@127.0.0.1:9/api",
            "HOME": str(Path(files[0]).parent),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "can't be reached" in line
    assert "prefect server start" in line
    assert "kestrel" not in line


def test_help_fits_a_screen_and_gives_an_example(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert run(["import", "--help"]) == 0
    out = capfd.readouterr().out
    assert "airflow-compat import connections.json" in out
    assert "Exit codes" in out
    assert len(out.splitlines()) < 60


def test_the_version(capfd: pytest.CaptureFixture[str]) -> None:
    from airflow_compat import __version__

    assert run(["--version"]) == 0
    assert capfd.readouterr().out.strip() == __version__
