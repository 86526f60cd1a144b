"""AC103: all names of a module of Airflow are imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .._file import PythonFile
from .._rule import Finding, Rule


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each import of `*`."""
    for _, node in file.airflow_imports:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            message = f"all names of {node.module} are imported"
            yield Finding(
                RULE.code, file.path, node.lineno, message, "Import the names that the file uses", "display-only"
            )


RULE = Rule(
    code="AC103",
    name="airflow-star",
    tier="display-only",
    about="""\
`from airflow... import *` hides which names the file uses, and which names other files import from it. Import each
name instead, and run the command again: [AC101](ac101.md) moves them.""",
    before="""\
from airflow.models import *
""",
    after="""\
from airflow.models import *
""",
    unchanged="""\
from shop.models import *
""",
    find=find,
)
