"""AC205: names of trigger rules that Airflow renamed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .._arguments import arguments_named
from .._file import PythonFile
from .._rule import Finding, Rule
from .._source import Edit

_NEW = {"dummy": "always", "none_failed_or_skipped": "none_failed_min_one_success"}


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each argument."""
    for _, _, node in arguments_named(file, "trigger_rule"):
        value = node.value
        if not isinstance(value, ast.Constant) or value.value not in _NEW:
            continue
        start, end = file.text.span(value)
        old, new = str(value.value), _NEW[str(value.value)]
        if file.text.body[start + 1 : end - 1] == old.encode():
            edits = (Edit(start + 1, end - 1, new.encode()),)
            yield Finding(RULE.code, file.path, value.lineno, f"{old} is {new}", edits=edits)


RULE = Rule(
    code="AC205",
    name="trigger-rule",
    tier="safe",
    about="""\
Airflow renamed the trigger rule `dummy` to `always`, and `none_failed_or_skipped` to `none_failed_min_one_success`.
Airflow 3.0 removed the old names.""",
    before="""\
from airflow_compat.operators import EmptyOperator

EmptyOperator(task_id="end", trigger_rule="none_failed_or_skipped")
""",
    after="""\
from airflow_compat.operators import EmptyOperator

EmptyOperator(task_id="end", trigger_rule="none_failed_min_one_success")
""",
    unchanged="""\
from shop.operators import ShopOperator

ShopOperator(task_id="end", trigger_rule="dummy")
""",
    find=find,
)
