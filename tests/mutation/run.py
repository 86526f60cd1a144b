"""Changes the pure modules in a sample of places, one at a time, and sees whether a test fails that needs no server.

Run it as `nox -s mutate`, or `PYTHONPATH=.:tests python tests/mutation/run.py --number 300`. The sample depends on the
commit alone. It ends with 1 where less than 90 % of the mutants were killed. Those of `equivalent.toml` behave as the
code does, and are not counted.

Each mutant runs in a fork of this process, which has imported pytest, Prefect, and nothing of ours. The tests that run
are those whose file had loaded the mutated module when they ran alone, those of the module's feature first.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import hypothesis
import numpy as np
import prefect.main
import pytest
from mutants import Mutant, sample
from pure_modules import ROOT, pure_modules, tomllib

LEVELS = ("core", "local")
GOAL = 0.9
_PRELOADED = (hypothesis, np, prefect.main)
# For what loops: its tests take seconds otherwise.
_SECONDS = 300
_NOT_MUTATED = 71


@dataclass(frozen=True)
class TestFile:
    """A file of tests, the modules of ours that it loads, and the seconds that it takes."""

    path: Path
    modules: frozenset[str]
    seconds: float


class _Mutated(MetaPathFinder, SourceFileLoader):
    """Loads the one module from its mutated source."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(mutant.path))
        self._source = mutant.source
        self.is_loaded = False

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        self.is_loaded = True
        return compile(self._source, self.path, "exec", dont_inherit=True)


def _fork(work: Callable[[], int], output: str = os.devnull) -> int:
    """Run it in a process of its own, and write down what it prints; that process's id."""
    if pid := os.fork():
        return pid
    try:
        os.setsid()
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os._exit(work())
    finally:
        os._exit(70)


def _pytest(files: Iterable[Path]) -> int:
    # pytest would load our modules itself, to rewrite the assertions of those that its plugin has.
    return int(pytest.main(["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", *map(str, files)]))


def read_test_files(folder: Path) -> list[TestFile]:
    """Run each file alone; one that fails can't say anything of mutants, and is left out."""
    found = []
    for path in sorted(path for level in LEVELS for path in (ROOT / "tests" / level).rglob("test_*.py")):
        notes = folder / "notes"

        def work(path: Path = path, notes: Path = notes) -> int:
            code = _pytest([path])
            notes.write_text("\n".join(name for name in sys.modules if name.startswith("airflow_compat")))
            return code

        start = time.monotonic()
        output = folder / "output"
        _, status = os.waitpid(_fork(work, str(output)), 0)
        if status:
            print(f"{output.read_text()}\nleft out: {path.relative_to(ROOT)} fails without a mutation", flush=True)
            continue
        found.append(TestFile(path, frozenset(notes.read_text().split()), time.monotonic() - start))
    return found


def tests_of(mutant: Mutant, files: list[TestFile]) -> tuple[list[Path], list[Path]]:
    """The files of tests that may kill it: those of its feature, and the others; quick ones before slow ones."""
    using = sorted((file for file in files if mutant.module in file.modules), key=lambda file: file.seconds)
    near = [file.path for file in using if file.path.parent.name == mutant.module.split(".")[1]]
    return near, [file.path for file in using if file.path not in near]


def run(mutants: list[Mutant], files: list[TestFile], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant, and whether it was killed."""
    waiting = list(reversed(mutants))
    running: dict[int, tuple[Mutant, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()

            def work(mutant: Mutant = mutant) -> int:
                finder = _Mutated(mutant)
                sys.meta_path.insert(0, finder)
                codes = (_pytest(part) for part in tests_of(mutant, files) if part)
                code = next(filter(None, codes), 0)
                return code if finder.is_loaded or mutant.module not in sys.modules else _NOT_MUTATED

            running[_fork(work)] = mutant, time.monotonic() + _SECONDS
        for pid, (mutant, until) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended and time.monotonic() > until:
                os.killpg(pid, signal.SIGKILL)
                ended, status = os.waitpid(pid, 0)
            if ended:
                del running[pid]
                if os.waitstatus_to_exitcode(status) == _NOT_MUTATED:
                    sys.exit(f"{mutant.module} was loaded from its file")
                yield mutant, status != 0
        time.sleep(0.02)


def main() -> None:
    """Run the sample, and tell of each that survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=300, help="how many mutants")
    parser.add_argument("--seed", help="the commit's hash, if not given")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--module", help="only modules whose name has this in it", default="")
    asked = parser.parse_args()
    seed = asked.seed or subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    os.chdir(ROOT)
    entries = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text()).get("mutant", [])
    equivalent = {(each["module"], each["before"], each["after"]) for each in entries}
    modules = {name: path for name, path in pure_modules().items() if asked.module in name}
    mutants = [each for each in sample(asked.number, seed, modules) if each.key not in equivalent]
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HYPOTHESIS_PROFILE="mutation", HYPOTHESIS_STORAGE_DIRECTORY=folder)
        files = read_test_files(Path(folder))
        killed = 0
        for mutant, dead in run(mutants, files, asked.jobs):
            killed += dead
            if not dead:
                place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
                print(f"survived: {place}\n    - {mutant.before}\n    + {mutant.after}", flush=True)
    print(f"{killed} of {len(mutants)} mutants killed; of {asked.number}, the others are known as equivalent; {seed}")
    sys.exit(killed < GOAL * len(mutants))


if __name__ == "__main__":
    main()
