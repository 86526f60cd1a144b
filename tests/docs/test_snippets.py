"""Run or check every code block of README.md, CONTRIBUTING.md and the pages, page by page and in order.

The first line of a block defines how it is tested. Unknown lines fail:

- `python`: run. The next `text title="Output"` block must show its output.
- `python title="Airflow"`: the code before the port; compiled here, and run by `tests/airflow`.
- `python title="NAME.py"`: written to a file of that name, which later blocks may import. It may be in `dags/`.
- `json title="NAME"`, `yaml title="NAME"`: written to a file of that name. Prefect must know every key of a
  `prefect.yaml`.
- `console`: commands after `$`, each with its output, in which only times may differ. Commands of ours, Prefect, pytest
  and unittest are run; the others must be in `KNOWN_COMMANDS`.
- `shell`: commands alone, to copy.
- `text`: a drawing.
- `diff`: a change of code that a page shows; `test_rules_pages.py` makes and compares it.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tally
import yaml
from fences import LEXER, commands
from sybil import Document, Example, Region
from sybil.evaluators.python import PythonEvaluator, pad

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

# test_tutorial.py walks through the tutorials.
PAGES = [page for page in tally.PAGES if "tutorial" not in page.parts]

# Commands that are not ours, or that would start the tests again. Try a new one by hand before you add it.
KNOWN_COMMANDS = {
    "python -m venv .venv",
    ". .venv/bin/activate",
    'python -m pip install ".[examples]" && python docs/examples/warehouse/flow.py',
    "python -m pip install nox && nox -s tests",
    'python -m pip install ".[postgres]"',
    'git clone "$AIRFLOW_COMPAT" airflow_compat',
    'python -m pip install "./airflow_compat[postgres]"',
    "cp -r airflow_compat/docs/examples/shop shop",
    "cd shop",
    ". ../.venv/bin/activate",
    'export PREFECT_HOME="$PWD/.prefect"',
    "prefect server start",
    "prefect config set PREFECT_API_URL=http://127.0.0.1:4200/api",
    "prefect worker start --pool shop",
    "airflow connections export connections.json",
    "airflow variables export variables.json",
    "airflow pools export pools.json",
    "python -m pip install --upgrade pip",
    'python -m pip install -e ".[examples]" --group dev',
    "pre-commit install",
    "pytest tests/docs -k pools",
    "python serve_callbacks.py",
    "helm repo add prefect https://prefecthq.github.io/prefect-helm",
    "helm repo update",
    "helm install prefect-worker prefect/prefect-worker --namespace etl --create-namespace -f values.yaml",
}

# Kinds of block, by the line that opens them.
KINDS = {
    "airflow": r'python title="Airflow"',
    "module": r'python title="(?P<name>(dags/)?\w+\.py)"',
    "python": r'python( title="[^"]+")?',
    "output": r'text title="Output"',
    "text": r"text",
    "json": r'json title="(?P<name>[^"]+)"',
    "yaml": r'yaml title="(?P<name>[^"]+)"',
    "console": r"console",
    "shell": r"shell",
    "diff": r"diff",
}


class Blocks:
    """Sybil's parser for a page, which also runs the blocks."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.commands: list[str] = []
        self._python = PythonEvaluator()
        self._printed = ""
        self._exit_code = 0
        self._has_run = False

    def __call__(self, document: Document) -> Iterator[Region]:
        evaluators = {
            "airflow": self._compile,
            "module": self._keep,
            "python": self._execute,
            "output": self._compare,
            "text": self._leave,
            "json": self._write_json,
            "yaml": self._write_yaml,
            "console": self._shell,
            "shell": self._shell,
            "diff": self._leave,
            "unknown": self._refuse,
        }
        for region in LEXER(document):
            kind = _kind(region.lexemes["info"])
            self.kinds[kind] += 1
            if kind in ("console", "shell"):
                self.commands += [command for command, _ in commands(kind, region.lexemes["source"])]
            region.parsed = region.lexemes["source"]
            region.evaluator = evaluators[kind]
            yield region

    def run(self, page: Path) -> None:
        document = Document.parse(str(page), self)
        # As in a script: Prefect asks a flow's function for its module.
        document.namespace["__name__"] = "__main__"
        for example in document.examples():
            self._has_run = False
            example.evaluate()
            if what := self._done_with(_kind(example.region.lexemes["info"])):
                tally.note(page, example.line, what)
        assert not self._printed, f"the last block prints what the page doesn't show: {self._printed!r}"

    def _done_with(self, kind: str) -> str | None:
        if kind in ("console", "shell"):
            return tally.RUN if self._has_run else tally.TRIED
        files = dict.fromkeys(("module", "json", "yaml"), tally.USED)
        return {"airflow": tally.COMPILED, "python": tally.RUN, "diff": tally.MADE, **files}.get(kind)

    def _refuse(self, example: Example) -> str:
        return f"{Path(__file__).name} knows no block that opens with {example.region.lexemes['info']!r}"

    def _leave(self, example: Example) -> None:
        """Accept what can't run."""

    def _compile(self, example: Example) -> None:
        compile(pad(example.parsed, example.line), example.path, "exec", dont_inherit=True)

    def _keep(self, example: Example) -> None:
        self._compile(example)
        self._write(example)

    def _execute(self, example: Example) -> str | None:
        if self._printed:
            return f"the block before this one prints what the page doesn't show: {self._printed!r}"
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self._python(example)
        self._printed = out.getvalue()
        return None

    def _compare(self, example: Example) -> str | None:
        printed, self._printed = self._printed, ""
        return _difference(example.parsed, printed)

    def _write_json(self, example: Example) -> None:
        json.loads(example.parsed)
        self._write(example)

    def _write_yaml(self, example: Example) -> str | None:
        data = yaml.safe_load(example.parsed)
        self._write(example)
        return _not_prefects(data) if _name(example).endswith("prefect.yaml") else None

    def _write(self, example: Example) -> None:
        file = Path(_name(example))
        file.parent.mkdir(exist_ok=True)
        file.write_text(example.parsed)

    def _shell(self, example: Example) -> str | None:
        kind = _kind(example.region.lexemes["info"])
        for command, shown in commands(kind, example.parsed):
            self._has_run |= command not in KNOWN_COMMANDS
            if command == "echo $?":
                printed, self._exit_code = str(self._exit_code), 0
            elif self._exit_code:
                return f"exit code {self._exit_code} before {command!r}; the page must show it with `echo $?`"
            elif command.startswith("airflow-compat "):
                printed = self._call(command)
            elif command in KNOWN_COMMANDS:
                printed = ""
            elif command.startswith("export "):
                name, _, value = command.removeprefix("export ").partition("=")
                os.environ[name] = value
                printed = ""
            elif command.startswith(("prefect ", "pytest ", "python -m unittest ")):
                printed = self._call_module(command.removeprefix("python -m "))
            else:
                return f"{command!r} is not among the known commands"
            if kind == "console" and (difference := _difference(shown, printed)):
                return f"{command}\n{difference}"
        return f"exit code {self._exit_code} at the end of the block" if self._exit_code else None

    def _call(self, command: str) -> str:
        from airflow_compat.cli._app import run

        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            self._exit_code = run(shlex.split(command)[1:])
        return out.getvalue()

    def _call_module(self, command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            env=os.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._exit_code = done.returncode
        return done.stdout


def _kind(info: str) -> str:
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, info)), "unknown")


