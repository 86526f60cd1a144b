"""AC104: a text that names a class or function of Airflow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..._airflow.public_names import Address
from .._addresses import follow
from .._file import PythonFile
from .._rule import Finding, Rule
from .._source import Edit

_PATH = re.compile(r"airflow(\.[A-Za-z_]\w*)+")
_MAY_MATCH = re.compile(rb"[\"']airflow\.\w")
_QUOTED = re.compile(rb"[rRuU]?(\"\"\"|'''|\"|')(.*)\1\Z", re.DOTALL)


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each text."""
    if not _MAY_MATCH.search(file.text.body):
        return
    imported = {id(text) for _, node in file.nodes() for text in _imported_texts(node)}
    for _, node in file.nodes():
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not _PATH.fullmatch(node.value):
            continue
        names = node.value.split(".")
        found, number = follow("airflow", names[1:])
        if not isinstance(found, Address):
            continue
        if edits := _edits(file, node, node.value, ".".join((str(found), *names[number + 1 :]))):
            yield Finding(
                code=RULE.code,
                path=file.path,
                line=node.lineno,
                message=f"the text {node.value!r} names {found}",
                tier="safe" if id(node) in imported else "unsafe",
                edits=edits,
            )


def _imported_texts(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call(func=ast.Name(id="import_string") | ast.Attribute(attr="import_string"), args=[text, *_]):
            yield text


def _edits(file: PythonFile, node: ast.Constant, old: str, path: str) -> tuple[Edit, ...]:
    start, end = file.text.span(node)
    quoted = _QUOTED.match(file.text.body, start, end)
    if quoted is None or quoted[2] != old.encode():
        return ()
    return (Edit(*quoted.span(2), path.encode()),)


RULE = Rule(
    code="AC104",
    name="airflow-text",
    tier="unsafe",
    about="""\
A string has the import path of a class or function of Airflow, for example for `import_string`, `mock.patch` or a
configuration. The rule replaces the path by that of the counterpart.""",
    safety="""\
The string may also be data, such as a key or a name that is sent to Airflow. In a call of `import_string`, the edit is
always safe.""",
    before="""\
from unittest import mock

region = mock.patch("airflow.models.Variable.get", return_value="eu")
""",
    after="""\
from unittest import mock

region = mock.patch("airflow_compat.sdk.Variable.get", return_value="eu")
""",
    unchanged="""\
import logging

log = logging.getLogger("airflow.task")
""",
    find=find,
)
