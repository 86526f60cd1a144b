"""What both sides of the comparison of example DAGs share: processes, closed sockets, plain values."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

DATE = datetime(2026, 1, 5, tzinfo=timezone.utc)
"""The logical date of all runs."""
SECONDS = 400
"""A run of Airflow that takes longer is not compared."""

REWRITTEN = "AIRFLOW_COMPAT_REWRITTEN_EXAMPLES"
"""The variable of the environment that is set if the Prefect side rewrites the examples first."""

ALWAYS = ("example_trigger_target_dag.py",)
"""Examples that other examples start."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_DAY = 86_400
_RULES = {
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d\d|Z)?": lambda found: _moment(found.group()),
    r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}": lambda _: "<now>",
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": lambda _: "<uuid>",
    r"/tmp/[\w./-]+": lambda _: "<path>",
    r"0x[0-9a-f]{6,}": lambda _: "<address>",
}


SHARDS = 2
"""So many processes run examples at the same time on each side. Most examples wait."""


def run_shards(home: Path, run: Callable[[Path, int], None]) -> dict[str, Any]:
    """Call a function in forked processes with a folder and a number each, and return what they have written.

    Each writes a dict to `found.json` in its folder.
    """
    folders = [home / str(shard) for shard in range(SHARDS)]
    children = []
    for shard, folder in enumerate(folders):
        folder.mkdir()
        if (pid := os.fork()) == 0:
            code = 1
            try:
                run(folder, shard)
                code = 0
            except BaseException:  # noqa: BLE001 - only this process ends
                traceback.print_exc()
            os._exit(code)
        children.append(pid)
    codes = [os.waitpid(pid, 0)[1] for pid in children]
    assert not any(codes), f"A process ended with {codes}."
    return {
        name: found for folder in folders for name, found in json.loads((folder / "found.json").read_text()).items()
    }


def examples_of(folders: Iterable[Path], shard: int) -> list[Path]:
    """Return the files of a process."""
    return [path for folder in folders for path in sorted(folder.glob("*.py"))][shard::SHARDS]


def wanted(names: Iterable[str], excluded: Iterable[str]) -> list[str]:
    """Return the DAGs to run: those that are not excluded, or those in `AIRFLOW_COMPAT_EXAMPLE_DAGS` alone."""
    given = os.environ.get("AIRFLOW_COMPAT_EXAMPLE_DAGS", "").split(",")
    return [name for name in names if (name in given if any(given) else name not in excluded)]


def run_each(names: Sequence[str], run: Callable[[str], Any], *, seconds: float, scratch: Path) -> dict[str, Any]:
    """Call a function for each name in a forked process, which is killed and made anew if a call takes too long.

    Returns:
        `{"value": ..., "seconds": ...}`, `{"error": traceback}` or `{"timeout": seconds}` for each name.
    """
    scratch.write_text("")
    found: dict[str, Any] = {}
    while len(found) < len(names):
        pid = os.fork()
        if pid == 0:
            os.setsid()
            _run_rest(names[len(found) :], run, scratch)
            os._exit(0)
        moved = time.monotonic()
        is_running = True
        while is_running and time.monotonic() - moved < seconds:
            time.sleep(0.05)
            is_running = os.waitpid(pid, os.WNOHANG) == (0, 0)
            # What follows the last line's end is not written yet.
            lines = scratch.read_text().split("\n")[:-1]
            if len(lines) > len(found):
                moved = time.monotonic()
                found.update(json.loads(line) for line in lines[len(found) :])
        if is_running:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if len(found) < len(names):
            name, how = names[len(found)], {"timeout": seconds} if is_running else {"error": "The process ended."}
            found[name] = how
            with scratch.open("a") as file:
                file.write(json.dumps([name, how]) + "\n")
    return found


def _run_rest(names: Sequence[str], run: Callable[[str], Any], scratch: Path) -> None:
    for name in names:
        start = time.monotonic()
        try:
            found = {"value": run(name), "seconds": round(time.monotonic() - start, 1)}
        except BaseException:  # noqa: BLE001 - the parent is told
            found = {"error": traceback.format_exc()}
        with scratch.open("a") as file:
            file.write(json.dumps([name, found]) + "\n")


def copy_example(path: Path, folders: Iterable[Path], home: Path) -> Path:
    """Make a DAG folder with one example and what belongs to it, and return the copy of its file."""
    os.environ["AIRFLOW_HOME"] = str(home)
    dags = home / "dags"
    shutil.rmtree(dags, ignore_errors=True)
    dags.mkdir()
    for folder in folders:
        if (folder / "sql").is_dir():
            shutil.copytree(folder / "sql", dags / "sql", dirs_exist_ok=True)
        for name in {path.name, *ALWAYS}:
            if (folder / name).exists():
                shutil.copy(folder / name, dags)
    return dags / path.name


_FIXED_CHANCE = """import random

random.random = lambda: 0.25
random.choice = lambda values: values[0]
random.randint = lambda low, high: low
"""


def isolate(home: Path) -> None:
    """Close sockets except loopback, let installers work offline, and let chance choose the same in each task.

    The order in which tasks ask for chance differs. Python processes that tasks start find the folder in `PYTHONPATH`.
    """
    if os.environ.get("PYTHONPATH") == str(home / "chance"):
        return
    (home / "chance").mkdir(exist_ok=True)
    (home / "chance" / "sitecustomize.py").write_text(_FIXED_CHANCE)
    exec(_FIXED_CHANCE, {})
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in _LOOPBACK:
            raise OSError("sockets are closed")
        connect(self, address)

    socket.socket.connect = local_only  # type: ignore[method-assign]
    os.environ.update(PIP_NO_INDEX="1", UV_OFFLINE="1", UV_NO_CACHE="1", TZ="UTC", PYTHONPATH=str(home / "chance"))


def plain(value: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
    """Return a value as JSON in which what differs in each run has the same text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return "<now>" if abs(value - time.time()) < _DAY else value
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, datetime):
        return {"datetime": _moment(value.isoformat())}
    if isinstance(value, dict):
        # Branches keep what they follow in the order of a set.
        return {
            str(key): sorted(each, key=str) if key in {"followed", "skipped"} else plain(each)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        name = next(each.__name__ for each in (list, tuple, set, frozenset) if isinstance(value, each))
        items = [plain(each) for each in value]
        return items if name == "list" else {name: items}
    if type(value).__name__ in {"Asset", "Dataset"}:
        # The releases have other fields, and a name in addition to the URI.
        return {"asset": value.uri, "extra": plain(value.extra or {})}
    if type(value).__name__ in {"AssetAlias", "DatasetAlias"}:
        return {"alias": value.name}
    attributes = {name: plain(each) for name, each in vars(value).items()} if hasattr(value, "__dict__") else str(value)
    return {type(value).__name__: attributes}


def _text(text: str) -> str:
    for pattern, replacement in _RULES.items():
        text = re.sub(pattern, replacement, text)
    return text


def _moment(text: str) -> str:
    """Return a moment's text; `<now>` if the run could have made it."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return "<now>" if abs(moment.timestamp() - time.time()) < _DAY else moment.astimezone(timezone.utc).isoformat()
