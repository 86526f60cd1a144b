"""Looks up the counterparts of Airflow's names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from .._airflow.import_names import NoStandIn, StandIn, Submodule, find_name, names_of
from .._airflow.public_names import PACKAGE, Address, address_of
from .._airflow.version import AirflowVersion

_BOTH: tuple[AirflowVersion, ...] = ("3", "2")

Found: TypeAlias = Address | Submodule | NoStandIn | None
"""The result of a look-up: a counterpart, an Airflow module, a name without a counterpart, or None if unknown."""


@lru_cache(maxsize=10_000)
def look_up(module: str, name: str) -> Found:
    """Look up a name of one of Airflow's modules in all releases."""
    found = [find_name(module, name, release) for release in _BOTH]
    for each in found:
        if isinstance(each, StandIn):
            return address_of(each)
    return next((each for each in found if each is not None), None)  # type: ignore[return-value]


def follow(path: str, names: Sequence[str]) -> tuple[Found, int]:
    """Look up a chain of attributes, such as `models` and `DAG` of `airflow`.

    Returns:
        The object that the longest known part of the chain names, and the number of names in this part. If the whole
        chain names a module, the object is this module.
    """
    found: Found = Submodule(path)
    for number, name in enumerate(names, 1):
        found = look_up(path, name)
        if not isinstance(found, Submodule):
            return found, number
        path = found.name
    return found, len(names)


def is_module(path: str) -> bool:
    """Return True if a release of Airflow has the module."""
    return any(names_of(path, release) is not None for release in _BOTH)


def main_module(path: str) -> str:
    """Return the module of this package that has most of an Airflow module's names."""
    names = {name for release in _BOTH if (table := names_of(path, release)) for name in table.names}
    homes = Counter(found.module for name in sorted(names) if isinstance(found := look_up(path, name), Address))
    return homes.most_common(1)[0][0] if homes else f"{PACKAGE}.sdk"
