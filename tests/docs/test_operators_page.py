"""Generate `docs/reference/operators.md` from the table of names: `python tests/docs/test_operators_page.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from airflow_compat._airflow.import_names import OPEN_PACKAGES, StandIn, modules
from airflow_compat._airflow.import_names.replacements import REPLACEMENTS, replacement_for
from airflow_compat._airflow.version import AirflowVersion

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "operators.md"

_HEAD = """\
# Operators

This page lists the Airflow operators, sensors and hooks that run natively, and replacements for the others, in [DAG
files](../how-to/dag-files.md) and [in flows of your own](../how-to/operators.md).

## Native

These classes run without Airflow, with the same arguments, template fields, XComs and errors. The column "Found in"
lists the modules of Airflow that have the class. Pass `as_task` a path: the module, a dot and the name. [The page of
names](airflow-names.md) lists the modules of each release.

"""

_OTHERS = """
## Others

Operators of these providers have no stand-in. In a DAG file, tasks of such operators fail with an error that names the
operator; `dags check` lists these tasks. Write a task or a subclass of
[`BaseOperator`][airflow_compat.authoring.BaseOperator] in their place:

"""
_BOTH: tuple[AirflowVersion, ...] = ("2", "3")
_KINDS = (".operators", ".sensors", ".hooks")
_ENDINGS = ("Operator", "Sensor", "SensorAsync", "Hook", "Transfer")


def written() -> str:
    """Return the page's expected text."""
    native = _table(("Name", "Found in"), _native())
    return _HEAD + native + _OTHERS + _table(("Provider", "Replacement"), _replaced())


def _native() -> Iterator[tuple[str, str]]:
    found: dict[str, set[str]] = {}
    for release in _BOTH:
        for module, names in modules(release).items():
            if any(f"{kind}." in f"{module}." for kind in _KINDS):
                for name, entry in names.names.items():
                    if isinstance(entry, StandIn) and name.endswith(
                        ("Operator", "Sensor", "SensorAsync", "Hook", "Transfer")
                    ):
                        found.setdefault(name, set()).add(module)
    return ((f"`{name}`", ", ".join(f"`{module}`" for module in sorted(found[name]))) for name in sorted(found))


def _replaced() -> Iterator[tuple[str, str]]:
    return ((f"`{package}`", text) for package, text in REPLACEMENTS.items())


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_page_matches_the_table() -> None:
    assert PAGE.read_text() == written(), f"run `python {Path(__file__).relative_to(ROOT)}`"


def test_operators_of_every_kind_are_on_the_page() -> None:
    for name in ("BashOperator", "HttpSensor", "PostgresHook", "SQLExecuteQueryOperator", "SimpleHttpOperator"):
        assert f"| `{name}` |" in written()


def test_replacements_are_for_packages_without_stand_ins() -> None:
    assert list(REPLACEMENTS) == sorted(REPLACEMENTS)
    assert all(package.startswith(f"{next(iter(OPEN_PACKAGES))}.") for package in REPLACEMENTS)
    assert replacement_for("airflow.providers.amazon.aws.operators.s3").startswith("Use boto3")
    assert replacement_for("airflow.providers.unknown.operators.x") == ""


if __name__ == "__main__":
    PAGE.write_text(written())
