"""AC101: a name that is imported from Airflow and has a counterpart."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..._airflow.public_names import Address
from .._addresses import look_up
from .._file import PythonFile
from .._import_edits import moved_names
from .._rule import Finding, Rule


def find(file: PythonFile) -> Iterator[Finding]:
    for _, node in file.airflow_imports:
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        found = {index: look_up(node.module, alias.name) for index, alias in enumerate(node.names)}
        moves = {index: address for index, address in found.items() if isinstance(address, Address)}
        if moves:
            edits = moved_names(file.text, node, moves)
            modules = " and ".join(dict.fromkeys(address.module for address in moves.values()))
            names = ", ".join(node.names[index].name for index in moves)
            yield Finding(
                code=RULE.code,
                path=file.path,
                line=node.lineno,
                message=f"{names} of {node.module}: import from {modules}",
                next="" if edits else "Write the statement on one line, and run the command again",
                tier="safe" if edits else "display-only",
                edits=edits,
            )


RULE = Rule(
    code="AC101",
    name="airflow-name",
    tier="safe",
    about="""\
A `from airflow... import ...` statement imports a name that airflow_compat has, too. The names of `airflow.sdk` move to
`airflow_compat.sdk`, operators to `airflow_compat.operators`, and so on. Paths of Airflow 1.10 and 2 are recognised,
too. The name in the file stays the same, so the rest of the file does not change.

If only some names have a counterpart, the others stay, and [AC107](ac107.md) says why.""",
    before="""\
from airflow.models import DAG, DagRun
from airflow.operators.python_operator import PythonOperator  # runs Python
""",
    after="""\
from airflow_compat.sdk import DAG
from airflow.models import DagRun
from airflow_compat.operators import PythonOperator  # runs Python
""",
    unchanged="""\
from airflow_provider_acme import AcmeOperator
from .airflow import helper
""",
    find=find,
)
