"""AC203: `provide_context`, which has no effect since Airflow 2.0."""

from __future__ import annotations

from collections.abc import Iterator

from .._arguments import arguments_named, removal
from .._file import PythonFile
from .._rule import Finding, Rule


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each argument."""
    for _, _, node in arguments_named(file, "provide_context"):
        edits = (removal(file.text, node),)
        yield Finding(RULE.code, file.path, node.lineno, "provide_context has no effect", edits=edits)


RULE = Rule(
    code="AC203",
    name="provide-context",
    tier="safe",
    about="""\
Since Airflow 2.0, functions of tasks always get the context values that their parameters name. The argument
`provide_context` has no effect, and Airflow 3 refuses it.""",
    before="""\
from airflow_compat.operators import PythonOperator

PythonOperator(
    task_id="load",
    provide_context=True,
    python_callable=print,
)
""",
    after="""\
from airflow_compat.operators import PythonOperator

PythonOperator(
    task_id="load",
    python_callable=print,
)
""",
    unchanged="""\
from shop.operators import ShopOperator

ShopOperator(task_id="load", provide_context=True)
""",
    find=find,
)
