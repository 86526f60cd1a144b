"""The files of a folder share helper modules, as far as they can't notice it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dag_folders import write

from airflow_compat.dags._load_folder import LoadedFolder, load_folder
from airflow_compat.dags._loading import LoadedFile, load_file

# Each run of a helper module writes a line.
COUNTED = """
import pathlib
with (pathlib.Path(__file__).parent / "runs.txt").open("a") as runs:
    print(__file__, file=runs)
"""
DAG = "from airflow import DAG\n{code}\nwith DAG({dag_id!r}, schedule=None, tags=[{tag}]) as dag:\n    pass\n"


def runs(folder: Path) -> int:
    return len((folder / "runs.txt").read_text().splitlines())


def dag_file(dag_id: str, code: str, tag: str = "") -> str:
    return DAG.format(dag_id=dag_id, code=code, tag=tag)


def tags(loaded: LoadedFolder) -> dict[str, set[str]]:
    assert not loaded.import_errors
    return {dag_id: set(dag.tags) for dag_id, dag in loaded.dags.items()}


def module_of(file: LoadedFile) -> ModuleType:
    [module] = [
        each
        for each in list(sys.modules.values())
        if getattr(each, "__file__", "") == str(file.path) and each.__name__.startswith("dag_file_")
    ]
    return module


def test_a_helper_runs_once_for_all_files_and_again_for_each_load(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "dags/helper.py": COUNTED + "NAME = 'old'",
            "dags/package/__init__.py": COUNTED + "from helper import NAME",
            **{f"dags/{name}/{name}.py": dag_file(name, "from package import NAME", "NAME") for name in "abc"},
            "dags/d.py": dag_file("d", "import helper", "helper.NAME"),
        },
    )
    assert tags(load_folder(folder)) == {name: {"old"} for name in "abcd"}
    assert runs(folder) == 1
    assert runs(folder / "package") == 1
    write(tmp_path, {"dags/helper.py": COUNTED + "NAME = 'new'"})
    assert tags(load_folder(folder)) == {name: {"new"} for name in "abcd"}
    assert runs(folder) == 2
    # A file that is loaded alone has a helper of its own.
    first, second = (load_file(folder / "d.py") for _ in range(2))
    assert runs(folder) == 4
    assert first.dags["d"] is not second.dags["d"]


def test_a_package_stays_shared_when_files_import_its_submodules(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "dags/package/__init__.py": COUNTED,
            **{f"dags/package/{name}.py": "" for name in "abc"},
            **{f"dags/{name}.py": dag_file(name, f"from package import {name}") for name in "abc"},
        },
    )
    assert tags(load_folder(folder)).keys() == set("abc")
    assert runs(folder / "package") == 1


HELPER = """
import collections, hashlib
from airflow import DAG
class Settings:
    region = "eu"
    def __init__(self):
        self.names = ["x"]
VALUE = "x"
ARGS = {"tag": "x", "inner": {"tag": ["x"]}}
NAMES = ["x"]
FOUND = {"x"}
COUNTS = collections.defaultdict(int, x=1)
SETTINGS = Settings()
GROUPED = (["x"],)
with DAG("in_helper", schedule=None, auto_register=False) as dag_of_helper:
    pass
def state():
    values = [VALUE, ARGS, NAMES, sorted(FOUND), dict(COUNTS), vars(SETTINGS), Settings.region, GROUPED]
    text = repr([*values, dag_of_helper.description])
    return hashlib.md5(text.encode()).hexdigest()
