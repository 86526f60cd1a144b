"""AC201: DummyOperator, which Airflow 2.3 renamed to EmptyOperator."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..._dag_source.scopes import own_parts
from .._arguments import PACKAGES
from .._file import PythonFile
from .._rule import Finding, Rule
from .._source import Edit

_OLD, _NEW = "DummyOperator", "EmptyOperator"


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each import of the operator."""
    if _OLD.encode() not in file.text.body:
        return
    bound = {name for scope in file.module.scopes for name in scope.bindings}
    for statement in file.module.statements:
        node = statement.node
        if not isinstance(node, ast.ImportFrom) or (node.module or "").partition(".")[0] not in PACKAGES:
            continue
        for alias in node.names:
            if alias.name != _OLD:
                continue
            edits = [_renamed(file, alias)]
            if alias.asname is None and _NEW not in bound:
                edits += _uses(file)
            elif alias.asname is None:
                # The file imports both names, DummyOperator and EmptyOperator.
                edits = [Edit(*file.text.span(alias), f"{_NEW} as {_OLD}".encode())]
            yield Finding(RULE.code, file.path, node.lineno, f"{_OLD} is {_NEW}", edits=tuple(edits))


def _renamed(file: PythonFile, alias: ast.alias) -> Edit:
    start, _ = file.text.span(alias)
    if alias.asname == _NEW:
        return Edit(*file.text.span(alias), _NEW.encode())
    return Edit(start, start + len(_OLD), _NEW.encode())


def _uses(file: PythonFile) -> Iterator[Edit]:
    for statement in file.statements_with((_OLD,)):
        for node in (each for part in own_parts(statement.node) for each in ast.walk(part)):
            if isinstance(node, ast.Name) and node.id == _OLD and file.name(statement, node).endswith(f".{_OLD}"):
                yield Edit(*file.text.span(node), _NEW.encode())


RULE = Rule(
    code="AC201",
    name="dummy-operator",
    tier="safe",
    about="""\
Airflow 2.3 renamed `DummyOperator` to `EmptyOperator`, and 3.0 removed the old name.""",
    before="""\
from airflow_compat.operators import DummyOperator

start = DummyOperator(task_id="start")
""",
    after="""\
from airflow_compat.operators import EmptyOperator

start = EmptyOperator(task_id="start")
""",
    unchanged="""\
from shop.operators import DummyOperator

start = DummyOperator(task_id="start")
""",
    find=find,
)
