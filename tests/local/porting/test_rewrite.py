"""`porting.rewrite`: which files it takes, what it writes, and when it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_compat import porting
from airflow_compat.errors import DagFileError, RewriteError

DAG = "from airflow import DAG\n"
DONE = "from airflow_compat.sdk import DAG\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.py", "a.py", "include/helper.py", "notes.txt", ".venv/x.py", "env/x.py", "env/pyvenv.cfg"):
        path = tmp_path / "dags" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(DAG)
    (tmp_path / "dags" / "other.py").write_text("x = 1\n")
    return tmp_path / "dags"


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], check=True, capture_output=True
    )


def test_python_files_below_a_folder_are_rewritten(folder: Path) -> None:
    made = porting.rewrite(["dags", "dags/a.py"])
    assert [each.path for each in made.changed] == ["dags/a.py", "dags/b.py", "dags/include/helper.py"]
    assert made.diff.count("-from airflow import DAG\n") == 3
    assert (folder / "a.py").read_text() == DAG

    made.write()
    assert (folder / "include" / "helper.py").read_text() == DONE
    assert (folder / "env" / "x.py").read_text() == (folder / "notes.txt").read_text() == DAG
    assert porting.rewrite(["dags"]).files == ()


def test_rules_are_chosen_by_their_codes(folder: Path) -> None:
    (folder / "a.py").write_text("from airflow import DAG, models\n")
    assert {each.code for each in porting.rewrite([folder]).fixed} == {"AC101", "AC102"}
    assert {each.code for each in porting.rewrite([folder], select=["AC102"]).fixed} == {"AC102"}
    assert {each.code for each in porting.rewrite([folder], ignore=["AC102"]).fixed} == {"AC101"}
    with pytest.raises(RewriteError, match="No rule has the code 'AC9'"):
        porting.rewrite([folder], select=["AC9"])


def test_unsafe_edits_are_made_on_demand(folder: Path) -> None:
    (folder / "a.py").write_text('patch("airflow.DAG")\n')
    made = porting.rewrite([folder / "a.py"])
    assert [(each.code, each.tier) for each in made.left] == [("AC104", "unsafe")]
    assert porting.rewrite([folder / "a.py"], unsafe=True).changed[0].after == b'patch("airflow_compat.sdk.DAG")\n'


def test_the_number_of_changed_files_can_be_limited(folder: Path) -> None:
    (folder / "include" / "helper.py").write_text("from airflow.models import DagBag\n")
    made = porting.rewrite([folder], max_changes=1)
    assert [Path(each.path).name for each in made.changed] == ["a.py"]
    assert made.waiting == 1
    # What no edit fixes is reported in any case.
    assert [each.code for each in made.left] == ["AC107"]


def test_uncommitted_changes_are_refused(folder: Path) -> None:
    git("init")
    git("add", "dags")
    git("commit", "-m", "DAGs")
    (folder.parent / "elsewhere.txt").write_text("not committed")
    (folder / "a.py").write_text(f"{DAG}x = 1\n")
    (folder / "new.py").write_text("")
    made = porting.rewrite(["dags"])
    with pytest.raises(
        RewriteError, match=r"uncommitted changes in dags/a.py and 1 more. Commit them, or pass --force"
    ):
        made.write()
    assert (folder / "b.py").read_text() == DAG

    git("add", "dags")
    git("commit", "-m", "More")
    made.write()
    assert (folder / "b.py").read_text() == DONE
    # What was written is not committed yet.
    (folder / "b.py").write_text(DAG)
    again = porting.rewrite(["dags"])
    with pytest.raises(RewriteError, match="uncommitted"):
        again.write()
    again.write(force=True)
    assert (folder / "b.py").read_text() == DONE


def test_a_file_that_changed_meanwhile_is_not_overwritten(folder: Path) -> None:
    made = porting.rewrite([folder / "a.py"])
    (folder / "a.py").write_text("changed\n")
    with pytest.raises(RewriteError, match=r"a.py changed while it was rewritten. Run the command again"):
        made.write()
    assert (folder / "a.py").read_text() == "changed\n"


def test_files_that_can_not_be_read_are_problems(folder: Path) -> None:
    (folder / "a.py").write_text("import airflow as\n")
    (folder / "b.py").unlink()
    (folder / "b.py").symlink_to("nowhere")
    made = porting.rewrite([folder])
    assert {Path(each.path).name: each.problem for each in made.files if each.problem} == {
        "a.py": f"line 1: Python {sys.version_info[0]}.{sys.version_info[1]} can't parse the file: invalid syntax",
        "b.py": "the file can't be read (No such file or directory)",
    }
    assert [Path(each.path).name for each in made.changed] == ["helper.py"]
    with pytest.raises(DagFileError, match=r"nowhere: no such file or folder"):
        porting.rewrite(["nowhere"])
    with pytest.raises(DagFileError, match="'' is not a path"):
        porting.rewrite([""])
