"""AC204: arguments that limit active tasks, which Airflow 2.2 renamed."""

from __future__ import annotations

from collections.abc import Iterator

from .._arguments import arguments_named, renamed
from .._file import PythonFile
from .._rule import Finding, Rule

_NEW = {"concurrency": "max_active_tasks", "task_concurrency": "max_active_tis_per_dag"}


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each argument."""
    for function, call, node in arguments_named(file, *_NEW):
        assert node.arg is not None
        is_dag = function.rpartition(".")[2] in ("DAG", "dag")
        new = _NEW[node.arg]
        if is_dag is (node.arg == "concurrency") and not any(each.arg == new for each in call.keywords):
            edits = (renamed(file.text, node, new),)
            yield Finding(RULE.code, file.path, node.lineno, f"{node.arg} is {new}", edits=edits)


RULE = Rule(
    code="AC204",
    name="limit-argument",
    tier="safe",
    about="""\
Airflow 2.2 renamed `concurrency` of DAGs to `max_active_tasks`, and `task_concurrency` of tasks to
`max_active_tis_per_dag`. Airflow 3.0 removed the old arguments.""",
    before="""\
from airflow_compat.operators import BashOperator
from airflow_compat.sdk import DAG

with DAG("etl", concurrency=4):
    BashOperator(task_id="load", bash_command="true", task_concurrency=1)
""",
    after="""\
from airflow_compat.operators import BashOperator
from airflow_compat.sdk import DAG

with DAG("etl", max_active_tasks=4):
    BashOperator(task_id="load", bash_command="true", max_active_tis_per_dag=1)
""",
    unchanged="""\
from airflow_compat.operators import BashOperator
from shop import load

load(concurrency=4)
BashOperator(task_id="load", bash_command="true", concurrency=4)
""",
    find=find,
)