"""
CHANGES = {
    "dict": "helper.ARGS.update(tag='changed')",
    "inner": "helper.ARGS['inner']['tag'][0] = 'changed'",
    "list": "helper.NAMES.append('changed')",
    "set": "helper.FOUND.add('changed')",
    "defaultdict": "helper.COUNTS['changed']",
    "variable": "helper.VALUE = 'changed'",
    "new": "helper.ARGS['new'] = helper.NEW = 1",
    "class": "helper.Settings.region = 'changed'",
    "object": "helper.SETTINGS.names = 'changed'",
    "tuple": "helper.GROUPED[0].clear()",
    "dag": "helper.dag_of_helper.description = 'changed'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_a_helper_is_seen_by_one_file_alone(tmp_path: Path, change: str) -> None:
    changing = f"import helper, user\n{change}"
    folder = write(
        tmp_path,
        {
            "dags/helper.py": HELPER,
            "dags/user.py": "import helper\nARGS = helper.ARGS\ndef state():\n    return helper.state()",
            "dags/a.py": dag_file("a", "import user", "user.state()"),
            "dags/b.py": dag_file("b", changing, "user.state()"),
            "dags/c.py": dag_file("c", "import helper", "helper.state()"),
            "dags/d.py": dag_file("d", changing, "helper.state()"),
            "dags/e.py": dag_file("e", "import user", "str(user.ARGS is user.helper.ARGS)"),
        },
    )
    loaded = load_folder(folder)
    found = tags(LoadedFolder(tuple(file for file in loaded.files if file.path.name != "helper.py"), {}))
    assert found["a"] == found["c"]
    assert found["b"] == found["d"] != found["a"]
    assert found["e"] == {"True"}
    # Also after all files were loaded.
    first, second = (module_of(file) for file in loaded.files if file.path.name in ("a.py", "b.py"))
    assert {first.user.state()} == found["a"]
    assert {second.user.state()} == found["b"]


def test_a_helper_that_imports_from_the_folder_of_a_file_is_not_shared(tmp_path: Path) -> None:
    common = """
        try:
            from settings import NAME
        except ImportError:
            NAME = 'none'
        def late():
            import lazy
            return lazy.NAME
    """
    source = "import user\ndef late():\n    return user.common.late()"
    folder = write(
        tmp_path,
        {
            "dags/common.py": common,
            "dags/user.py": "import common",
            "dags/0.py": dag_file("0", "import user", "user.common.NAME"),
            **{f"dags/{name}/etl.py": dag_file(name, source, "user.common.NAME") for name in "ab"},
            **{f"dags/{name}/{module}.py": f"NAME = {name!r}" for name in "ab" for module in ("settings", "lazy")},
            "dags/z.py": dag_file("z", "import user", "user.common.NAME"),
        },
    )
    loaded = load_folder(folder)
    assert tags(loaded) == {"0": {"none"}, "a": {"a"}, "b": {"b"}, "z": {"none"}}
    for dag_id in "ab":
        assert module_of(loaded.file_of[dag_id]).late() == dag_id


def test_lazy_imports_of_a_shared_helper_find_the_folder_of_the_file(tmp_path: Path) -> None:
    source = "import common\ndef late():\n    return common.late()"
    folder = write(
        tmp_path,
        {
            "dags/common.py": COUNTED
            + "def late():\n    import lazy, importlib\n    return importlib.import_module('lazy').NAME",
            **{f"dags/{name}/etl.py": dag_file(name, source) for name in "ab"},
            **{f"dags/{name}/lazy.py": f"NAME = {name!r}" for name in "ab"},
        },
    )
    loaded = load_folder(folder)
    assert tags(loaded) == {"a": set(), "b": set()}
    assert runs(folder) == 1

    def late(dag_id: str) -> Any:
        file = loaded.file_of[dag_id]
        with file.active():
            return module_of(file).late()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(late, "ab" * 20)) == [*"ab" * 20]


def test_folders_on_sys_path_serve_one_file(tmp_path: Path) -> None:
    code = "import sys\nsys.path.append({lib!r})\nimport of_lib, user"
    folder = write(
        tmp_path,
        {
            "dags/user.py": "import of_lib\nNAME = of_lib.NAME",
            **{f"lib/{name}/of_lib.py": f"NAME = {name!r}" for name in "ab"},
            **{
                f"dags/{name}.py": dag_file(
                    name, code.format(lib=str(tmp_path / "lib" / name)), "user.NAME, of_lib.NAME"
                )
                for name in "ab"
            },
            "dags/c.py": "from airflow import DAG\nimport of_lib",
        },
    )
    loaded = load_folder(folder)
    [message] = loaded.import_errors.values()
    assert "No module named 'of_lib'" in message
    assert {dag_id: set(dag.tags) for dag_id, dag in loaded.dags.items()} == {"a": {"a"}, "b": {"b"}}


def test_missing_operators_of_a_shared_helper_are_listed_for_the_files_that_use_it(tmp_path: Path) -> None:
    ssh = "airflow.providers.ssh.operators.ssh"
    folder = write(
        tmp_path,
        {
            "dags/inner.py": f"from {ssh} import SSHOperator",
            "dags/helper.py": "def make():\n    import inner",
            "dags/user.py": "import inner",
            "dags/a.py": dag_file("a", "import helper; helper.make()"),
            "dags/b.py": dag_file("b", "import user"),
            "dags/c.py": dag_file("c", "import helper"),
            "dags/d.py": dag_file("d", f"import {ssh} as own; own.SSHOperator"),
            "dags/e.py": dag_file("e", f"import {ssh} as own; own.SSHOperator"),
        },
    )
    loaded = load_folder(folder)
    found = {file.path.stem: [Path(each.file).stem for each in file.missing_operators] for file in loaded.files}
    assert {name: found[name] for name in "abde"} == {"a": ["inner"], "b": ["inner"], "d": ["d"], "e": ["e"]}


def test_pickles_are_read_however_the_file_was_loaded(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "dags/rows.py": "class Row:\n    name = 'row'",
            "dags/user.py": "from rows import Row",
            "dags/a.py": dag_file("a", "import user"),
            "dags/b.py": dag_file("b", "import user"),
        },
    )
    file = load_folder(folder).file_of["b"]
    row = module_of(file).user.Row
    (tmp_path / "of_folder").write_bytes(pickle.dumps(row()))
    code = f"""
import pathlib, pickle, sys
from airflow_compat.dags._loading import load_file
loaded = load_file({str(file.path)!r}, dag_folder={str(folder)!r})
top = pathlib.Path({str(tmp_path)!r})
[module] = [each for name, each in sys.modules.items() if name.startswith("dag_file_") and name.endswith("_b")]
assert isinstance(pickle.loads((top / "of_folder").read_bytes()), module.user.Row)
(top / "of_file").write_bytes(pickle.dumps(module.user.Row()))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)
    assert type(pickle.loads((tmp_path / "of_file").read_bytes())) is row


def test_compiled_code_is_kept_as_python_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder = write(
        tmp_path, {"dags/helper.py": "NAME = 'x'", "dags/a.py": dag_file("a", "import helper", "helper.NAME")}
    )
    for file in folder.iterdir():
        os.utime(file, (1_000_000_000, 1_000_000_000))
    assert tags(load_folder(folder)) == {"a": {"x"}}
    assert {file.name.partition(".")[0] for file in (folder / "__pycache__").iterdir()} == {"a", "helper"}
    write(tmp_path, {"dags/helper.py": "NAME = 'y'"})
    assert tags(load_folder(folder)) == {"a": {"y"}}
