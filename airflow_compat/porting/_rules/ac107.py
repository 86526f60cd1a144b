"""AC107: a name that is imported from Airflow and has no counterpart."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..._airflow.import_names import REASONS, NoStandIn
from .._addresses import look_up
from .._file import PythonFile
from .._rule import Finding, Rule
from .ac105 import is_of_provider


def find(file: PythonFile) -> Iterator[Finding]:
    for _, node in file.airflow_imports:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                found = look_up(node.module, alias.name)
                if isinstance(found, NoStandIn) and not is_of_provider(found):
                    message = f"airflow_compat has no counterpart of {node.module}.{alias.name}"
                    yield Finding(RULE.code, file.path, alias.lineno, message, _step(found.reason), "display-only")


def _step(reason: str) -> str:
    return f"Replace it, or keep the import: {REASONS[reason][0].lower()}{REASONS[reason][1:].rstrip('.')}"


RULE = Rule(
    code="AC107",
    name="no-counterpart",
    tier="display-only",
    about="""\
The file imports a name of Airflow for which airflow_compat has no counterpart, such as a part of Airflow's database,
scheduler or web server. The import stays. `load_flow` replaces the name by a placeholder, so the file still loads. A
task that uses the name fails, unless it runs in an Airflow host. [The list of names](../airflow-names.md) has the
reasons.""",
    before="""\
from airflow.models import DagBag
""",
    after="""\
from airflow.models import DagBag
""",
    unchanged="""\
from airflow.models import DAG
""",
    find=find,
)
