"""Generate `docs/reference/airflow-names.md` from the table of names: `python tests/docs/test_names_page.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from airflow_compat._airflow.import_names import OPEN_PACKAGES, REASONS, NamesOfModule, NoStandIn, StandIn, modules
from airflow_compat._airflow.version import AirflowVersion

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "airflow-names.md"

_HEAD = """\
# Airflow names in DAG files

This page lists what [a loaded DAG file](../how-to/dag-files.md) gets for each name that it imports from Airflow.

- **Stand-in**: a class or function of airflow_compat that works as Airflow's.
- **Placeholder**: the file loads. An operator becomes a task, which runs in [an Airflow host](../how-to/hosts.md) and
  fails without one. Any other placeholder raises an `UnsupportedFeatureError` when a task uses it. The word after the
  names is one of [the reasons](#reasons). "all others" means every other name of the module.
- **Not listed**: importing the module raises a `ModuleNotFoundError`, and importing the name an `ImportError`, as in
  Airflow. A name is also found in the module that had it in Airflow 2.11 or earlier.

(2) and (3) mark names that only Airflow 2.11 or only Airflow 3.3 has. `airflow.sdk` exists only in Airflow 3. Pass
`airflow_version="2"` to `load_flow` for files that were written for Airflow 2.

Tests compare this page with the table in the code, and the table with the names of real Airflow.

## Reasons

"""

_PACKAGES = """
## Whole packages

All modules in these packages can be imported, and every name in them is a placeholder, except in the modules that are
listed below.

"""

# The packages that have a section of their own. The others are in the first section.
_SECTIONS = (
    "airflow.sdk",
    "airflow.decorators",
    "airflow.models",
    "airflow.operators",
    "airflow.sensors",
    "airflow.hooks",
    "airflow.triggers",
    "airflow.timetables",
    "airflow.utils",
    "airflow.providers.standard",
    "airflow.providers",
)
_OTHERS = "airflow"
_BOTH: tuple[AirflowVersion, ...] = ("2", "3")


class _Names(NamedTuple):
    """The names of a module in both releases, as they are shown."""

    releases: tuple[str, ...]
    stand_ins: tuple[str, ...]
    placeholders: tuple[tuple[str, tuple[str, ...]], ...]


def written() -> str:
    """Return the page's expected text."""
    reasons = _table(("Reason", "Meaning"), ((key, text) for key, text in REASONS.items()))
    packages = _table(("Reason", "Packages"), _packages())
    return "".join((_HEAD, reasons, _PACKAGES, packages, *(_section(name) for name in (_OTHERS, *_SECTIONS))))


def _packages() -> Iterator[tuple[str, str]]:
    found: dict[str, list[str]] = {}
    for package, reason in OPEN_PACKAGES.items():
        found.setdefault(reason, []).append(f"`{package}`")
    return ((reason, ", ".join(packages)) for reason, packages in found.items())


def _section(package: str) -> str:
    alike: dict[_Names, list[str]] = {}
    for module in sorted({*modules("2"), *modules("3")}):
        names = _names_of(module)
        if _section_of(module) == package and (names.stand_ins or names.placeholders):
            alike.setdefault(names, []).append(module)
    rows = (
        (
            ", ".join(f"`{module}`" for module in listed) + _marked(names.releases),
            ", ".join(names.stand_ins),
            "; ".join(f"{', '.join(held)}: {reason}" for reason, held in names.placeholders),
        )
        for names, listed in alike.items()
    )
    return f"\n## `{package}`\n\n" + _table(("Modules", "Stand-ins", "Placeholders"), rows)


def _section_of(module: str) -> str:
    return next((name for name in _SECTIONS if f"{module}.".startswith(f"{name}.")), _OTHERS)


def _names_of(module: str) -> _Names:
    found: dict[AirflowVersion, NamesOfModule] = {
        release: names for release in _BOTH if (names := modules(release).get(module)) is not None
    }
    stand_ins: list[str] = []
    placeholders: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for each in found.values() for name in each.names):
        entries = {release: each.names[name] for release, each in found.items() if name in each.names}
        # A name may be a stand-in of one release and a placeholder of the other.
        for entry in dict.fromkeys(entries.values()):
            held_in = tuple(release for release, each in entries.items() if each == entry)
            shown = f"`{name}`" + (_marked(held_in) if held_in != tuple(found) else "")
            if isinstance(entry, StandIn):
                stand_ins.append(shown)
            else:
                placeholders.setdefault(entry.reason, []).append(shown)
    for reason, releases in _rests(found).items():
        shown = "all others" if placeholders or stand_ins else "all names"
        placeholders.setdefault(reason, []).append(shown + (_marked(releases) if releases != tuple(found) else ""))
    return _Names(tuple(found), tuple(stand_ins), tuple((reason, tuple(held)) for reason, held in placeholders.items()))


def _rests(found: Mapping[AirflowVersion, NamesOfModule]) -> Mapping[str, tuple[str, ...]]:
    rests: dict[str, tuple[str, ...]] = {}
    for release, names in found.items():
        if isinstance(names.rest, NoStandIn):
            rests[names.rest.reason] = (*rests.get(names.rest.reason, ()), release)
    return rests


def _marked(releases: tuple[str, ...]) -> str:
    return "" if releases == _BOTH else f" ({', '.join(releases)})"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_page_matches_the_table() -> None:
    assert PAGE.read_text() == written(), f"run `python {Path(__file__).relative_to(ROOT)}`"


def test_each_stand_in_is_on_the_page() -> None:
    page = written()
    names = {
        name
        for release in _BOTH
        for module in modules(release).values()
        for name, entry in module.names.items()
        if isinstance(entry, StandIn)
    }
    assert len(names) > 300
    assert {name for name in names if f"`{name}`" not in page} == set()


if __name__ == "__main__":
    PAGE.write_text(written())
