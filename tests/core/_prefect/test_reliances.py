"""Private parts of Prefect: only `_prefect/internals` uses them, and each reliance is documented and has a contract."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import airflow_compat

_PACKAGE = Path(airflow_compat.__file__).parent
_INTERNALS = _PACKAGE / "_prefect" / "internals"
_CONTRACTS = Path(__file__).parents[2] / "contracts"

# Modules of Prefect that are its own: the server, the engines, and what begins with an underscore.
_OWN_MODULE = re.compile(r"prefect\.(server|\w+_engine|(\w+\.)*_\w+)(\.|$)")
# What a task or flow is made of, and what an interpreter shows of a frame: to change or to read these is a trick.
_MADE_OF = re.compile(r"fn|retry_condition_fn|on_\w+_hooks|__class__|__code__")
_READ_TRICKS = re.compile(r"on_\w+_hooks|f_locals|f_globals|f_back|detached|persist_result|result_store|task_runner")
# Underscored names that belong to the standard library, or to another package than Prefect.
_OF_OTHERS = {"_asdict", "_current_frames", "_exit", "_fields", "_getframe", "_mapping", "_replace"}
_OF_OTHERS |= {"_airflow_from_mapped", "_argument_names"}  # Airflow's
# Their objects have underscored names that other modules of theirs use.
_AUTHORING = ("authoring", "operators", "dags")
# These look for the frames of DAG files.
_OF_DAG_FILES = {"dags/_airflow_modules.py": ["frame.f_back"], "operators/_traceback.py": ["frame.f_globals"]}


# These run where Airflow is, and Prefect isn't.
_IN_HOSTS = _PACKAGE / "hosting" / "_child"


def _modules() -> list[Path]:
    return [path for path in sorted(_PACKAGE.rglob("*.py")) if not {_INTERNALS, _IN_HOSTS}.intersection(path.parents)]


@cache
def _names_of_folder(name: str) -> frozenset[str]:
    return frozenset(
        name for path in (_PACKAGE / name).rglob("*.py") for name in _names_defined(ast.parse(path.read_text()))
    )


def _tricks(source: str, folders: Iterable[str] = ()) -> Iterator[str]:
    """What of a module's code relies on something that Prefect does not document, not on names of these folders."""
    tree = ast.parse(source)
    own_names = {*_names_defined(tree), *_OF_OTHERS}.union(*map(_names_of_folder, folders))
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if _OWN_MODULE.match(name.name))
            case ast.ImportFrom(module=str(module), names=names, level=0) if module.partition(".")[0] == "prefect":
                full = [f"{module}.{name.name}" for name in names]
                yield from (name for name in full if _OWN_MODULE.match(name))
            case ast.Attribute(attr=name, ctx=ast.Store()) if _MADE_OF.fullmatch(name):
                yield ast.unparse(node)
            case ast.Attribute(attr=name) if _READ_TRICKS.fullmatch(name):
                yield ast.unparse(node)
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                continue
            case ast.Attribute(attr=name) if re.match(r"_(?!_)", name) and name not in own_names:
                yield ast.unparse(node)
            case ast.keyword(arg="httpx_settings"):
                yield "httpx_settings="
            case ast.keyword(arg=str(name)) if re.match(r"_(?!_)", name) and name not in own_names:
                yield f"{name}="


def _names_defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(value=ast.Name(id="self"), attr=name):
                yield name


def test_files_of_hosts_do_not_import_prefect() -> None:
    files = {path.name: path.read_text() for path in _IN_HOSTS.glob("*.py")}
    assert files
    assert [name for name, code in files.items() if re.search(r"^\s*(import|from) prefect", code, re.MULTILINE)] == []


def test_only_internals_uses_what_prefect_does_not_document() -> None:
    found = {}
    for path in _modules():
        place = path.relative_to(_PACKAGE)
        tricks = sorted(set(_tricks(path.read_text(), _AUTHORING if place.parts[0] in _AUTHORING else ())))
        if tricks:
            found[str(place)] = tricks
    assert found == _OF_DAG_FILES, "move these to airflow_compat/_prefect/internals, each with a contract test"


@pytest.mark.parametrize(
    "code",
    [
        "import prefect.server.api",
        "from prefect.server.events.schemas import events",
        "from prefect import task_engine",
        "from prefect.task_engine import run_task",
        "from prefect._internal.uuid7 import uuid7",
        "from prefect.concurrency._sync import concurrency",
        "from prefect.results import _get_default_result_storage",
        "client._client.get('/health')",
        "storage.read_path('key', _sync=True)",
        "task.fn = wrapper",
        "task.__class__ = PortedTask",
        "flow.on_failure_hooks.append(hook)",
        "frame.f_locals['engine']",
        "get_client(sync_client=True, httpx_settings={})",
    ],
)
def test_a_trick_is_found(code: str) -> None:
    assert list(_tricks(code))


@pytest.mark.parametrize(
    "code",
    [
        "from prefect import Flow, Task, flow, task",
        "from prefect.client.orchestration import get_client",
        "task.fn(1)",
        "client.read_flow_runs()",
        "from .._prefect.internals.hooks import set_hooks",
    ],
)
def test_what_prefect_documents_is_no_trick(code: str) -> None:
    assert list(_tricks(code)) == []


def _reliances() -> dict[str, str]:
    """The docstring of each reliance, under `module.name`."""
    found = {}
    for path in sorted(_INTERNALS.glob("[a-z]*.py")):
        statements = ast.parse(path.read_text()).body
        for statement, following in zip(statements, [*statements[1:], None], strict=True):
            match statement:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    found[f"{path.stem}.{name}"] = ast.get_docstring(statement) or ""
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    match following:
                        case ast.Expr(value=ast.Constant(value=str(text))):
                            found[f"{path.stem}.{name}"] = text
    return found


def _contracts() -> set[str]:
    return {
        argument.value
        for path in _CONTRACTS.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "contract"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }


def test_each_reliance_says_what_prefect_does_since_when_and_what_to_do_if_this_behaviour_changes() -> None:
    reliances = _reliances()
    assert len(reliances) > 30
    parts = ("\nPrefect: ", "\nSince: ", "\nIf this behaviour changes: ")
    assert [name for name, text in reliances.items() if not all(part in text for part in parts)] == []


def test_each_reliance_has_a_contract_test() -> None:
    assert _reliances().keys() == _contracts()
