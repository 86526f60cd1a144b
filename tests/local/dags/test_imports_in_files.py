"""Imports in DAG files: of Airflow, of helpers next to the file, and of installed packages."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest
from dag_folders import write
from loaded_files import TASK, call, load

from airflow_compat.authoring import DAG


def test_imports_of_a_file_do_not_reach_sys_modules(tmp_path: Path) -> None:
    before = set(sys.modules)
    loaded = load(tmp_path, "import helper\n" + TASK.format(body="pass"), {"dags/helper.py": "import airflow.models"})
    assert not loaded.import_errors
    new = set(sys.modules) - before
    assert not {name for name in new if name.partition(".")[0] in ("airflow", "helper", "etl")}


def test_two_files_have_their_own_helpers_and_releases_also_in_tasks_and_threads(tmp_path: Path) -> None:
    source = TASK.format(body="import helper, airflow; return helper.NAME, airflow.__version__")
    both = [
        load(tmp_path / name, source, {"dags/helper.py": f"NAME = {name!r}"}, airflow_version=release)
        for name, release in (("one", "2"), ("two", "3"))
    ]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(call, both * 20))
    assert results == [("one", "2.11.0"), ("two", "3.3.2")] * 20


def test_all_forms_of_imports_work(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        from airflow import DAG
        import airflow.operators.bash, airflow.utils.timezone as tz
        import package.inner.leaf as leaf
        import package
        from package import circle_a, inner
        from package.inner import *
        from package.circle_b import VALUE as b
        from namespace.module import N
        from include.common import I
        import plugin_module
        from dags.other import O
        from project_name import P

        assert leaf.NAME == "leaf" and package.inner.leaf is leaf and inner.leaf is leaf
        assert STARRED == 1 and b == "b" and circle_a.circle_b.VALUE == "b"
        assert (N, I, O, plugin_module.X, P) == ("n", "i", "o", "x", "p")
        assert tz.utc is airflow.utils.timezone.utc
        with DAG("etl", schedule=None):
            airflow.operators.bash.BashOperator(task_id="t", bash_command="true")
        """,
        {
            "dags/package/__init__.py": "from . import circle_a",
            "dags/package/circle_a.py": "from . import circle_b\nfrom .inner.leaf import NAME",
            "dags/package/circle_b.py": "from package import circle_a\nVALUE = 'b'",
            "dags/package/inner/__init__.py": "__all__ = ['STARRED', 'leaf']\nSTARRED = 1",
            "dags/package/inner/leaf.py": "NAME = __name__.rpartition('.')[2]",
            "dags/namespace/module.py": "N = 'n'",
            "dags/other.py": "O = 'o'",
            "include/common.py": "I = 'i'",
            "plugins/plugin_module.py": "X = 'x'",
            "config/project_name.py": "P = 'p'",
        },
    )
    assert not loaded.import_errors
    assert "etl" in loaded.dags


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'. Install the package, or"),
        ("import airflow_of_ours", "No module named 'airflow_of_ours'. Install the package, or"),
        ("from airflow.operators.python import Nothing", "cannot import name 'Nothing'"),
        ("import airflow.models.nothing", "No module named 'airflow.models.nothing'"),
        ("from . import neighbour", "no known parent package"),
        ("from package.module import absent", "cannot import name 'absent'"),
        ("import package.absent", "No module named 'package.absent'"),
        ("from package.broken import x", "broken.py, line 1"),
    ],
)
def test_a_failed_import_is_reported_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    files = {"dags/package/__init__.py": "", "dags/package/module.py": "", "dags/package/broken.py": "1 / 0"}
    loaded = load(tmp_path, f"# airflow dag\n{line}\n", files)
    [message] = loaded.import_errors.values()
    assert said in message
    assert "line 2" in message or "broken" in line
    assert not loaded.dags


def test_airflow_2_has_no_sdk_and_the_error_says_so(tmp_path: Path) -> None:
    source = """
        try:
            from airflow.sdk import DAG
        except ImportError:
            from airflow import DAG
            OLD = True
        with DAG("etl", schedule=None, tags=["old" if "OLD" in globals() else "new"]):
            pass
    """
    assert set(load(tmp_path, source, airflow_version="2").dags["etl"].tags) == {"old"}
    assert set(load(tmp_path, source, airflow_version="3").dags["etl"].tags) == {"new"}
    [message] = load(tmp_path, "import airflow.sdk", airflow_version="2").import_errors.values()
    assert "airflow_version='3'" in message


