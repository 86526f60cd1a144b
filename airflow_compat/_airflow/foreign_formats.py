"""Files that surround Airflow and look like its exports, each refused by its own name.

Read as an export, `airflow ... list -o json` or an answer of the REST API would become variables that hold passwords.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .export_text import NotAnExportError

_KINDS = ("connections", "variables", "pools")
_ONE_VARIABLE = {"key", "value", "val", "description", "is_encrypted", "team_name", "id", "_id"}
_ENV_LINE = re.compile(rb"^[ \t]*(?:export[ \t]+)?AIRFLOW_[A-Z0-9_]+[ \t]*=", re.MULTILINE)


def refuse_foreign(entries: object) -> None:
    """Refuse what is known to be another format.

    Raises:
        NotAnExportError: It is; the message says which one, and what to do instead.
    """
    problem = ""
    if isinstance(entries, list):
        problem = _listed(entries)
    elif isinstance(entries, Mapping):
        problem = _answer(entries) or _together(entries) or _deployment(entries)
    if problem:
        raise NotAnExportError(problem)


def refuse_project_environment(data: bytes, name: str) -> None:
    """Refuse a project's `.env`, whose lines set variables of the environment.

    Raises:
        NotAnExportError: It sets one of Airflow's.
    """
    if _ENV_LINE.search(data):
        raise NotAnExportError(f"a project's environment file, which is no export; give it as env:{name}")


def _export(kind: str) -> str:
    return f"run `airflow {kind} export {kind}.json` and give that file"


def _listed(entries: list[Any]) -> str:
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        return ""
    keys = {"connections": {"conn_id"}, "pools": {"pool", "slots"}, "variables": {"key"}}
    for kind, needed in keys.items():
        if all(needed <= entry.keys() for entry in entries):
            return f"the output of `airflow {kind} list`, which is no export and may mask its values; {_export(kind)}"
    return ""


def _answer(entries: Mapping[str, Any]) -> str:
    """An answer of the REST API, for several entries or for one."""
    kinds = [kind for kind in _KINDS if isinstance(entries.get(kind), list)]
    if kinds and (len(entries) == 1 or "total_entries" in entries):
        return f"an answer of Airflow's REST API, which masks or leaves out secrets; {_export(kinds[0])}"
    if isinstance(entries.get("conn_type"), str):
        return f"the fields of one connection, without its id; {_export('connections')}"
    if {"key", "description"} <= entries.keys() <= _ONE_VARIABLE and entries.keys() & {"value", "val"}:
        return f"one variable as Airflow's REST API gives it; {_export('variables')}"
    if isinstance(entries.get("slots"), int) and {"name", "pool"} & entries.keys():
        return f"one pool as Airflow's REST API gives it; {_export('pools')}"
    return ""


def _together(entries: Mapping[str, Any]) -> str:
    if not entries.keys() <= set(_KINDS):
        return ""
    lists = [value for value in entries.values() if isinstance(value, list) and value]
    listed = len(entries) > 1 and any(isinstance(entry, Mapping) for value in lists for entry in value)
    if listed or _all_have(entries.get("connections"), "conn_type") or _all_have(entries.get("pools"), "slots"):
        return "several kinds in one file; write each into a file of its own, such as connections.json"
    return ""


def _deployment(entries: Mapping[str, Any]) -> str:
    if isinstance(entries.get("apiVersion"), str) and isinstance(entries.get("kind"), str):
        return f"a Kubernetes manifest, which is no export; {_export('connections')}"
    if _all_have(entries.get("services"), "image", "build", "extends"):
        return "a Docker Compose file, which is no export; run `airflow-compat import env:` inside its service"
    return ""


def _all_have(value: object, *keys: str) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    inner: Iterable[object] = value.values()
    return all(isinstance(each, Mapping) and bool(each.keys() & set(keys)) for each in inner)
