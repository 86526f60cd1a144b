"""The table of names, against the public names of the installed Airflow. Its sources are read, and not imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_airflow import MAJOR

from airflow_compat._airflow.import_names import names_of
from airflow_compat._airflow.version import AirflowVersion

RELEASE: AirflowVersion = "2" if MAJOR == "2" else "3"
_AREAS = [
    "__init__", "assets", "configuration", "datasets", "decorators", "exceptions", "hooks", "io", "lineage", "macros",
    "models", "notifications", "operators", "partition_mappers", "plugins_manager", "providers/standard", "sdk",
    "providers/common/sql", "providers/http", "providers/postgres", "providers/sqlite", "sensors", "settings", "state",
    "stats", "task", "timetables", "triggers", "typing_compat", "utils", "version",
]  # fmt: skip
# Maps of names that a module answers with a warning, or when they are first used.
_LAZY = ("__lazy_imports", "__deprecated_classes", "__deprecated_imports", "__deprecated_lazy_imports")
# What a module defines for itself.
_OWN = {"log", "logger", "globals", "tracer"}


def _package() -> Path:
    spec = importlib.util.find_spec("airflow")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _files() -> Iterator[tuple[str, Path]]:
    top = _package()
    for area in _AREAS:
        folder = top / area
        for path in [folder.with_suffix(".py"), *sorted(folder.rglob("*.py"))]:
            names = ["airflow", *path.relative_to(top).with_suffix("").parts]
            if path.is_file() and not any(part.startswith("_") and part != "__init__" for part in names):
                yield ".".join(names).removesuffix(".__init__"), path


def _names(path: Path) -> tuple[set[str], dict[str, set[str]]]:
    """Return the public names of a file, and those that it gives to its submodules."""
    defined: set[str] = set()
    listed: set[str] = set()
    lazy: set[str] = set()
    below: dict[str, set[str]] = {}
    for node in _statements(ast.parse(path.read_bytes()).body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                defined.add(name)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                listed |= {each.value for each in ast.walk(value) if isinstance(each, ast.Constant)}
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as value)
            ) if name in _LAZY:
                for key, inner in zip(value.keys, value.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(inner, ast.Dict):
                        below.setdefault(key.value, set()).update(map(ast.literal_eval, inner.keys))
                    elif isinstance(key, ast.Constant):
                        lazy.add(key.value)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                defined.add(name)
    names = {name for name in (listed or defined) | lazy if not name.startswith("_")} - _OWN
    return names, {module: {name for name in held if name[0] not in "_*"} for module, held in below.items()}


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from _statements(node.body)
            yield from _statements(node.orelse)
        elif isinstance(node, ast.Try):
            yield from _statements([*node.body, *(each for handler in node.handlers for each in handler.body)])
        else:
            yield node


def _public_names() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module, path in _files():
        names, below = _names(path)
        found.setdefault(module, set()).update(names)
        for submodule, held in below.items():
            found.setdefault(f"{module}.{submodule}", set()).update(held)
    return {module: names for module, names in found.items() if names}


PUBLIC = _public_names()


def test_the_names_of_airflow_were_found() -> None:
    assert len(PUBLIC) > (150 if RELEASE == "2" else 250)
    assert {"DAG", "XComArg"} <= PUBLIC["airflow"]
    assert "DummyOperator" not in PUBLIC["airflow.models"]


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_each_public_name_is_in_the_table(module: str) -> None:
    ours = names_of(module, RELEASE)
    assert ours is not None, f"{module} is not in the table"
    assert sorted(name for name in PUBLIC[module] if ours.find(name) is None) == []
