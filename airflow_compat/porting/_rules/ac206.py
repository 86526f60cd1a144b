"""AC206: the argument for a variable's default, which Airflow 3 renamed."""

from __future__ import annotations

from collections.abc import Iterator

from .._arguments import arguments_named, renamed
from .._file import PythonFile
from .._rule import Finding, Rule


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each argument."""
    for function, call, node in arguments_named(file, "default_var"):
        if function.endswith(".Variable.get") and not any(each.arg == "default" for each in call.keywords):
            edits = (renamed(file.text, node, "default"),)
            yield Finding(RULE.code, file.path, node.lineno, "default_var is default", edits=edits)


RULE = Rule(
    code="AC206",
    name="variable-default",
    tier="safe",
    about="""\
Airflow 3 renamed the argument `default_var` of `Variable.get` to `default`. `airflow_compat.sdk.Variable` accepts both
names, so the code works for both releases.""",
    before="""\
from airflow_compat.sdk import Variable

region = Variable.get("region", default_var="eu")
""",
    after="""\
from airflow_compat.sdk import Variable

region = Variable.get("region", default="eu")
""",
    unchanged="""\
from shop import Variable

region = Variable.get("region", default_var="eu")
""",
    find=find,
)
