"""AC108: an import of a name that Airflow does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .._addresses import is_module, look_up
from .._file import PythonFile
from .._rule import Finding, Rule


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each name."""
    for _, node in file.airflow_imports:
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        if not is_module(node.module):
            yield _finding(file, node, f"Airflow has no module {node.module}")
            continue
        for alias in node.names:
            if alias.name != "*" and look_up(node.module, alias.name) is None:
                yield _finding(file, alias, f"{node.module} has no name {alias.name} in Airflow")


def _finding(file: PythonFile, node: ast.ImportFrom | ast.alias, message: str) -> Finding:
    step = "If a plugin or a module of your own has the name, import the name from there"
    return Finding(RULE.code, file.path, node.lineno, message, step, "display-only")


RULE = Rule(
    code="AC108",
    name="unknown-name",
    tier="display-only",
    about="""\
The file imports something from `airflow` that neither Airflow 2.11 nor 3.3 has. In Airflow 1.10, plugins added
operators and hooks to Airflow's modules, and some teams have a package of their own that is called `airflow`.""",
    before="""\
from airflow.operators.acme_plugin import AcmeOperator
""",
    after="""\
from airflow.operators.acme_plugin import AcmeOperator
""",
    unchanged="""\
from airflow.operators.bash import BashOperator
""",
    find=find,
)
