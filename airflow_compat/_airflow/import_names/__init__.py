"""The table of Airflow's names: for each release, module and name, our stand-in or a placeholder with a reason.

The data is in the other modules of this folder, one per area. A block starts with the modules that contain the same
names; `[2]` or `[3]` limits the block to a release. Each indented line says where names are defined, or why they have
no stand-in:

```text
airflow.models.baseoperator airflow.sdk.bases.operator
  authoring: BaseOperator chain
  dags._stand_ins.dates: days_ago old_name=new_name
  [2] ? database: DagModel
  ? types: *
```

A line `home: names` lists stand-ins, which are in the module `airflow_compat.<home>`. A line `? reason: names` lists
placeholders, and `*` stands for every other name of the module. A module that is in two blocks has the names of both
blocks. `airflow.sdk` is only in release 3. If a DAG file imports a module that only another release has, the import
raises an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import accumulate
from types import MappingProxyType

from ..version import AirflowVersion, limited_line

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "assets": "The partitions and watchers of assets are not supported.",
        "database": "It is a part of Airflow's metadata database, which does not exist here.",
        "deadlines": "Custom references of deadlines are not supported; use airflow_compat.automations.",
        "hitl": "Tasks that wait for a person are not supported.",
        "internals": "It is internal to Airflow.",
        "later": "airflow_compat does not support it yet.",
        "lineage": "Lineage is not supported.",
        "provider": "It belongs to a provider; for DAG files, an Airflow host can run it.",
        "secrets": "Airflow's secrets backends do not run here; import what they hold with `airflow-compat import`.",
        "server": "It belongs to Airflow's scheduler, web server or executors.",
        "storage": "Object storage is not supported; use universal_pathlib.",
        "subdag": "Airflow 2.0 deprecated sub-DAGs, and 3.0 removed them; use a TaskGroup.",
        "types": "It is only for annotations.",
    }
)
"""The reasons why names have no stand-in. Each reason is the last sentence of an error message."""

OPEN_PACKAGES: Mapping[str, str] = {
    "airflow.providers": "provider",
    "airflow.contrib": "provider",
    "airflow.api": "server",
    "airflow.api_connexion": "server",
    "airflow.api_fastapi": "server",
    "airflow.api_internal": "server",
    "airflow.auth": "server",
    "airflow.callbacks": "server",
    "airflow.cli": "server",
    "airflow.dag_processing": "server",
    "airflow.executors": "server",
    "airflow.jobs": "server",
    "airflow.kubernetes": "provider",
    "airflow.listeners": "server",
    "airflow.logging_config": "server",
    "airflow.metrics": "server",
    "airflow.migrations": "database",
    "airflow.policies": "server",
    "airflow.providers_manager": "server",
    "airflow.secrets": "secrets",
    "airflow.security": "server",
    "airflow.serialization": "internals",
    "airflow.ti_deps": "server",
    "airflow.traces": "server",
    "airflow.www": "server",
    "airflow.sdk.api": "internals",
    "airflow.sdk.coordinators": "internals",
    "airflow.sdk.execution_time": "internals",
    "airflow.sdk.listener": "internals",
    "airflow.sdk.observability": "internals",
    "airflow.sdk.plugins_manager": "internals",
    "airflow.sdk.providers_manager_runtime": "internals",
    "airflow.sdk.serde": "internals",
    "airflow.sdk.state": "internals",
    "airflow.utils.log": "server",
    "airflow.utils.serve_logs": "server",
}
"""The packages in which every name is a placeholder, each with the reason, unless a block lists the name's module."""

_AREAS = (
    "airflow",
    "authoring",
    "models",
    "operators",
    "sdk",
    "utils",
    "timetables",
    "legacy",
    "providers",
    "sql_and_http",
)


@dataclass(frozen=True)
class StandIn:
    """An Airflow name for which this package has a stand-in.

    Attributes:
        module: The module that defines the stand-in.
        name: Its name there.
    """

    module: str
    name: str

    def resolve(self) -> object:
        """Import the module of the stand-in, and return the stand-in."""
        return getattr(import_module(self.module), self.name)


@dataclass(frozen=True)
class NoStandIn:
    """A name without a stand-in.

    Attributes:
        reason: A key of `REASONS`.
    """

    reason: str


@dataclass(frozen=True)
class Submodule:
    """An Airflow name that refers to a module.

    Attributes:
        name: Its full name.
    """

    name: str


@dataclass(frozen=True)
class NamesOfModule:
    """The names of one module.

    Attributes:
        rest: The placeholder for every name not in `names`; None if the module has no other names.
    """

    names: Mapping[str, StandIn | NoStandIn] = field(default_factory=dict)
    rest: NoStandIn | None = None

    def find(self, name: str) -> StandIn | NoStandIn | None:
        return self.names.get(name, self.rest)


