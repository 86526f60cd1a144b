"""Values that DAG files import from modules beside them, which are read and never run."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from airflow_compat._airflow.dag_source import DagFile, DagSource
from airflow_compat._airflow.source_values import Computed
from airflow_compat._sources.dag_files import read_files

CONFIG = """
import os
import pendulum
from enum import Enum
from dataclasses import dataclass
from airflow.models import Variable
open("ran", "w")
SCHEDULE = "0 2 * * *"
START = pendulum.datetime(2024, 1, 1, tz="UTC")
CONFIG = {"team": {"schedule": "0 3 * * *"}}
DEFAULT_ARGS = {"owner": "team", "start_date": START}
SECRET = Variable.get("schedule")
NESTED = {"schedule": os.environ["SCHEDULE"]}

class Tags:
    SALES = "sales"
    class Inner:
        DEEP = "deep"

class Schedules(str, Enum):
    NIGHT = "0 4 * * *"

@dataclass(frozen=True)
class Dates:
    FIRST: str = "2024-01-01"

def default_dag_args():
    '''What all DAGs have.'''
    when = "0 5 * * *"
    return {"schedule": when, "catchup": False}

def of(name):
    return name

def twice():
    if SCHEDULE:
        return 1
    return 2

async def later():
    return 1
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def read(folder: Path, name: str = "dags") -> dict[str, DagFile]:
    return {file.place: file for file in read_files([folder / name], syntax="glob")}


def dag_of(folder: Path, source: str, place: str = "sales.py") -> DagSource:
    write(folder / "dags", {place: f"from airflow.sdk import DAG\n{source}"})
    file = read(folder)[place]
    assert [str(each) for each in file.problems if each.level == "error"] == []
    return file.dags[0]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, {"dags/common/__init__.py": "", "dags/common/config.py": CONFIG})


@pytest.mark.parametrize(
    ("imports", "expression", "expected"),
    [
        ("from common.config import SCHEDULE", "SCHEDULE", "0 2 * * *"),
        ("from common.config import SCHEDULE as S", "S", "0 2 * * *"),
        ("from common import config", "config.SCHEDULE", "0 2 * * *"),
        ("import common.config", "common.config.SCHEDULE", "0 2 * * *"),
        ("import common.config as c", "c.CONFIG['team']['schedule']", "0 3 * * *"),
        ("from common.config import *", "SCHEDULE", "0 2 * * *"),
        ("from common.config import START", "START", datetime(2024, 1, 1, tzinfo=timezone.utc)),
        ("from common.config import Tags", "Tags.SALES", "sales"),
        ("from common.config import Tags", "[Tags.SALES, Tags.Inner.DEEP]", ["sales", "deep"]),
        ("from common import config", "config.Tags.SALES", "sales"),
        ("from common.config import Schedules", "Schedules.NIGHT.value", "0 4 * * *"),
        ("from common.config import Dates", "Dates.FIRST", "2024-01-01"),
        ("from common.config import default_dag_args", "default_dag_args()['schedule']", "0 5 * * *"),
        ("from common import config", "config.default_dag_args()['schedule']", "0 5 * * *"),
        ("from common.config import DEFAULT_ARGS", "{**DEFAULT_ARGS, 'retries': 1}['owner']", "team"),
        ("from common.config import CONFIG", "{k: v for k, v in CONFIG.items()}", "is made by a loop"),
        (
            "from common.config import DEFAULT_ARGS\nDEFAULT_ARGS['owner'] = 'me'",
            "DEFAULT_ARGS",
            "DEFAULT_ARGS is changed after it is set",
        ),
        ("from common.config import SECRET", "SECRET", "reads an Airflow Variable (dags/common/config.py:12)"),
        ("from common.config import NESTED", "NESTED['schedule']", "reads the environment (dags/common/config.py:13)"),
        ("from common.config import nothing", "nothing", "nothing isn't set in this file (dags/common/config.py:"),
        ("from common.config import Tags", "Tags.NOTHING", "reads Tags.NOTHING"),
        ("from common.config import Tags", "Tags", "Tags is a class"),
        ("from common.config import of", "of('a')", "calls of()"),
        ("from common.config import twice", "twice()", "calls twice()"),
        ("from common.config import later", "later()", "calls later()"),
        ("from common import config", "config", "is common.config, which isn't among the DAG files"),
        ("from elsewhere import SCHEDULE", "SCHEDULE", "is elsewhere.SCHEDULE, which isn't among the DAG files"),
        ("class Own:\n    S = '@daily'", "Own.S", "@daily"),
        ("def own():\n    return '@daily'", "own()", "@daily"),
    ],
)
def test_what_is_imported(home: Path, imports: str, expression: str, expected: Any) -> None:
    found = dag_of(home, f"{imports}\nDAG('d', schedule={expression})").arguments["schedule"]
    if isinstance(found, Computed):
        assert str(found).replace(f"{home}/", "").startswith(expected)
    else:
        assert found == expected
    assert not (home / "ran").exists()


