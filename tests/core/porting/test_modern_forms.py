"""What becomes of forms of Airflow 1 and 2, together with their imports."""

from __future__ import annotations

import pytest
from porting_checks import check


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            (
                "from airflow.operators.dummy import DummyOperator\nfrom airflow import DAG\n"
                "def f(DummyOperator): DummyOperator()\na = DummyOperator(task_id='a')\n"
            ),
            (
                "from airflow_compat.operators import EmptyOperator\nfrom airflow_compat.sdk import DAG\n"
                "def f(DummyOperator): DummyOperator()\na = EmptyOperator(task_id='a')\n"
            ),
        ),
        (
            "from airflow.operators.dummy import DummyOperator as D\nD(task_id='a')\n",
            "from airflow_compat.operators import EmptyOperator as D\nD(task_id='a')\n",
        ),
        (
            (
                "from airflow.operators.empty import EmptyOperator\nfrom airflow.operators.dummy import DummyOperator\n"
                "a = DummyOperator\n"
            ),
            (
                "from airflow_compat.operators import EmptyOperator\n"
                "from airflow_compat.operators import EmptyOperator as DummyOperator\na = DummyOperator\n"
            ),
        ),
        (
            (
                "import airflow as a\nfrom airflow.decorators import dag\n"
                "@dag(schedule_interval=None)\ndef f(): a.DAG('x', timetable=T(), schedule_interval_=1)\n"
            ),
            (
                "import airflow_compat.sdk as a\nfrom airflow_compat.sdk import dag\n"
                "@dag(schedule=None)\ndef f(): a.DAG('x', schedule=T(), schedule_interval_=1)\n"
            ),
        ),
        (
            "from airflow import DAG\nDAG('x', schedule_interval=None, schedule=None)\nDAG(**{'b': 1})\n",
            "from airflow_compat.sdk import DAG\nDAG('x', schedule_interval=None, schedule=None)\nDAG(**{'b': 1})\n",
        ),
        (
            (
                "from airflow.operators.python import PythonOperator as P\n"
                "P(provide_context=True)\nP(a=1, provide_context=True)\nP(provide_context=True, b=1)\n"
                "P(\n    a=1,  # one\n    provide_context=True,  # two\n    b=1, provide_context=True,\n    )\n"
                "P.partial(a=1,\n    provide_context=True).expand(b=[])\n"
            ),
            (
                "from airflow_compat.operators import PythonOperator as P\n"
                "P()\nP(a=1)\nP(b=1)\n"
                "P(\n    a=1,  # one\n    # two\n    b=1,\n    )\n"
                "P.partial(a=1,\n    ).expand(b=[])\n"
            ),
        ),
        (
            "from airflow.models import Variable, DAG\nVariable.get('a', default_var=None)\nx.get(default_var=1)\n",
            "from airflow_compat.sdk import Variable, DAG\nVariable.get('a', default=None)\nx.get(default_var=1)\n",
        ),
    ],
)
def test_forms(before: str, after: str) -> None:
    check(before, after)
