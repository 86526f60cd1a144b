"""Walk through each tutorial as a reader does: all its pages, in order, in one folder.

The pages start a real server, and those of the long one a real worker. The first line of a block defines how it is
tested. Unknown lines fail:

- `python title="Airflow"`: the DAG before the port; compiled here, and run by `tests/airflow`.
- `python title="PATH"`, `json title="PATH"`: written to the file.
- `python title="PATH, continued"`: appended to the file.
- `console`: commands after `$`, run in Terminal 1, each with its output. `shown.py` lists the allowed differences.
- `shell`: commands alone.
- `console title="Terminal N"`: the last command runs in its own terminal until the block with `^C`. The test waits for
  the lines below it.
- `text title="Terminal N"`: the next output there. The test waits for it.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tally
from fences import blocks, commands
from shown import difference
from terminals import PATIENCE, Terminal

ROOT = Path(__file__).parents[2]
LONG = sorted((ROOT / "docs" / "tutorial" / "project").glob("*.md"))
SHORT = ROOT / "docs" / "tutorial" / "first-flow.md"

FENCES = {
    "airflow": r'python title="Airflow"',
    "write": r'(python|json) title="(?P<path>[\w./]+)"',
    "add": r'python title="(?P<path>[\w./]+), continued"',
    "terminal": r'console title="(?P<terminal>Terminal [2-9])"',
    "look": r'text title="(?P<terminal>Terminal [2-9])"',
    "console": r"console",
    "shell": r"shell",
}

# The ports on the pages. A walk replaces them by free ports.
PORTS = ("4200", "4242")

# How long pip may take to install everything, in seconds.
INSTALLING = 1200


class Walk:
    """One reader's way through the pages.

    Args:
        folder: An empty folder, where the reader starts.
        project: The folder in it that the pages create for their files.
        environment: The reader's environment.
        instead: Returns the command to run in place of a command, or None to skip it.
    """

    def __init__(
        self, folder: Path, project: str, environment: dict[str, str], instead: Callable[[str], str | None]
    ) -> None:
        self.folder = folder
        self.project = folder / project
        self.files: set[str] = set()
        self._environment = environment
        self._instead = instead
        self._ports = {port: str(_free_port()) for port in PORTS}
        environment["PREFECT_SERVER_API_PORT"] = self._ports["4200"]
        self._exit_code = 0
        self._has_run = False
        self._terminals: dict[str, Terminal] = {}

    def read(self, page: Path) -> None:
        text = re.sub("|".join(PORTS), lambda found: self._ports[found[0]], page.read_text())
        for line, info, source in blocks(page, text):
            kind, found = next(
                ((kind, found) for kind, pattern in FENCES.items() if (found := re.fullmatch(pattern, info))),
                ("", None),
            )
            assert found, f"{page.name}:{line}: no block here opens with {info!r}"
            self._has_run = False
            complaint = getattr(self, f"_{kind}")(source, **found.groupdict())
            assert not complaint, f"{page.name}:{line}: {complaint}"
            if what := self._done_with(kind):
                tally.note(page, line, what)
        assert not self._exit_code, f"{page.name}: exit code {self._exit_code} at the end of the page"

    def _done_with(self, kind: str) -> str | None:
        if kind in ("console", "shell"):
            return tally.RUN if self._has_run else tally.TRIED
        return {"airflow": tally.COMPILED, "write": tally.USED, "add": tally.USED, "terminal": tally.RUN}.get(kind)

    def close(self) -> None:
        for terminal in reversed(self._terminals.values()):
            terminal.close()

    def _airflow(self, source: str) -> None:
        compile(source, "airflow", "exec", dont_inherit=True)

    def _write(self, source: str, path: str) -> None:
        file = self.project / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
        self.files.add(path)

    def _add(self, source: str, path: str) -> None:
        with (self.project / path).open("a") as file:
            file.write(f"\n\n{source}")

    def _shell(self, source: str) -> str | None:
        return self._run("shell", source)

    def _console(self, source: str) -> str | None:
        return self._run("console", source)

    def _run(self, kind: str, source: str) -> str | None:
        terminal = self._open("Terminal 1")
        for command, shown in commands(kind, source):
            if command == "echo $?":
                printed, self._exit_code = str(self._exit_code), 0
            elif self._exit_code:
                return f"exit code {self._exit_code} before {command!r}; the page must show it with `echo $?`"
            elif not (does := self._instead(command)):
                continue
            else:
                self._has_run = True
                printed, self._exit_code = terminal.run(does, INSTALLING)
            if kind == "console" and (different := difference(shown, printed)):
                return f"{command}\n{different}"
            if kind == "shell" and self._exit_code:
                return f"{command}\n{printed}"
        return None

    def _terminal(self, source: str, terminal: str) -> str | None:
        if source.startswith("^C\n"):
            self._terminals[terminal].interrupt()
            complaint = self._terminals[terminal].wait_for(source.partition("\n")[2])
            self._terminals[terminal].wait_for_the_end()
            return complaint
        [*before, (last, shown)] = commands("console", source)
        opened = self._open(terminal)
        for command, output in before:
            printed, exit_code = opened.run(command)
            if exit_code or difference(output, printed):
                return f"{command}\n{printed}"
        opened.start(last)
        return opened.wait_for(shown) or _open_in_a_browser(shown)

    def _look(self, source: str, terminal: str) -> str | None:
        return self._terminals[terminal].wait_for(source)

    def _open(self, name: str) -> Terminal:
        if name not in self._terminals:
            state = self.folder / f".{name}"
            self._terminals[name] = Terminal(name, self.folder, self._environment, state)
        return self._terminals[name]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _open_in_a_browser(shown: str) -> str | None:
    """If a command printed an address, wait until it answers, as a reader's browser would."""
    until = time.monotonic() + PATIENCE
    for address in re.findall(r"http://\S+", shown):
        while not _answers(f"{address}/api/health"):
            if time.monotonic() > until:
                return f"nothing answers at {address}"
            time.sleep(0.1)
    return None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Return the environment of a reader who has never used Prefect, with shorter waits."""
    prefixes = ("PREFECT_", "AIRFLOW_", "PYTEST_", "COV_", "VIRTUAL_ENV", "COLUMNS", "FORCE_COLOR")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return environment | {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # As in a terminal, what a flow prints appears between the lines of its log.
        "PYTHONUNBUFFERED": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }


@pytest.fixture
def walk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Walk]:
    project, prepared = request.param
    walk = Walk(tmp_path, project, *prepared())
    yield walk
    walk.close()
    # pytest keeps the folders of the last runs, and a new environment takes hundreds of megabytes.
    shutil.rmtree(walk.project / ".venv", ignore_errors=True)


def _with_what_is_here() -> tuple[dict[str, str], Callable[[str], str | None]]:
    """Use the tests' own environment in place of a new one."""
    folder = Path(sys.executable).parent
    instead = {
        'git clone "$AIRFLOW_COMPAT" airflow_compat': None,
        "python -m venv .venv": f"mkdir -p .venv/bin && echo 'export PATH={folder}:$PATH' > .venv/bin/activate",
        'python -m pip install "../airflow_compat[sqlalchemy]" pytest': None,
        'python -m pip install "../airflow_compat[sqlalchemy]"': None,
        # Starts a second server, for a fixture that other tests cover.
        "python -m pytest -q test_flow.py": None,
    }
    return _environment(), lambda command: instead.get(command, command)


