"""Find the public modules of this package from which code imports the counterparts of Airflow's names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from .import_names import StandIn, modules, names_of
from .version import AirflowVersion

PACKAGE = __package__.partition(".")[0]
HOSTED = f"{PACKAGE}.hosted"
"""The package from which DAG files import the Airflow objects that run in an Airflow host:
`airflow_compat.hosted.providers.acme`.
"""
_STAND_INS = f"{PACKAGE}.dags._stand_ins"


class Address(NamedTuple):
    """A public module and one name that it defines."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


# The stand-ins in these modules have a public module of their own. The stand-ins in all other modules are public in
# `airflow_compat.utils`.
_MODULES = {
    f"{PACKAGE}.dags._load_values": f"{PACKAGE}.utils.configuration",
    f"{_STAND_INS}.timezone": f"{PACKAGE}.utils.timezone",
    f"{_STAND_INS}.versions": "typing",
}
_NAMES = {
    StandIn(f"{_STAND_INS}.versions", "timezone"): Address(f"{PACKAGE}.utils", "timezone"),
    StandIn(f"{PACKAGE}.dags._load_values", "import_string"): Address(f"{PACKAGE}.utils", "import_string"),
    # `typing` of Python 3.10 lacks `Self`, `Unpack` and `assert_never`.
    **{
        StandIn(f"{_STAND_INS}.versions", name): Address("typing_extensions", name)
        for name in ("Self", "Unpack", "assert_never")
    },
    StandIn(f"{_STAND_INS}.files", "TemporaryDirectory"): Address("tempfile", "TemporaryDirectory"),
    StandIn(f"{_STAND_INS}.dates", "datetime"): Address("datetime", "datetime"),
    StandIn(f"{_STAND_INS}.dates", "timedelta"): Address("datetime", "timedelta"),
}


def address_of(stand_in: StandIn) -> Address:
    """Return the public module of a stand-in, and its name there."""
    if stand_in in _NAMES:
        return _NAMES[stand_in]
    if name := _names_of_sdk().get(stand_in):
        return Address(f"{PACKAGE}.sdk", name)
    if stand_in.module in _MODULES:
        return Address(_MODULES[stand_in.module], stand_in.name)
    is_private = any(part.startswith("_") for part in stand_in.module.split("."))
    return Address(f"{PACKAGE}.utils" if is_private else stand_in.module, stand_in.name)


@cache
def _names_of_sdk() -> Mapping[StandIn, str]:
    table = names_of("airflow.sdk", "3")
    assert table is not None
    return {entry: name for name, entry in table.names.items() if isinstance(entry, StandIn) and name[0] != "_"}


def airflow_paths(release: AirflowVersion) -> dict[str, list[str]]:
    """Return the Airflow import paths of each public name of this package, the preferred path first."""
    found: dict[str, list[str]] = {}
    for module, names in modules(release).items():
        for name, entry in names.names.items():
            if isinstance(entry, StandIn) and (address := address_of(entry)).module.startswith(PACKAGE):
                found.setdefault(str(address), []).append(f"{module}.{name}")
    return {address: sorted(paths, key=_rank) for address, paths in found.items()}


def _rank(path: str) -> tuple[bool, bool, int]:
    return not path.startswith("airflow.sdk."), ".contrib." in path, len(path)
