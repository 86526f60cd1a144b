"""Assess a move from Airflow, and replace the imports of Airflow in code: DAG files, helper modules, callbacks.

```python
from airflow_compat import porting

rewrite = porting.rewrite(["dags"])
print(rewrite.diff)
rewrite.write()
```
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from os import PathLike
from typing import TYPE_CHECKING

from .._airflow.version import DEFAULT_VERSION, AirflowVersion, check_version
from ._assessment import AssessedFile, Assessment, CauseTotal, Issue, SharedModule
from ._baseline import Change, change_since
from ._causes import CAUSES, Cause, Verdict
from ._report import answer_text, change_text, effort_text
from ._report import tables as report_tables
from ._report_html import html_of
from ._report_markdown import markdown_of
from ._rewrite import Rewrite, rewrite_paths
from ._rewrite_file import FileRewrite
from ._rule import Finding, Rule, Tier
from ._rules import RULES
from ._topics import topic_of

if TYPE_CHECKING:
    from ..hosting import AirflowHost

__all__ = [
    "CAUSES",
    "RULES",
    "AssessedFile",
    "Assessment",
    "Cause",
    "CauseTotal",
    "Change",
    "FileRewrite",
    "Finding",
    "Issue",
    "Rewrite",
    "Rule",
    "SharedModule",
    "Tier",
    "Verdict",
    "answer_text",
    "assess",
    "change_since",
    "change_text",
    "effort_text",
    "html_of",
    "markdown_of",
    "report_tables",
    "rewrite",
    "topic_of",
]


def assess(
    path: str | PathLike[str],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    server: bool = True,
    effort: str | PathLike[str] | None = None,
    host: AirflowHost | None = None,
) -> Assessment:
    """Assess what a move of DAG files to Prefect needs.

    The assessment combines the problems that `dags.check` finds with the changes that `rewrite` makes.

    Args:
        path: The path of a file or folder. The folder's `.airflowignore` is respected for DAG files.
        airflow_version: The Airflow version for which the files were written.
        search_path: More folders from which the files import modules.
        server: Whether to ask the configured server for pools, connections and variables. No temporary server is
            started.
        effort: A JSON file with your own minimum and maximum minutes for each problem code: `{"AC403": [10, 30]}`.
        host: The Airflow environment that is asked whether it has the names that tasks need. Defaults to [the
            configured host](../../how-to/hosts.md#name-the-host-once). Without a host, the assessment assumes that a
            host has all names of providers.

    Raises:
        DagFileError: The path does not exist.
        RewriteError: The file with the efforts is invalid.
    """
    from ..hosting import configured_host
    from ._assess import assess_path

    check_version(airflow_version)
    return assess_path(
        path,
        airflow_version=airflow_version,
        search_path=search_path,
        server=server,
        effort=effort,
        host=host or configured_host(),
    )


def rewrite(
    paths: Iterable[str | PathLike[str]],
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    unsafe: bool = False,
    max_changes: int | None = None,
) -> Rewrite:
    """Find what the rewrite rules change in Python files.

    `Rewrite.write()` writes the files; comments and formatting stay unchanged.

    A second rewrite of the same files changes nothing. The comment `# airflow-compat: ignore` excludes a line, and
    `# airflow-compat: ignore-file` a file. Both comments accept codes of rules: `ignore[AC101]`.

    Args:
        paths: Python files, and folders that contain Python files.
        select: Apply only rules whose code starts with one of these texts: `AC1`.
        ignore: Do not apply rules whose code starts with one of these texts.
        unsafe: Also apply edits that may change what the code does.
        max_changes: The maximum number of files to change.

    Raises:
        DagFileError: A path does not exist.
        RewriteError: No rule has such a code.
    """
    return rewrite_paths(paths, select=select, ignore=ignore, unsafe=unsafe, max_changes=max_changes)
