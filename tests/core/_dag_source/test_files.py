"""The search for DAG files in folders: found files, skipped files, and errors that do not stop it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from airflow_compat._dag_source.files import read_files
from airflow_compat.errors import DagFileError

DAG = "from airflow.sdk import DAG\nDAG({id!r})\n"


def write(path: Path, dag_id: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DAG.format(id=dag_id or path.stem))
    return path


def found(*paths: Path, syntax: str = "glob") -> list[str]:
    """Return the files' DAGs and the start of each problem, in order."""
    files = read_files(paths, syntax=syntax)  # type: ignore[arg-type]
    return [
        text
        for file in files
        for text in (*(dag.dag_id for dag in file.dags), *(f"! {problem.message}" for problem in file.problems))
    ]


def test_folders_are_searched_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "team/c.py", "team/deep/d.py", "x.txt", "README.md"):
        write(tmp_path / name)
    assert found(tmp_path) == ["a", "b", "c", "d"]
    assert found(tmp_path / "team", tmp_path / "a.py") == ["c", "d", "a"]
    files = read_files([tmp_path / "team"], syntax="glob")
    assert [file.place for file in files] == ["c.py", "deep/d.py"]


def test_file_given_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    (tmp_path / "link.py").symlink_to("a.py")
    assert found(tmp_path, tmp_path / "a.py", tmp_path) == ["a"]


def test_ignored_files_are_skipped(tmp_path: Path) -> None:
    for name in ("a.py", "helpers/b.py", "team/c.py", "team/d.py", "team/e.py"):
        write(tmp_path / name)
    (tmp_path / ".airflowignore").write_text("helpers/\n# a.py\n")
    (tmp_path / "team" / ".airflowignore").write_text("*.py\n!d.py\n")
    assert found(tmp_path) == ["a", "d"]
    (tmp_path / ".airflowignore").write_text("help.rs\nc[\n")
    (tmp_path / "team" / ".airflowignore").write_text("/d\n")
    told = found(tmp_path, syntax="regexp")
    assert [each for each in told if not each.startswith("!")] == ["a", "c", "e"]
    assert "line 2 is not a valid regexp" in next(each for each in told if each.startswith("!"))


def test_circular_links_are_skipped(tmp_path: Path) -> None:
    write(tmp_path / "team" / "a.py")
    (tmp_path / "team" / "again").symlink_to(tmp_path)
    (tmp_path / "team" / "loop").symlink_to("loop")
    (tmp_path / "gone.py").symlink_to("nowhere")
    told = found(tmp_path)
    assert told.count("a") == 1
    assert any("the link leads to a folder that was already read" in each for each in told)
    assert any("the file can't be read" in each for each in told)
    # What leads to itself is no folder.
    assert len(told) == 3


def test_unreadable_files_are_reported(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "broken.py").write_text("from airflow import DAG\nDAG(")
    (tmp_path / "large.py").write_bytes(b"# airflow dag\n" + b"#" * 5_000_000)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("x.py", DAG)
    (tmp_path / "folder.py").mkdir()
    told = found(tmp_path)
    assert told[0] == "a"
    messages = ["can't parse the file", "bytes, but", "are not read; unpack the file", "not a regular file"]
    assert [message for message in messages if not any(message in each for each in told)] == []
    assert len(told) == 1 + len(messages)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_read_permission_are_reported(tmp_path: Path) -> None:
    write(tmp_path / "a.py").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    assert [each[:20] for each in found(tmp_path)] == ["! the file can't be r", "! the folder can't b"]


def test_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DagFileError, match="no such file or folder"):
        found(tmp_path / "nowhere")


def test_cyclic_imports_are_harmless(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import x\nfrom airflow import DAG\nDAG('a', schedule=x)\n")
    (tmp_path / "b.py").write_text("from a import x\nfrom airflow import DAG\nDAG('b', schedule=x)\n")
    assert found(tmp_path) == ["a", "b"]
