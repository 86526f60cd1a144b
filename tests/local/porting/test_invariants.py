"""What holds for each rewritten file, tried on the DAG files of this repository, and on other people's code."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from loaded_graphs import loaded_graphs
from porting_invariants import airflow_imports, check_rewrite

from airflow_compat import porting
from airflow_compat._dag_source.syntax import may_hold_dags
from airflow_compat.errors import DagFileError

ROOT = Path(__file__).parents[3]
PROJECTS = {
    "shop": ROOT / "docs" / "examples" / "shop",
    "warehouse": ROOT / "docs" / "examples" / "warehouse",
    "hosted": ROOT / "tests" / "airflow" / "hosted_dags",
    "providers": ROOT / "tests" / "airflow" / "provider_dags",
}
CORPUS = "AIRFLOW_COMPAT_CORPUS"
"""The variable of the environment with a folder of projects that use Airflow."""


def rewrite_all(project: Path) -> Counter[str]:
    """Check the rewrite of each file, write the files, and count those that used and that use Airflow."""
    found: Counter[str] = Counter()
    for path in sorted(project.rglob("*.py")):
        if not path.is_file() or b"airflow" not in (data := path.read_bytes()):
            continue
        try:
            before = airflow_imports(str(path), data)
        except DagFileError:
            # Python can't parse the file.
            continue
        check_rewrite(str(path), data, unsafe=True)
        after = check_rewrite(str(path), data).after
        found["before"] += bool(before)
        found["after"] += bool(airflow_imports(str(path), after))
        path.write_bytes(after)
    assert porting.rewrite([project]).changed == ()
    return found


def check_project(project: Path) -> Counter[str]:
    """Rewrite a project. Each DAG file that loaded still loads, with the same graph."""
    files: dict[Path, str] = {}
    for path in sorted(project.rglob("*.py")):
        if path.is_file() and may_hold_dags(data := path.read_bytes()):
            files[path] = "3" if b"airflow.sdk" in data else "2"
    folders = sorted({parent for path in files for parent in path.parents})
    search = [each for each in folders if each == project or project in each.parents]
    loaded = {path: graphs for path, graphs in loaded_graphs(files, search).items() if graphs}
    counts = rewrite_all(project)
    assert loaded_graphs({path: files[path] for path in loaded}, search) == loaded
    counts["loaded"] = len(loaded)
    return counts


def test_a_rewrite_keeps_graphs_and_comments(tmp_path: Path) -> None:
    for name, project in PROJECTS.items():
        shutil.copytree(project, tmp_path / name)
    counts = check_project(tmp_path)
    assert counts["loaded"] >= 15
    # The shop's `cleanup` uses Airflow's database, and hosted tasks use Airflow's trigger.
    assert counts["after"] <= 2


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.skipif(CORPUS not in os.environ, reason=f"{CORPUS} names no folder of projects")
def test_a_rewrite_keeps_graphs_and_comments_of_a_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[str] = Counter()
    for project in sorted(Path(os.environ[CORPUS]).iterdir()):
        copy = tmp_path / project.name
        shutil.copytree(project, copy, ignore_dangling_symlinks=True)
        counts += check_project(copy)
    share = 1 - counts["after"] / counts["before"]
    with capsys.disabled():
        print(f"{share:.1%} of {counts['before']} files import Airflow no more; {counts['loaded']} DAG files load.")
    assert share >= 0.9
