"""Which DAG files Airflow finds below a folder with `.airflowignore` files, and which are found here."""

from __future__ import annotations

import itertools
import random
import warnings
from pathlib import Path
from typing import Any

import pytest
from real_airflow import MAJOR, load

from airflow_compat._dag_source.files import read_files
from airflow_compat._dag_source.ignore import IgnoreSyntax

DAG = "from airflow.sdk import DAG\nDAG({id!r})\n"
NAMES = ("a", "ab", "b", "test_a", "x y")
GLOBS = (
    *(
        "a.py",
        "/a.py",
        "*.py",
        "!a.py",
        "!*.py",
        "a*",
        "?.py",
        "[ab].py",
        "[!a].py",
        "a/",
        "/a/",
        "a",
        "/a",
        "!a/",
        "b/a.py",
    ),
    *(
        "b/*.py",
        "**/a.py",
        "a/**",
        "a/**/b.py",
        "**/b/",
        "# a.py",
        "  ",
        "a.py # a comment",
        "x y.py",
        r"a\*.py",
        "test_*",
        "/",
    ),
    *("a/b/", "/b/a", "!b/a.py", "*", "*/a.py", "*b*", "ab", "!/a", "b/**", "/*.py"),
)
REGEXPS = (
    *(
        "a",
        "^a",
        "a.py$",
        "b/a",
        "test",
        ".*",
        "^b/",
        "[ab]/",
        "a.*b",
        "x y",
        "# a",
        "a # b",
        "/a",
        "(",
        "^ab?[.]",
        "a|b",
        r"\d",
    ),
)


def _airflows_files(folder: Path, syntax: str) -> set[str]:
    if MAJOR == "2":
        find: Any = load("airflow.utils.file").find_path_from_directory
    else:
        find = load("airflow._shared.module_loading.file_discovery").find_path_from_directory
    with warnings.catch_warnings():
        # What Airflow has of its pathspec, which has moved on.
        warnings.simplefilter("ignore")
        found = list(map(Path, find(str(folder), ".airflowignore", syntax)))
    return {str(path.relative_to(folder)) for path in found if path.suffix == ".py"}


def _our_files(folder: Path, syntax: IgnoreSyntax) -> set[str]:
    return {file.place for file in read_files([folder], syntax=syntax) if file.dags}


def _tree(folder: Path) -> list[Path]:
    """Files of all names in folders of all names, two deep; the folders."""
    folders = [folder, *(folder / name for name in NAMES)]
    folders += [folder / one / other for one, other in itertools.product(NAMES[:3], NAMES[:3])]
    for each in folders:
        each.mkdir(exist_ok=True)
        for name in NAMES:
            (each / f"{name}.py").write_text(DAG.format(id=name.replace(" ", "_")))
    return folders


@pytest.mark.parametrize("syntax", ["glob", "regexp"])
def test_the_same_files_are_found(syntax: IgnoreSyntax, tmp_path: Path) -> None:
    if MAJOR == "2" and syntax == "glob":
        pytest.skip("2.11 forgets that a pattern is there twice; its default is the other syntax")
    folders = _tree(tmp_path)
    generator = random.Random(7)
    lines = GLOBS if syntax == "glob" else REGEXPS
    ignored = 0
    for _ in range(150):
        files = [each / ".airflowignore" for each in dict.fromkeys([folders[0], *generator.sample(folders, 2)])]
        texts = ["\n".join(generator.sample(lines, generator.randint(1, 4))) for _ in files]
        for path, text in zip(files, texts, strict=True):
            path.write_text(text)
        expected = _airflows_files(tmp_path, syntax)
        assert _our_files(tmp_path, syntax) == expected, dict(zip(map(str, files), texts, strict=True))
        ignored += len(expected) < len(folders) * len(NAMES)
        for path in files:
            path.unlink()
    assert ignored > 75