def test_dynamic_imports_are_answered_too(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        import importlib, importlib.util, pathlib
        from importlib import import_module
        from airflow import DAG
        from airflow.utils.module_loading import import_string

        assert import_module("helper").NAME == "helper"
        assert import_module("airflow.models").DAG is DAG
        assert import_string("airflow.models.DAG") is DAG and import_string("helper.NAME") == "helper"
        assert importlib.util.find_spec("helper") and importlib.util.find_spec("json")
        assert importlib.util.find_spec("airflow.nothing") is None
        spec = importlib.util.spec_from_file_location("by_path", pathlib.Path(__file__).with_name("by_path.py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.DAG is DAG
        exec("from airflow.models import DAG as again")
        assert again is DAG
        loader = importlib.machinery.SourceFileLoader("by_loader", spec.origin)
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("by_loader", loader))
        loader.exec_module(module)
        assert module.DAG is DAG
        dag = DAG("etl", schedule=None)
        """,
        {"dags/helper.py": "NAME = 'helper'", "dags/by_path.py": "from airflow import DAG"},
    )
    assert not loaded.import_errors


def test_dataclasses_pickles_and_hints_of_a_file_work(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        from __future__ import annotations
        import dataclasses, pickle, typing
        from airflow import DAG
        from helper import Row

        @dataclasses.dataclass
        class Item:
            row: Row
            kind: typing.ClassVar[str] = "item"
        assert pickle.loads(pickle.dumps(Item(Row(1)))) == Item(Row(1))
        assert typing.get_type_hints(Item)["row"] is Row
        dag = DAG("etl", schedule=None)
        """,
        {
            "dags/helper.py": """
            from __future__ import annotations
            import dataclasses
            @dataclasses.dataclass
            class Row:
                number: int
            """
        },
    )
    assert not loaded.import_errors


def test_pickles_of_a_file_that_is_loaded_again_work(tmp_path: Path) -> None:
    source = """
        import dataclasses, pickle
        from airflow import DAG
        from airflow.operators.python import PythonOperator

        @dataclasses.dataclass
        class Item:
            number: int

        def call():
            return pickle.loads(pickle.dumps(Item(1))) == Item(1)

        with DAG("etl", schedule=None):
            PythonOperator(task_id="t", python_callable=call)
    """
    load(tmp_path, source)
    assert call(load(tmp_path, source))


def test_folders_on_sys_path_serve_the_file_alone(tmp_path: Path) -> None:
    before = [*sys.path]
    loaded = load(
        tmp_path,
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))\n"
        "from helper_of_lib import NAME\n" + TASK.format(body="import later; return later.NAME"),
        {"lib/helper_of_lib.py": "NAME = 1", "lib/later.py": "NAME = 2"},
    )
    assert call(loaded) == 2
    assert sys.path == before


def test_the_search_path_is_used(tmp_path: Path) -> None:
    write(tmp_path, {"lib/given_helper.py": "NAME = 1"})
    loaded = load(tmp_path, TASK.format(body="import given_helper; return 1"), search_path=[tmp_path / "lib"])
    assert call(loaded) == 1


def test_installed_packages_come_before_the_folder(tmp_path: Path) -> None:
    files = {"dags/jinja2.py": "1 / 0", "dags/docker/dag.py": "", "dags/json.py": "1 / 0"}
    loaded = load(tmp_path, "import jinja2, json, yaml\n" + TASK.format(body="return jinja2"), files)
    assert call(loaded) is importlib.import_module("jinja2")


def test_packages_for_airflow_are_loaded_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path,
        {
            "lib/in_house/__init__.py": "from airflow.models import BaseOperator\nfrom . import lazy",
            "lib/in_house/lazy.py": "def late():\n    from airflow import __version__\n    return __version__",
        },
    )
    monkeypatch.syspath_prepend(tmp_path / "lib")
    source = "import in_house\n" + TASK.format(body="return in_house.lazy.late()")
    for release, version in (("2", "2.11.0"), ("3", "3.3.2")):
        assert call(load(tmp_path, source, airflow_version=release)) == version
    assert "in_house" not in sys.modules


def test_imports_of_airflow_by_other_modules_are_answered_while_active(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load(tmp_path, TASK.format(body="pass"), airflow_version="2")
    for _ in range(2):
        with loaded.active():
            assert importlib.import_module("airflow.models.dag").DAG is DAG
            assert importlib.import_module("airflow").__version__ == "2.11.0"
        assert "airflow" not in sys.modules


def test_the_real_airflow_is_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = {name: ModuleType(name) for name in ("airflow", "airflow.models")}
    for name, module in real.items():
        monkeypatch.setitem(sys.modules, name, module)
    (tmp_path / "site-packages/installed_for_airflow").mkdir(parents=True)
    package = tmp_path / "site-packages/installed_for_airflow/__init__.py"
    package.write_text("try:\n    from airflow.models import DAG\nexcept ImportError:\n    DAG = None")
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    loaded = load(tmp_path, "import installed_for_airflow as other\n" + TASK.format(body="return other.DAG"))
    assert call(loaded) is DAG
    assert {name: sys.modules[name] for name in real} == real
    assert "installed_for_airflow" not in sys.modules