def _name(example: Example) -> str:
    """Return the file of a block."""
    info = example.region.lexemes["info"]
    found = re.fullmatch(KINDS[_kind(info)], info)
    assert found
    return found["name"]


def _not_prefects(data: Any) -> str | None:
    """Return a complaint about keys that Prefect doesn't know and would silently ignore."""
    from prefect.cli.deploy._models import PrefectYamlModel

    known = PrefectYamlModel.model_validate(data).model_dump(mode="json", by_alias=True, exclude_unset=True)
    pairs = [(data, known), *zip(data["deployments"], known["deployments"], strict=True)]
    pairs += [(mine["work_pool"], theirs["work_pool"]) for mine, theirs in pairs[1:] if "work_pool" in mine]
    ignored = [key for mine, theirs in pairs for key in mine if key not in theirs]
    return f"Prefect ignores {', '.join(ignored)}" if ignored else None


# Points in time, and the durations of task instances.
_TIMES = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d| +\d+\.\d\d s\b"


def _difference(shown: str, printed: str) -> str | None:
    texts = [re.sub(_TIMES, "THE TIME", text) for text in (shown, printed)]
    lines = [[line.rstrip() for line in text.strip().splitlines()] for text in texts]
    return None if lines[0] == lines[1] else f"the page shows:\n{shown}\nbut this is printed:\n{printed}"


@pytest.fixture
def _as_a_reader(prefect_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Provide an empty directory, and restore the server and the environment after the page.

    Many pages use the same names on the server.
    """
    from prefect.client.orchestration import get_client

    monkeypatch.chdir(tmp_path)
    # Pages import modules that they wrote. Other pages may have modules of the same names.
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = set(sys.modules)
    environment = dict(os.environ)
    with get_client(sync_client=True) as client:
        before = _held(client)
        yield
        for name in set(sys.modules) - modules:
            if getattr(sys.modules[name], "__file__", None) == str(tmp_path / f"{name}.py"):
                del sys.modules[name]
        os.environ.clear()
        os.environ.update(environment)
        # Deleting a deployment also deletes its limit.
        for kind in ("/deployments/", "/"):
            for path in _held(client) - before:
                if path.startswith(kind):
                    client.request("DELETE", path)


def _held(client: SyncPrefectClient) -> set[str]:
    """Return the API paths of all objects that a page may create."""
    kinds = {
        "/block_documents": "id",
        "/variables": "id",
        "/v2/concurrency_limits": "id",
        "/automations": "id",
        "/deployments": "id",
        "/work_pools": "name",
    }
    found = set()
    for kind, key in kinds.items():
        for offset in itertools.count(0, 200):
            page = client.request("POST", f"{kind}/filter", json={"limit": 200, "offset": offset}).json()
            found |= {f"{kind}/{item[key]}" for item in page}
            if len(page) < 200:
                break
    return found


@pytest.mark.usefixtures("_as_a_reader")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(tally.ROOT)))
def test_page(page: Path) -> None:
    Blocks().run(page)


def test_blocks_are_found() -> None:
    """Fail if no pages are selected, or if fences are no longer recognised."""
    blocks = Blocks()
    for page in tally.PAGES:
        Document.parse(str(page), blocks)
    assert len(PAGES) >= 14
    least = {"python": 30, "module": 3, "airflow": 6, "output": 15, "json": 10, "yaml": 5, "console": 8, "shell": 6}
    assert {kind: blocks.kinds[kind] for kind in least if blocks.kinds[kind] < least[kind]} == {}
    assert {*blocks.commands} >= KNOWN_COMMANDS, "known commands that no page has; remove them"
