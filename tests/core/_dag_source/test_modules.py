"""Values that DAG files import from local modules, which are read and not run."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from airflow_compat._dag_source.dags import DagFile, DagSource
from airflow_compat._dag_source.files import read_files
from airflow_compat._dag_source.problems import group_problems
from airflow_compat._dag_source.values import RuntimeValue
from airflow_compat.deployments._specs import GenerateOptions, deployment_specs

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
        ("from common.config import CONFIG", "{k: v for k, v in CONFIG.items()}", "is built by a loop"),
        (
            "from common.config import DEFAULT_ARGS\nDEFAULT_ARGS['owner'] = 'me'",
            "DEFAULT_ARGS",
            "DEFAULT_ARGS is changed after it is set",
        ),
        ("from common.config import SECRET", "SECRET", "reads an Airflow Variable (dags/common/config.py:12)"),
        ("from common.config import NESTED", "NESTED['schedule']", "reads the environment (dags/common/config.py:13)"),
        ("from common.config import nothing", "nothing", "nothing isn't set in dags/common/config.py"),
        ("from common.config import Tags", "Tags.NOTHING", "reads Tags.NOTHING"),
        ("from common.config import Tags", "Tags", "Tags is a class"),
        ("from common.config import of", "of('a')", "calls of()"),
        ("from common.config import twice", "twice()", "calls twice()"),
        ("from common.config import later", "later()", "calls later()"),
        ("from common import config", "config", "is common.config, which is not in the DAG files"),
        ("from elsewhere import SCHEDULE", "SCHEDULE", "is elsewhere.SCHEDULE, which is not in the DAG files"),
        ("class Own:\n    S = '@daily'", "Own.S", "@daily"),
        ("def own():\n    return '@daily'", "own()", "@daily"),
    ],
)
def test_values_of_imports(home: Path, imports: str, expression: str, expected: Any) -> None:
    found = dag_of(home, f"{imports}\nDAG('d', schedule={expression})").arguments["schedule"]
    if isinstance(found, RuntimeValue):
        assert str(found).replace(f"{home}/", "").startswith(expected)
    else:
        assert found == expected
    assert not (home / "ran").exists()


@pytest.mark.parametrize(
    ("config", "schedule", "cause"),
    [
        ("if SET:\n    S = 'a'\nelse:\n    S = 'b'", "config.S", "S is set under a condition (dags/config.py:4)"),
        ("\nS = {}\nS['a'] = 1", "config.S", "S is changed after it is set (dags/config.py:2)"),
        ("S = 'a'\nS += 'b'", "config.S", "S is changed after it is set (dags/config.py:2)"),
        ("\nfor S in (1, 2): ...", "config.S", "S is a loop variable (dags/config.py:2)"),
        ("\nS, T = make()", "config.S", "S is unpacked from something else (dags/config.py:2)"),
        ("def S(): ...", "config.S", "S is a function"),
        ("class K:\n    if SET:\n        S = 'a'", "config.K.S", "S is set under a condition (dags/config.py:3)"),
        ("\nS = other", "config.S", "other isn't set (dags/config.py:2)"),
        ("T = 1", "config.S", "S isn't set in dags/config.py"),
        ("from more import S", "config.S", "S isn't set in dags/more.py"),
        ("import more\nS = more.T", "config.S", "T isn't set in dags/more.py (dags/config.py:2)"),
        ("from more import M as S", "config.S", "M is set under a condition (dags/more.py:2)"),
        ("from elsewhere import S", "config.S", "is elsewhere.S, which is not in the DAG files"),
        ("class K: ...", "config.K.S", "reads K.S"),
    ],
)
def test_problem_in_imported_module_is_one_group(home: Path, config: str, schedule: str, cause: str) -> None:
    write(home / "dags", {"config.py": config, "more.py": "if SET:\n    M = 1"})
    head = "from airflow.sdk import DAG\nimport config\n"
    write(home / "dags", {"x.py": f"{head}DAG('a', schedule={schedule})\nDAG('b', schedule={schedule})"})
    write(home / "dags", {"y.py": f"{head}\n\nDAG('c', schedule={schedule})"})
    files = read_files([Path("dags")], syntax="glob")
    _, problems = deployment_specs(files, GenerateOptions(datetime(2026, 1, 1, tzinfo=timezone.utc)))
    [group] = group_problems(each for each in problems if "`schedules`" in each.message)
    assert f"the DAG's schedule {cause}; " in group.message
    assert [each.place for each in group.problems] == ["dags/x.py:3", "dags/x.py:4", "dags/y.py:5"]


def test_a_cause_in_the_dag_file_has_its_line_for_each_dag(home: Path) -> None:
    source = "from airflow.sdk import DAG\nif SET:\n    S = 1\nDAG('a', schedule=S)\nDAG('b', schedule=S)"
    write(home / "dags", {"x.py": source})
    [file] = read_files([Path("dags/x.py")], syntax="glob")
    schedules = [each.arguments["schedule"] for each in file.dags]
    assert [(each.why, each.line, each.path) for each in schedules] == [("S is set under a condition", 3, "")] * 2


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


def test_first_folder_of_path_wins(tmp_path: Path) -> None:
    write(tmp_path, {"dags/config.py": "S = 'dags'", "plugins/config.py": "S = 'plugins'", "config.py": "S = 'home'"})
    assert dag_of(tmp_path, "from config import S\nDAG('d', schedule=S)").arguments["schedule"] == "dags"


@pytest.mark.parametrize("name", ["datetime", "airflow", "pendulum"])
def test_local_file_cannot_replace_installed_module(tmp_path: Path, name: str) -> None:
    write(tmp_path / "dags", {f"{name}.py": "timezone = S = 'x'"})
    found = dag_of(tmp_path, f"from {name} import S\nDAG('d', schedule=S)").arguments["schedule"]
    assert isinstance(found, RuntimeValue)


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
def test_broken_modules_are_tolerated(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path / "dags", files)
    for use in ("S", "S()", "S.S.S", "S['x']"):
        found = dag_of(tmp_path, f"from a import S\nDAG('d', schedule={use})").arguments["schedule"]
        assert isinstance(found, RuntimeValue), found


def test_modules_that_are_not_files_are_skipped(tmp_path: Path) -> None:
    dags = write(tmp_path / "dags", {"x/y.txt": ""})
    os.mkfifo(dags / "pipe.py")
    (dags / "loop.py").symlink_to("loop.py")
    (dags / "folder.py").mkdir()
    for name in ("pipe", "loop", "folder", "x"):
        found = dag_of(tmp_path, f"from {name} import S\nDAG('d', schedule=S)").arguments["schedule"]
        assert isinstance(found, RuntimeValue)


def test_messages_hide_module_values(tmp_path: Path) -> None:
    write(
        tmp_path / "dags", {"config.py": "from airflow.models import Variable\nS = Variable.get('open-sesame', 'hush')"}
    )
    source = "from airflow.sdk import DAG\nfrom config import S\nDAG('d', schedule=S if S else 'open-sesame')"
    write(tmp_path / "dags", {"sales.py": source})
    file = read(tmp_path)["sales.py"]
    assert "open-sesame" not in repr(file)
    assert "hush" not in repr(file)
