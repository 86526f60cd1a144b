"""Folders of DAG files are loaded as Airflow loads them, whatever the files do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from dag_folders import write

from airflow_compat.dags._load_folder import load_folder
from airflow_compat.dags._loading import load_file

GOOD = 'from airflow import DAG\nwith DAG("good", schedule=None):\n    pass\n'
# It catches the time limit's error for half a second.
SWALLOW = """
import time
end = time.monotonic() + 1.5
while True:
    try:
        while True:
            pass
    except BaseException:
        if time.monotonic() > end:
            raise
"""
HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "loop": ("while True:\n    pass", "ran for more than 1 seconds"),
    "swallow": (SWALLOW, "ran for more than 1 seconds"),
    "exit": ("import sys\nsys.exit(3)", "ends the program with SystemExit(3)"),
    "interrupt_like": ("class Odd(BaseException): ...\nraise Odd", "raises Odd"),
    "recursion": ("def f(): f()\nf()", "calls itself without end"),
    "latin": (b"name = '\xe4'", "can't parse the file"),
    "nul": (b"x = 1\0", "NUL bytes"),
    "huge": (b"x = 1\n" * 700_000, "at most 4,000,000 are read"),
    "deep": ("x = " + "(" * 500 + ")" * 500, "nested"),
    "syntax": ("def (", "can't parse the file"),
    "forgets_modules": ("import sys\nsys.modules.clear()\nimport nothing", "forgets_modules.py"),
    "no_modules": ("import sys\nsys.modules = None\nraise ValueError('a secret')", "raises ValueError. Correct"),
}


def test_hostile_files_are_reported_and_the_others_are_loaded(tmp_path: Path) -> None:
    files = {f"dags/{name}.py": source for name, (source, _) in HOSTILE.items()}
    head = {name: b"# airflow dag\n" + (s if isinstance(s, bytes) else s.encode()) for name, s in files.items()}
    folder = write(tmp_path, {**head, "dags/zz_good.py": GOOD})
    modules, before, path = sys.modules, set(sys.modules), [*sys.path]
    loaded = load_folder(folder, timeout=1)
    assert list(loaded.dags) == ["good"]
    assert set(loaded.import_errors) == {str(folder / f"{name}.py") for name in HOSTILE}
    for name, (_, said) in HOSTILE.items():
        message = loaded.import_errors[str(folder / f"{name}.py")]
        assert said in message
        assert f"{name}.py" in message
        assert "secret" not in message
    assert sys.modules is modules
    assert before <= set(sys.modules)
    assert sys.path == path


def test_a_file_that_loads_its_own_folder_ends(tmp_path: Path) -> None:
    source = "from airflow_compat.dags import load_flows\nflows = load_flows(__file__.rpartition('/')[0])"
    own = "from airflow.sdk import DAG\nDAGS = dict(flows)\nwith DAG('own'): ...\n"
    folder = write(tmp_path, {"dags/flows.py": f"{source}\n{own}", "dags/good.py": GOOD})

    loaded = load_folder(folder)

    assert (set(loaded.dags), loaded.import_errors) == ({"good", "own"}, {})


def test_a_loop_ends_in_other_threads_too(tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/loop.py": "# airflow dag\nwhile True:\n    pass", "dags/good.py": GOOD})
    found = []
    thread = threading.Thread(target=lambda: found.append(load_folder(folder, timeout=0.5)))
    thread.start()
    thread.join()
    assert list(found[0].dags) == ["good"]
    assert "more than 0.5 seconds" in found[0].import_errors[str(folder / "loop.py")]


@pytest.mark.parametrize("source", ["airflow_dag = 1", "# airflow dag\nwhile True:\n    pass"])
def test_a_profiler_works_after_a_load_in_another_thread(tmp_path: Path, source: str) -> None:
    folder = write(tmp_path, {"dags/any.py": source})
    called = []

    def load() -> None:
        load_folder(folder, timeout=0.5)
        sys.setprofile(lambda frame, *_: called.append(frame.f_code.co_name))
        len(tmp_path.name)
        tmp_path.exists()

    thread = threading.Thread(target=load)
    thread.start()
    thread.join()
    assert "exists" in called


def test_a_file_that_starts_threads_is_loaded(tmp_path: Path) -> None:
    source = """
        import threading
        from airflow import DAG
        import helper
        threads = [threading.Thread(target=helper.work) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert helper.found == ["late"] * 8
        with DAG("etl", schedule=None):
            pass
    """
    helper = "found = []\ndef work():\n    import late, airflow.models\n    found.append(late.NAME)"
    folder = write(tmp_path, {"dags/etl.py": source, "dags/helper.py": helper, "dags/late.py": "NAME = 'late'"})
    assert not load_file(folder / "etl.py").import_errors


def test_a_file_that_ends_the_process_ends_a_child_alone(tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/exits.py": "# airflow dag\nimport os\nos._exit(7)"})
    code = f"from airflow_compat.dags._load_folder import load_folder; load_folder({str(folder)!r})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


def test_files_are_found_as_airflow_finds_them(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "dags/.airflowignore": "ignored/\nskipped.py\n",
            "dags/good.py": GOOD,
            "dags/sub/deep.py": GOOD.replace("good", "deep"),
            "dags/ignored/one.py": "airflow dag (",
            "dags/skipped.py": "airflow dag (",
            "dags/unrelated.py": "1 / 0",
        },
    )
    loaded = load_folder(folder)
    assert (set(loaded.dags), loaded.import_errors) == ({"good", "deep"}, {})


def test_two_files_with_one_dag_id_are_an_error_of_the_second(tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/a.py": GOOD, "dags/b.py": GOOD})
    loaded = load_folder(folder)
    assert loaded.file_of["good"].path == folder / "a.py"
    [(file, message)] = loaded.import_errors.items()
    assert file == str(folder / "b.py")
    assert "'good' is also in" in message


def test_equal_helpers_of_subfolders_do_not_meet(tmp_path: Path) -> None:
    source = "from airflow import DAG\nfrom settings import NAME\nwith DAG(NAME, schedule=None):\n    pass\n"
    folder = write(
        tmp_path,
        {
            f"dags/{name}/{file}": text
            for name in "ab"
            for file, text in (("etl.py", source), ("settings.py", f"NAME = {name!r}"))
        },
    )
    loaded = load_folder(folder)
    assert (set(loaded.dags), loaded.import_errors) == ({"a", "b"}, {})


def test_missing_operators_are_listed_with_their_places(tmp_path: Path) -> None:
    source = "from airflow.providers.ssh.operators.ssh import SSHOperator  # dag"
    folder = write(tmp_path, {"dags/a.py": source, "dags/b.py": source})
    assert [(each.name, each.file, each.line) for each in load_folder(folder).missing_operators] == [
        ("airflow.providers.ssh.operators.ssh.SSHOperator", str(folder / name), 1) for name in ("a.py", "b.py")
    ]


def test_the_dags_of_a_zip_file_are_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    with zipfile.ZipFile(folder / "packed.zip", "w") as packed:
        packed.writestr("good.py", "import helper, package.inner\n" + GOOD + "\nassert helper.NAME == 1\n")
        packed.writestr("bad.py", "# airflow dag\n1 / 0")
        packed.writestr("helper.py", "NAME = 1")
        packed.writestr("package/__init__.py", "")
        packed.writestr("package/inner.py", "from airflow import DAG")
    (folder / "broken.zip").write_bytes(b"not a zip file")
    loaded = load_folder(folder)
    assert set(loaded.dags) == {"good"}
    assert set(loaded.import_errors) == {f"{folder}/packed.zip/bad.py", f"{folder}/broken.zip"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_reported(tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/a.py": GOOD})
    (folder / "a.py").chmod(0)
    assert "can't be read" in load_folder(folder).import_errors[str(folder / "a.py")]


def test_pipes_and_folders_do_not_stop_the_load(tmp_path: Path) -> None:
    folder = write(tmp_path, {"dags/good.py": GOOD})
    os.mkfifo(folder / "pipe.py")
    (folder / "dangling.py").symlink_to("nowhere.py")
    loaded = load_folder(folder)
    assert set(loaded.dags) == {"good"}
    assert set(loaded.import_errors) == {str(folder / "pipe.py"), str(folder / "dangling.py")}


def test_airflows_own_example_dags_import_each_other(tmp_path: Path) -> None:
    folder = tmp_path / "site-packages/airflow/example_dags"
    source = "from airflow.example_dags.libs.helper import NAME\n" + GOOD.replace('"good"', "NAME")
    write(folder, {"etl.py": source, "__init__.py": "", "libs/__init__.py": "", "libs/helper.py": "NAME = 'etl'"})
    loaded = load_folder(folder)
    assert (set(loaded.dags), loaded.import_errors) == ({"etl"}, {})