def _from_the_beginning() -> tuple[dict[str, str], Callable[[str], str | None]]:
    """Use a clone of the last commit, in a new environment."""
    environment = _environment()
    environment.pop("PYTHONPATH", None)
    environment["AIRFLOW_COMPAT"] = str(ROOT)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return environment, lambda command: command


def _read_long(walk: Walk) -> None:
    for page in LONG:
        walk.read(page)
    assert len(LONG) == 7
    assert {"dags/daily_sales.py", "flows/daily_sales.py", "alerts.py"} <= walk.files


def _read_short(walk: Walk) -> None:
    walk.read(SHORT)
    assert {"daily_sales.py", "count.py"} <= walk.files


from_a_clone = pytest.mark.skipif(
    not shutil.which("git") or not (ROOT / ".git").exists(), reason="it clones the repository"
)


@pytest.mark.parametrize("walk", [("shop", _with_what_is_here)], indirect=True, ids=["here"])
def test_the_pages_in_order(walk: Walk) -> None:
    _read_long(walk)


@pytest.mark.parametrize("walk", [("first-dag", _with_what_is_here)], indirect=True, ids=["here"])
def test_the_short_tutorial(walk: Walk) -> None:
    _read_short(walk)


@pytest.mark.stress
@pytest.mark.timeout(2 * INSTALLING)
@from_a_clone
@pytest.mark.parametrize("walk", [("shop", _from_the_beginning)], indirect=True, ids=["fresh"])
def test_the_pages_in_order_from_a_clone(walk: Walk) -> None:
    _read_long(walk)


@pytest.mark.stress
@pytest.mark.timeout(2 * INSTALLING)
@from_a_clone
@pytest.mark.parametrize("walk", [("first-dag", _from_the_beginning)], indirect=True, ids=["fresh"])
def test_the_short_tutorial_from_a_clone(walk: Walk) -> None:
    _read_short(walk)