def names_of(module: str, release: AirflowVersion) -> NamesOfModule | None:
    """Return the names of a module; None if the release has no such module."""
    if not _is_in(module, release):
        return None
    known = modules(release).get(module)
    if known is not None:
        return known
    if reason := _reason_below(module):
        return NamesOfModule(rest=NoStandIn(reason))
    return NamesOfModule() if module in _packages(release) else None


def find_name(module: str, name: str, release: AirflowVersion) -> StandIn | NoStandIn | Submodule | None:
    """Return the stand-in, placeholder or module that DAG files get for a name; None if Airflow has no such name."""
    known = names_of(module, release)
    if known is None:
        return None
    found = known.find(name)
    if isinstance(found, StandIn):
        return found
    if name.startswith("__"):
        return None
    if is_listed(f"{module}.{name}", release):
        return Submodule(f"{module}.{name}")
    # A DAG file may import a name from a module that itself only imports the name, or from the module that defined the
    # name in Airflow 1.10.
    if name not in known.names and not module.startswith("airflow.providers."):
        return stand_in_named(name, release) or found
    return found


def is_listed(module: str, release: AirflowVersion) -> bool:
    """Return True if the table of Airflow's names lists the module or a module below it."""
    return _is_in(module, release) and (
        module in modules(release) or module in _packages(release) or module in OPEN_PACKAGES
    )


def releases_of(module: str) -> tuple[AirflowVersion, ...]:
    """Return the releases in which a module exists."""
    both: tuple[AirflowVersion, ...] = ("2", "3")
    return tuple(release for release in both if names_of(module, release) is not None)


def stand_in_named(name: str, release: AirflowVersion) -> StandIn | None:
    """Return the stand-in that all modules list for a name; None if they list no stand-in or different ones."""
    return _by_name(release).get(name)


@cache
def modules(release: AirflowVersion) -> Mapping[str, NamesOfModule]:
    """Return all modules that the table of Airflow's names lists for a release."""
    names: dict[str, dict[str, StandIn | NoStandIn]] = {}
    rest: dict[str, NoStandIn] = {}
    for area in _AREAS:
        for listed, home, words in _lines(import_module(f".{area}", __name__).NAMES, release):
            for module in listed:
                if not _is_in(module, release):
                    continue
                held = names.setdefault(module, {})
                for word in words:
                    name, _, ours = word.partition("=")
                    found = _entry(home, ours or name)
                    if name == "*":
                        assert isinstance(found, NoStandIn)
                        rest[module] = found
                    else:
                        held[name] = found
    return {module: NamesOfModule(held, rest.get(module)) for module, held in names.items()}


def _lines(text: str, release: AirflowVersion) -> Iterator[tuple[tuple[str, ...], str, list[str]]]:
    listed: tuple[str, ...] = ()
    is_open = applies = False
    for line in text.splitlines():
        if not line.strip():
            is_open = False
        elif not line.startswith(" "):
            applies, words = limited_line(line, release)
            # A block may list its modules on several lines.
            listed = (*(listed if is_open else ()), *words.split())
            is_open = True
        else:
            is_open = False
            here, words = limited_line(line.strip(), release)
            if applies and here:
                home, _, names = words.partition(":")
                yield listed, home, names.split()


def _is_in(module: str, release: AirflowVersion) -> bool:
    return release == "3" or not f"{module}.".startswith("airflow.sdk.")


def _entry(home: str, name: str) -> StandIn | NoStandIn:
    if home.startswith("?"):
        return NoStandIn(home[1:].strip())
    return StandIn(f"{__package__.partition('.')[0]}.{home}", name)


def _reason_below(module: str) -> str | None:
    return next((OPEN_PACKAGES[each] for each in reversed(_with_packages(module)) if each in OPEN_PACKAGES), None)


def _with_packages(module: str) -> list[str]:
    """Return the packages around a module, from the outermost package on, and the module itself."""
    return list(accumulate(module.split("."), "{}.{}".format))


@cache
def _packages(release: AirflowVersion) -> frozenset[str]:
    return frozenset(
        package for module in (*modules(release), *OPEN_PACKAGES) for package in _with_packages(module)[:-1]
    )


@cache
def _by_name(release: AirflowVersion) -> Mapping[str, StandIn | None]:
    found: dict[str, StandIn | None] = {}
    for module in modules(release).values():
        for name, entry in module.names.items():
            if isinstance(entry, StandIn):
                found[name] = entry if found.get(name, entry) == entry else None
    return found
