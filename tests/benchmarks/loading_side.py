"""Loads a DAG folder with Airflow's DagBag or with airflow_compat, and prints the CPU times as JSON.

`python loading_side.py airflow|2|3 FOLDER ROUNDS`: "2" and "3" are releases for airflow_compat. Modules of
packages that are not installed, and of some others, are replaced by empty ones, on both sides alike.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

# Both sides get an empty module for these, also where they are installed.
_REPLACED = {
    "boto3",
    "docker",
    "geopandas",
    "google",
    "kubernetes",
    "numpy",
    "pandas",
    "psycopg2",
    "slack_sdk",
    "tensorflow",
}
# Airflow's providers with stand-ins; the others have placeholders.
_PROVIDERS = {"common", "http", "postgres", "standard"}
_OPERATOR = re.compile(r"[A-Z]\w*(Operator|Sensor)(Async)?$")
_WARM_UP = """
from datetime import datetime
from airflow import DAG
from airflow.decorators import dag, task, task_group
from airflow.models import Variable
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator
from airflow.utils.task_group import TaskGroup
with DAG("warm_up", start_date=datetime(2024, 1, 1), schedule="@daily", params={"a": Param(1, type="integer")}):
    with TaskGroup("group"):
        first = BashOperator(task_id="a", bash_command="true")
    @task
    def b(value): ...
    first >> b.expand(value=[1]) >> [EmptyOperator(task_id="c"), PythonOperator(task_id="d", python_callable=print)]
"""


class _Meta(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Empty()

    def __getitem__(cls, key: object) -> Any:
        return cls

    def __iter__(cls) -> Iterator[Any]:
        return iter(())


class _Empty(metaclass=_Meta):
    """Accepts any use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Empty()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else _Empty()

    def __getitem__(self, key: object) -> Any:
        return _Empty()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __fspath__(self) -> str:
        return "empty"

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None: ...

    def __or__(self, other: object) -> Any:
        return self

    __ror__ = __add__ = __radd__ = __sub__ = __truediv__ = __mul__ = __or__


class _EmptyModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "1.0.0"
        if name.startswith("__"):
            raise AttributeError(name)
        full_name = f"{self.__name__}.{name}"
        if self.__name__.rpartition(".")[2] in ("hooks", "operators", "sensors", "transfers") and name.islower():
            # A submodule.
            raise AttributeError(name)
        if self.__name__.startswith("airflow.") and _OPERATOR.match(name):
            value = _operator(name)
        elif re.search(r"(Error|Exception|NotFound)$", name):
            value = type(name, (Exception,), {})
        elif name[:1].isupper():
            value = _Meta(name, (_Empty,), {"__module__": self.__name__})
        elif name.islower() and full_name in sys.modules:
            value = sys.modules[full_name]
        else:
            value = _Empty()
        setattr(self, name, value)
        return value


def _operator(name: str) -> Any:
    """Return an operator that takes any argument, as placeholders do."""
    import inspect

    if _side["release"] == "2":
        base: Any = import_module("airflow.models").BaseOperator
    else:
        base = import_module("airflow.sdk").BaseOperator
    known = {*inspect.signature(base.__init__).parameters, "default_args"} - {"resources"}

    def start(self: Any, **kwargs: Any) -> None:
        base.__init__(self, **{each: value for each, value in kwargs.items() if each in known})
        vars(self).update({each: value for each, value in kwargs.items() if each not in known})

    return type(base)(name, (base,), {"__init__": start})


