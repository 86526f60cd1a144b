"""Lets rewritten DAG files run in the host: what they import from airflow_compat is Airflow's own object there.

The run sends the module `names`, which maps each import path of airflow_compat to the corresponding import paths of
Airflow, for each release of Airflow.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_PACKAGE = "airflow_compat"
_HOSTED = _PACKAGE + ".hosted"


class _Module(ModuleType):
    """Replaces a module of airflow_compat: each attribute is Airflow's object that corresponds to the name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _found(self.__name__, name)
        setattr(self, name, value)
        return value


def _found(module: str, name: str) -> Any:
    if (module + ".").startswith(_HOSTED + "."):
        paths = ["airflow" + module[len(_HOSTED) :] + "." + name]
    else:
        paths = _paths().get(module + "." + name, [])
    for path in paths:
        start, _, last = path.rpartition(".")
        try:
            return getattr(import_module(start), last)
        except (ImportError, AttributeError):
            continue
    if paths and module.startswith(_HOSTED):
        try:
            return import_module(paths[0])
        except ImportError:
            raise AttributeError("The host lacks " + paths[0] + ". Install its provider in the host.") from None
    raise AttributeError("Airflow has no counterpart of " + module + "." + name + ", so the host lacks it.")


def _paths() -> Any:
    import airflow

    return import_module("." + "names", __package__).NAMES[airflow.__version__.partition(".")[0]]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        if name != _PACKAGE and not name.startswith(_PACKAGE + "."):
            return None
        known = any(address.startswith(name + ".") for address in _paths())
        if known or (name + ".").startswith(_HOSTED + "."):
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> Any:
        return _Module(spec.name)

    def exec_module(self, module: Any) -> None:
        """Leave the module empty: `_Module` looks up each attribute when it is first used."""


def install() -> None:
    """Make later imports from airflow_compat return Airflow's objects."""
    sys.meta_path.insert(0, _Finder())
