"""AC105: a name of a provider that is imported from Airflow and runs in an Airflow host."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..._airflow.import_names import NoStandIn
from ..._airflow.public_names import HOSTED, Address
from .._addresses import look_up
from .._file import PythonFile
from .._import_edits import moved_names
from .._rule import Finding, Rule


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each import."""
    for _, node in file.airflow_imports:
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        found = {index: look_up(node.module, alias.name) for index, alias in enumerate(node.names)}
        module = HOSTED + node.module.removeprefix("airflow")
        moves: dict[int, Address | None] = {
            index: Address(module, node.names[index].name) for index, each in found.items() if is_of_provider(each)
        }
        if moves and node.module != "airflow" and (edits := moved_names(file.text, node, moves)):
            names = ", ".join(node.names[index].name for index in moves)
            yield Finding(RULE.code, file.path, node.lineno, f"{names} of {node.module} runs in a host", edits=edits)


def is_of_provider(found: object) -> bool:
    """Return True if a look-up in the table of names found a provider's name without a stand-in."""
    return isinstance(found, NoStandIn) and found.reason == "provider"


RULE = Rule(
    code="AC105",
    name="hosted-name",
    tier="safe",
    about="""\
The file imports an operator, hook or other name of an Airflow provider, for which airflow_compat has no counterpart.
Tasks that use such a name run in an [Airflow host](../../how-to/hosts.md), before and after the edit.
`airflow_compat.hosted` has each module of Airflow under its own path, in files that `load_flow` loads and in the
modules that these files import. The import of `airflow_compat.hosted` shows which code still needs Airflow.""",
    before="""\
from airflow.providers.acme.operators.mail import AcmeMailOperator  # our mails
""",
    after="""\
from airflow_compat.hosted.providers.acme.operators.mail import AcmeMailOperator  # our mails
""",
    unchanged="""\
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
""",
    find=find,
)
