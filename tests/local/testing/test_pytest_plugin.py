"""The pytest plugin as pytest finds it, and the files of the page on testing: their imports, and that they can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import airflow_compat

ROOT = Path(airflow_compat.__file__).parents[1]
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "testing.md"
HEAVY = {"prefect", "pydantic", "httpx", "sqlalchemy", "jinja2", "rich"}

# Writes down what the run has imported, since only the run itself can tell.
CONFTEST = """
import pathlib
import sys


def pytest_sessionfinish():
    pathlib.Path("modules.txt").write_text("\\n".join(sorted(sys.modules)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's files, with the plugin's entry point from `pyproject.toml`."""
    for name, source in re.findall(
        r'^```python title="(\w+\.py)"\n(.*?)^```', PAGE.read_text(), re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).write_text(source)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    declared = re.search(r"^\[project.entry-points.pytest11\]\n(?:#.*\n)*(.+)\n", _pyproject(), re.MULTILINE)
    assert declared
    metadata = tmp_path / "site" / "airflow_compat_of_the_test-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: airflow-compat-of-the-test\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\n{declared[1].replace(chr(34), '')}\n")
    return tmp_path


def _pyproject() -> str:
    return (PAGE.parents[2] / "pyproject.toml").read_text()


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder / "site"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def _imported(folder: Path) -> set[str]:
    return set((folder / "modules.txt").read_text().split())


def test_pytest_finds_the_fixtures_and_the_page_s_tests_import_no_prefect(folder: Path) -> None:
    done = _run(folder, "pytest", "-q", "test_shop.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    modules = _imported(folder)
    assert "airflow_compat.testing._pools" in modules
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()


@pytest.mark.parametrize(
    ("was", "broken"),
    [
        ('get_connection("shop_db")', 'get_connection("shop_dc")'),
        ("slots=2", "slots=1"),
        ('set("rows_loaded"', 'set("rows"'),
        ('"told", "on-call"', '"told", "nobody"'),
    ],
)
def test_tests_of_the_page_fail_if_the_code_is_broken(folder: Path, was: str, broken: str) -> None:
    source = (folder / "shop.py").read_text()
    assert was in source
    (folder / "shop.py").write_text(source.replace(was, broken))
    assert _run(folder, "pytest", "-q", "test_shop.py").returncode == 1


def test_the_page_s_unittest_passes_without_prefect(folder: Path) -> None:
    watch = "import atexit, sys; atexit.register(lambda: print([n for n in sys.modules if n == 'prefect']))\n"
    path = folder / "test_shop_unittest.py"
    path.write_text(watch + path.read_text())
    done = _run(folder, "unittest", "test_shop_unittest")
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_context_is_read_whole_without_prefect(folder: Path, version: str) -> None:
    (folder / "test_context.py").write_text(
        f"def test_it(airflow_context):\n    assert len(dict(airflow_context(airflow_version={version!r}))) > 30\n"
    )
    done = _run(folder, "pytest", "-q", "test_context.py")
    assert "1 passed" in done.stdout, done.stdout
    assert {name.partition(".")[0] for name in _imported(folder)} & HEAVY == set()


def test_a_suite_that_uses_no_fixture_imports_only_the_plugin(folder: Path) -> None:
    (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    done = _run(folder, "pytest", "-q", "test_nothing.py")
    assert done.returncode == 0, done.stdout + done.stderr
    modules = {name for name in _imported(folder) if name.startswith("airflow_compat")}
    assert modules == {"airflow_compat", "airflow_compat._pytest_plugin"}


def test_no_fake_is_active_without_a_fixture(folder: Path) -> None:
    (folder / "test_nothing.py").write_text(
        "def test_nothing():\n"
        "    from airflow_compat.connections._override import CONNECTIONS\n"
        "    from airflow_compat.pools._override import POOLS\n"
        "    from airflow_compat.variables._override import VARIABLES\n\n"
        "    assert [override.current() for override in (CONNECTIONS, POOLS, VARIABLES)] == [None] * 3\n"
    )
    done = _run(folder, "pytest", "-q", "test_nothing.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_fixtures_end_with_their_test(folder: Path) -> None:
    (folder / "test_two.py").write_text(
        "from airflow_compat import Variable\n\n\n"
        "def test_first(airflow_variables):\n"
        "    airflow_variables.update({'a': '1'})\n"
        "    Variable.set('b', 2)\n\n\n"
        "def test_second(airflow_variables):\n"
        "    assert (Variable.get('a', None), Variable.get('b', None)) == (None, None)\n"
    )
    done = _run(folder, "pytest", "-q", "test_two.py")
    assert "2 passed" in done.stdout, done.stdout
    listed = _run(folder, "pytest", "--fixtures", "-q", "test_two.py").stdout
    for name in ("connections", "variables", "pools", "context", "compat_server"):
        assert f"airflow_{name}" in listed
