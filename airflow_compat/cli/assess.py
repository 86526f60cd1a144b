"""`airflow-compat assess`: show the effort and order of a move from Airflow, and the files that need manual edits."""

from __future__ import annotations

from .. import porting
from .._airflow.version import DEFAULT_VERSION
from ..errors import RewriteError
from ._options import Flag, JsonFlag, Many, Version
from ._printing import count, filled_table, new_console, print_json, write_file


def assess(
    path: str,
    /,
    *,
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    offline: Flag = False,
    effort: str = "",
    baseline: str = "",
    markdown: str = "",
    html: str = "",
    json_: JsonFlag = False,
) -> None:
    """Assess the work and the order of a move from Airflow.

    The files are loaded in a child process, and no DAG runs. If a Prefect server is configured, it is asked for the
    pools, connections and variables that the files name.

    Example: airflow-compat assess dags --html assessment.html

    Args:
        path: A DAG file, or a folder of them. In a folder, an .airflowignore file applies.
        airflow_version: The Airflow version for which the files were written.
        search_path: One more folder from which the files import modules; repeat it for several.
        offline: Contact no server.
        effort: A JSON file with your own minimum and maximum minutes for each problem code, such as {"AC403": [10,
            30]}.
        baseline: An assessment that was saved with --json, to show what changed since.
        markdown: Write a report to this file.
        html: Write a page with charts to this file.
        json_: Print JSON instead of tables.
    """
    made = porting.assess(
        path,
        airflow_version=airflow_version,
        search_path=search_path,
        server=not offline,
        effort=effort or None,
    )
    change = porting.change_since(baseline, made) if baseline else None
    for file, text in ((markdown, porting.markdown_of), (html, porting.html_of)):
        if file:
            write_file(file, text(made, change), RewriteError, "Pass another path")
    if json_:
        print_json(made.as_dict())
    else:
        _print(made, change)


def _print(made: porting.Assessment, change: porting.Change | None) -> None:
    console = new_console()
    for table in porting.report_tables(made):
        if table.rows:
            console.print(f"{table.title}:", style="bold")
            console.print(filled_table(table.columns, (("", *row) for row in table.rows)))
            console.print(f"and {table.more} more\n" if table.more else "")
    effort = porting.effort_text(made.minutes)
    total = count(sum(len(file.dag_ids) for file in made.files), "DAG")
    console.print(f"{total} in {count(len(made.files), 'file')}, effort {effort} as a rule of thumb.", soft_wrap=True)
    if change is not None:
        console.print(porting.change_text(change, made), soft_wrap=True)
    console.print(porting.answer_text(made), soft_wrap=True)