class _Finder(MetaPathFinder, Loader):
    def __init__(self, own: set[str], *, replaces: bool) -> None:
        self._own, self._replaces = own, replaces

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        top, _, rest = fullname.partition(".")
        if top == "airflow":
            parts = rest.split(".")
            if parts[0] != "providers" or len(parts) == 1 or (self._replaces and parts[1] in _PROVIDERS):
                return None
        elif top not in _REPLACED and (self._replaces or top in self._own):
            return None
        return ModuleSpec(fullname, self, origin="replaced", is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _EmptyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None: ...


# The release of Airflow.
_side = {"release": ""}


def airflow(folder: Path) -> Callable[[Path], tuple[int, dict[str, str]]]:
    """Return what loads a folder with Airflow."""
    _side["release"] = version("apache-airflow").partition(".")[0]
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp()
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(folder)
    os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(folder.parent / "plugins")
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    import_module("airflow")
    bag = import_module("airflow.models.dagbag" if _side["release"] == "2" else "airflow.dag_processing.dagbag").DagBag
    for module in ("airflow.models", "airflow.models.variable", *(() if _side["release"] == "2" else ("airflow.sdk",))):
        _fake_variables(import_module(module).Variable)
    _fake_connections(import_module("airflow.hooks.base" if _side["release"] == "2" else "airflow.sdk").BaseHook)
    logging.disable()

    def load(given: Path) -> tuple[int, dict[str, str]]:
        found = bag(dag_folder=str(given))
        return len(found.dags), found.import_errors

    return load


def compat(folder: Path) -> Callable[[Path], tuple[int, dict[str, str]]]:
    """Return what loads a folder with airflow_compat."""
    del folder
    load_folder = import_module("airflow_compat.dags._load_folder").load_folder
    _fake_variables(import_module("airflow_compat.variables").Variable)
    _fake_variables(import_module("airflow_compat.dags._stand_ins.variables").Variable2)
    _fake_connections(import_module("airflow_compat.connections").BaseHook)

    def load(given: Path) -> tuple[int, dict[str, str]]:
        found = load_folder(given, airflow_version=_side["release"])
        return len(found.dags), {**found.import_errors}

    return load


def _fake_variables(variable: Any) -> None:
    def get(key: str, default: Any = None, default_var: Any = None, deserialize_json: bool = False, **_: Any) -> Any:
        given = default if default is not None else default_var
        return given if given is not None else defaultdict(str) if deserialize_json else "1"

    variable.get = staticmethod(get)


def _fake_connections(hook: Any) -> None:
    hook.get_connection = classmethod(lambda *_, **__: _Empty())


def measure(load: Callable[[Path], tuple[int, dict[str, str]]], folder: Path, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as other:
        Path(other, "warm_up.py").write_text(_WARM_UP)
        load(Path(other))
    times = []
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        dags, errors = load(folder)
        times.append(time.process_time() - start)
    return {"times": times, "dags": dags, "errors": errors}


def main(side: str, folder: Path, rounds: int) -> None:
    _side["release"] = side
    warnings.simplefilter("ignore")
    project = folder.parent
    if side == "airflow":
        sys.path[:0] = [str(project / name) for name in ("plugins", "config", "include")] + [str(project)]
        sys.path.insert(0, str(folder))
    load = (airflow if side == "airflow" else compat)(folder)
    # Any module of the project may be imported, by folders that its files add to Python's path.
    files = [*project.rglob("*.py")]
    text = "\n".join(each.read_text(errors="replace") for each in files)
    for name in re.findall(r"\bAIRFLOW_CONN_[A-Z_]+\b", text):
        os.environ.setdefault(name, "http://example.com")
    own = {each.stem for each in files} | {each.name for each in project.rglob("*") if each.is_dir()}
    sys.meta_path.insert(0, _Finder(own, replaces=True))
    sys.meta_path.append(_Finder(own | {"airflow_compat"}, replaces=False))
    # The import of installed packages, which Airflow may use itself, is not measured.
    for name in sorted({*re.findall(r"^\s*(?:from|import)\s+([\w.]+)", text, re.MULTILINE)}):
        if name.partition(".")[0] not in own | {"airflow", "tests", "this", "antigravity"}:
            with suppress(Exception):
                import_module(name)
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump(measure(load, folder, rounds), output)
    output.flush()
    # Threads of the files may still run.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve(), int(sys.argv[3]))
