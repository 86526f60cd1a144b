"""A folder of DAG files that import one another: what Airflow loads from it, and what is read from its text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from real_airflow import MAJOR, load

from airflow_compat._dag_source.files import read_files

pytestmark = pytest.mark.skipif(MAJOR != "3", reason="the files are written for Airflow 3")

DAG = "from airflow.sdk import DAG, dag"
FILES = {
    "shared/__init__.py": "",
    "shared/config.py": """
import pendulum
from dataclasses import dataclass
from enum import Enum
NIGHTLY = "0 3 * * *"
START = pendulum.datetime(2024, 1, 1, tz="UTC")
DEFAULT_ARGS = {"owner": "team", "start_date": START}
PLANS = {"sales": {"schedule": "0 4 * * *"}}
IS_ON = True
ENVIRONMENT = "prod"

@dataclass(frozen=True)
class Schedules:
    MONDAY: str = "0 5 * * 1"

class Kinds(str, Enum):
    WEEKLY = "0 6 * * 0"

def dag_arguments():
    schedule = NIGHTLY
    return {"schedule": schedule, "catchup": False, "start_date": START}
""",
    "shared/factory.py": f"""{DAG}
from shared.config import NIGHTLY

class TeamDag(DAG):
    pass

def build(name):
    return DAG(name, schedule=NIGHTLY)

def build_all(target):
    for name in ("factory_b", "factory_c"):
        target[name] = build(name)
""",
    "constants.py": f"""{DAG}
from shared.config import NIGHTLY, START
DAG("forgotten", schedule=NIGHTLY)
made = DAG("constants", schedule=NIGHTLY, start_date=START)
""",
    "modules.py": f"""{DAG}
import shared.config as c
from shared import config
one = DAG("m_a", schedule=c.PLANS["sales"]["schedule"])
two = DAG("m_b", schedule=config.Schedules.MONDAY)
three = DAG("m_c", schedule=config.Kinds.WEEKLY.value)
""",
    "unpacked.py": f"""{DAG}
from shared.config import dag_arguments
with DAG("unpacked", **dag_arguments()): ...
""",
    "starred.py": f"""{DAG}
from shared.config import *
made = DAG("starred", schedule=NIGHTLY, default_args=DEFAULT_ARGS)
""",
    "team/below.py": f"""{DAG}
from shared.config import NIGHTLY as N
made = DAG("team", schedule=N)
""",
    "rebound.py": f"""{DAG}
@dag(schedule="0 1 * * *")
def rebound(): ...
dag = rebound()
""",
    "rebound_class.py": f"""{DAG}
def make():
    return DAG("rebound_class", schedule=WHEN)
WHEN = "0 2 * * *"
DAG = make()
WHEN = None
""",
    "shadowed.py": f"""{DAG}
DAG = dict
made = DAG(shadowed="@daily")
""",
    "moments.py": f"""{DAG}
x = "0 1 * * *"
one = DAG("moment_a", schedule=x)
x = "0 2 * * *"
two = DAG("moment_b", schedule=x)
""",
    "hidden.py": f"""{DAG}
x = "0 1 * * *"
class C:
    x = "0 2 * * *"
    def make(self):
        return DAG("hidden", schedule=x)
made = C().make()
""",
    "conditions.py": f"""{DAG}
from shared.config import ENVIRONMENT, IS_ON
one = DAG("conditions", schedule="0 7 * * *" if IS_ON else None)
two = DAG("same", schedule="0 8 * * *" if ENVIRONMENT == "prod" else None)
""",
    "makes.py": "# airflow dag\nfrom shared.factory import build\nd = build('factory_a')\n",
    "makes_all.py": "# airflow dag\nfrom shared.factory import build_all\nbuild_all(globals())\n",
    "subclass.py": "# airflow dag\nfrom shared import factory\nd = factory.TeamDag('subclass', schedule=None)\n",
    "helpers.py": "from airflow.models import Variable\ndef of_a_dag(): ...\n",
}
# DAGs that are reported, since a function or a class of another file makes them.
REPORTED = {"factory_a", "factory_b", "factory_c", "subclass"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in FILES.items():
        path = tmp_path / "dags" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "dags"))
    before = set(sys.modules)
    yield tmp_path / "dags"
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def _loaded(path: Path) -> dict[str, str]:
    """The DAGs that Airflow finds in a file: all that the module holds, and all that `with` and `@dag` register."""
    context = load("airflow.sdk.definitions._internal.contextmanager").DagContext
    context.autoregistered_dags.clear()
    spec = spec_from_file_location(f"loaded_{path.stem}", path)
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = module_from_spec(spec)
    context.current_autoregister_module_name = module.__name__
    try:
        spec.loader.exec_module(module)
        registered = [dag for dag, _ in context.autoregistered_dags]
    finally:
        # Airflow keeps both for the process.
        context.current_autoregister_module_name = None
        context.autoregistered_dags.clear()
    base: Any = load("airflow.sdk").DAG
    made = [*(each for each in vars(module).values() if isinstance(each, base)), *registered]
    return {each.dag_id: str(each.schedule) for each in made}


def test_every_file_has_airflows_dags_or_a_report(folder: Path) -> None:
    may_have_dags = load("airflow.utils.file").might_contain_dag
    files = {file.place: file for file in read_files([folder], syntax="glob")}
    told: dict[str, str] = {}
    for name in FILES:
        path = folder / name
        loaded = _loaded(path)
        file = files[name]
        read = {each.dag_id: str(each.arguments.get("schedule")) for each in file.dags}
        assert bool(file.dags or file.problems) is may_have_dags(str(path), safe_mode=True), name
        missing = set(loaded) - set(read)
        assert not missing or any(each.level == "error" for each in file.problems), (name, missing)
        told |= dict.fromkeys(missing, name)
        known = {dag_id: schedule for dag_id, schedule in loaded.items() if dag_id in read}
        assert {dag_id: read[dag_id] for dag_id in known} == known, name
    assert set(told) == REPORTED
