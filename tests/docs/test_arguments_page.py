"""Generate `docs/reference/arguments.md` from the tables: `python tests/docs/test_arguments_page.py`."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_compat._airflow.argument_table import PAGE as PATH
from airflow_compat._airflow.argument_table import Argument, Table
from airflow_compat._airflow.task_arguments import TASK_ARGUMENTS
from airflow_compat.options._dag_arguments import DAG_ARGUMENTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / PATH

_HEAD = """\
# Arguments of DAGs and tasks

This page lists all arguments of Airflow 2.11 and 3.3. [The how-to](../how-to/dag-arguments.md) shows these arguments in
use. [Callbacks](../how-to/callbacks.md) explains the decorators.

- **mapped**: works as in Airflow. The last column names the Prefect counterpart; "nothing" means that none is needed.
- **approximated**: has a different counterpart. An `UnsupportedFeatureWarning` explains the difference.
- **refused**: raises an `UnsupportedFeatureError` that names the next step, unless the value is Airflow's default,
  None, or an empty list or dict.

Unknown arguments raise an `InvalidArgumentError` with the nearest name. As in Airflow, `default_args` may contain
arguments of other operators, unless they look misspelt.

Tests compare this page with the tables in the code, and these tables with Airflow's signatures.
"""

_DAG = """
## Of a DAG

`flow_options` and `deployment_options` accept all of these arguments, and each of the two functions uses its own.
"""

_TASK = """
## Of a task

For `airflow_compat.task` and `task_options`: first the arguments of `BaseOperator`, then those of `PythonOperator` and
the decorator. `task_options` refuses `pool`, `multiple_outputs`, `do_xcom_push=False`, `pre_execute` and
`post_execute`, since they are not Prefect options.
"""


def written() -> str:
    """Return the page's expected text."""
    return "".join((_HEAD, _DAG, _table(DAG_ARGUMENTS), _TASK, _table(TASK_ARGUMENTS)))


def _table(table: Table) -> str:
    rows = ["", "| Argument | Airflow | | Here |", "|---|---|---|---|", *map(_row, table.values())]
    return "\n".join(rows) + "\n"


def _row(row: Argument) -> str:
    return f"| `{row.name}` | {', '.join(row.versions)} | {row.fate} | {row.here} |"


def test_page_matches_the_tables() -> None:
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