@pytest.mark.parametrize(
    ("files", "place", "imports"),
    [
        ({"dags/config.py": "S = 'x'"}, "sales.py", "from config import S"),
        ({"dags/team/config.py": "S = 'x'"}, "team/sales.py", "from .config import S"),
        ({"dags/team/config.py": "S = 'x'"}, "team/sales.py", "from . import config\nS = config.S"),
        ({"dags/config.py": "S = 'x'"}, "team/sales.py", "from ..config import S"),
        ({"dags/team/config.py": "S = 'x'"}, "team/sales.py", "from config import S"),
        ({"dags/config.py": "S = 'x'"}, "sales.py", "from dags.config import S"),
        ({"plugins/config.py": "S = 'x'"}, "sales.py", "from config import S"),
        ({"config/settings.py": "S = 'x'"}, "sales.py", "from settings import S"),
        ({"library/config.py": "S = 'x'"}, "sales.py", "from library.config import S"),
        (
            {"dags/team/__init__.py": "from .config import S", "dags/team/config.py": "S = 'x'"},
            "sales.py",
            "from team import S",
        ),
        (
            {"dags/a.py": "from b import S", "dags/b.py": "from c import *", "dags/c.py": "S = 'x'"},
            "sales.py",
            "from a import S",
        ),
        ({"dags/a.py": "import b\nS = b.S", "dags/b.py": "S = 'x'"}, "s.py", "from a import S"),
    ],
)
def test_modules_are_found_where_airflow_finds_them(
    tmp_path: Path, files: dict[str, str], place: str, imports: str
) -> None:
    write(tmp_path, files)
    assert dag_of(tmp_path, f"{imports}\nDAG('d', schedule=S)", place).arguments["schedule"] == "x"


def test_a_dag_folder_in_a_package(tmp_path: Path) -> None:
    write(tmp_path, {"src/ours/__init__.py": "", "src/ours/config.py": "S = 'x'"})
    write(tmp_path, {"src/ours/dags/a.py": "from airflow import DAG\nfrom ours.config import S\nDAG('d', schedule=S)"})
    assert read(tmp_path, "src/ours/dags")["a.py"].dags[0].arguments["schedule"] == "x"


def test_the_first_folder_of_the_path_counts(tmp_path: Path) -> None:
    write(tmp_path, {"dags/config.py": "S = 'dags'", "plugins/config.py": "S = 'plugins'", "config.py": "S = 'home'"})
    assert dag_of(tmp_path, "from config import S\nDAG('d', schedule=S)").arguments["schedule"] == "dags"


@pytest.mark.parametrize("name", ["datetime", "airflow", "pendulum"])
def test_no_file_stands_in_for_an_installed_module(tmp_path: Path, name: str) -> None:
    write(tmp_path / "dags", {f"{name}.py": "timezone = S = 'x'"})
    found = dag_of(tmp_path, f"from {name} import S\nDAG('d', schedule=S)").arguments["schedule"]
    assert isinstance(found, Computed)


def test_airflows_names_through_a_module_of_the_folder(tmp_path: Path) -> None:
    compat = "try:\n    from airflow.sdk import DAG, dag\nexcept ImportError:\n    from airflow import DAG\n"
    write(tmp_path / "dags", {"compat.py": compat})
    source = "# airflow\nfrom compat import DAG, dag\nDAG('a')\n@dag\ndef b(): ...\nb()\n"
    write(tmp_path / "dags", {"sales.py": source})
    assert [each.dag_id for each in read(tmp_path)["sales.py"].dags] == ["a", "b"]


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "from b import S", "b.py": "from a import S"},
        {"a.py": "from a import S"},
        {"a.py": "from a import *"},
        {"a.py": "import a\nS = a.S"},
        {"a.py": "def S(:"},
        {"a.py": "S = " + "[" * 5000},
        {"a.py": "\0"},
        {"a/__init__.py": "from . import S"},
        {"a.py": "from .......... import S"},
        {"a.py": "from m0 import S", **{f"m{n}.py": f"from m{n + 1} import S" for n in range(300)}},
        {"a.py": "S = 'x' * 10\n" + "S = S + S\n" * 40},
        {"a.py": "class S:\n    S = S\n"},
        {"a.py": "def S():\n    return S()\n"},
    ],
)
def test_no_module_can_break_the_reading(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path / "dags", files)
    for use in ("S", "S()", "S.S.S", "S['x']"):
        found = dag_of(tmp_path, f"from a import S\nDAG('d', schedule={use})").arguments["schedule"]
        assert isinstance(found, Computed), found


def test_modules_that_are_no_files_are_passed_over(tmp_path: Path) -> None:
    dags = write(tmp_path / "dags", {"x/y.txt": ""})
    os.mkfifo(dags / "pipe.py")
    (dags / "loop.py").symlink_to("loop.py")
    (dags / "folder.py").mkdir()
    for name in ("pipe", "loop", "folder", "x"):
        found = dag_of(tmp_path, f"from {name} import S\nDAG('d', schedule=S)").arguments["schedule"]
        assert isinstance(found, Computed)


def test_the_value_of_a_module_is_in_no_message(tmp_path: Path) -> None:
    write(
        tmp_path / "dags", {"config.py": "from airflow.models import Variable\nS = Variable.get('open-sesame', 'hush')"}
    )
    source = "from airflow.sdk import DAG\nfrom config import S\nDAG('d', schedule=S if S else 'open-sesame')"
    write(tmp_path / "dags", {"sales.py": source})
    file = read(tmp_path)["sales.py"]
    assert "open-sesame" not in repr(file)
    assert "hush" not in repr(file)
