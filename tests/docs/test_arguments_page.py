"""`docs/reference/arguments.md` is written by this file from the tables: `python tests/docs/test_arguments_page.py`."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_compat._airflow.arguments import PAGE as PATH
from airflow_compat._airflow.arguments import Argument, Table
from airflow_compat._airflow.dag_arguments import DAG_ARGUMENTS
from airflow_compat._airflow.task_arguments import TASK_ARGUMENTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / PATH

_HEAD = """\
# Arguments of DAGs and tasks

What becomes of every argument of Airflow 2.11 and 3.3. [The how-to](../how-to/dag-arguments.md) shows them in use.

- **mapped**: it does what it does in Airflow, by what stands beside it. "Nothing" means that there is nothing to do.
- **approximated**: it has a counterpart that differs. An `UnsupportedFeatureWarning` says how.
- **refused**: a value that asks for something is an `UnsupportedFeatureError` that says what to do. Airflow's own
  default, None, and an empty list or dict are fine.

An argument that Airflow doesn't have is an `InvalidArgumentError` with the nearest name. In `default_args` names that
only other operators take are left alone, as in Airflow, unless they look misspelt.

This page is made from the tables that the code looks at, and the tests compare those with the signatures of Airflow.
"""

_DAG = """
## Of a DAG

For `flow_options` and `deployment_options`, which take the same arguments: each uses what is its own.
"""

_TASK = """
## Of a task

For `airflow_compat.task` and `task_options`: those of `BaseOperator`, then those of `PythonOperator` and the decorator
itself. `task_options` refuses `pool`, `multiple_outputs`, `do_xcom_push=False`, `pre_execute` and `post_execute`, which
are no options of Prefect's.
"""


def written() -> str:
    """The page, as it is to be."""
    return "".join((_HEAD, _DAG, _table(DAG_ARGUMENTS), _TASK, _table(TASK_ARGUMENTS)))


def _table(table: Table) -> str:
    rows = ["", "| Argument | Airflow | | Here |", "|---|---|---|---|", *map(_row, table.values())]
    return "\n".join(rows) + "\n"


def _row(row: Argument) -> str:
    return f"| `{row.name}` | {', '.join(row.versions)} | {row.fate} | {row.here} |"


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text() == written(), f"run `python {Path(__file__).relative_to(ROOT)}`"


def test_each_name_in_the_page_exists() -> None:
    import prefect

    import airflow_compat
    from airflow_compat import automations, notifiers, templates

    names = set(re.findall(r"`(airflow_compat|automations|notifiers|prefect)\.(\w+)", written()))
    homes = {"airflow_compat": airflow_compat, "automations": automations, "notifiers": notifiers, "prefect": prefect}
    assert names
    assert [name for home, name in names if not hasattr(homes[home], name) and name != "templates"] == []
    assert hasattr(templates, "render")


if __name__ == "__main__":
    PAGE.write_text(written())
