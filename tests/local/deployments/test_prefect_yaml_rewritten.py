"""Files whose imports were rewritten give the same entries of `prefect.yaml`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from airflow_compat import deployments, porting

SHOP = Path(__file__).parents[3] / "docs" / "examples" / "shop"
FORMS = {
    "include/common.py": "import pendulum\nfrom airflow.settings import TIMEZONE\n"
    "from airflow.utils.timezone import datetime\nSTART = datetime(2026, 1, 1)\nZONE = TIMEZONE\n"
    "ARGS = {'start_date': pendulum.now(TIMEZONE)}\n",
    "dags/classes.py": "import airflow\nfrom airflow import models\nfrom airflow.utils.dates import days_ago\n"
    "from include.common import ARGS, START, ZONE\n"
    "with models.DAG('one', schedule_interval='@daily', start_date=START, params={'n': models.Param(1)}):\n    pass\n"
    "two = airflow.DAG('two', schedule_interval='0 5 * * *', start_date=days_ago(2), default_args=ARGS)\n"
    "three = airflow.DAG('three', schedule_interval=models.Variable.get('when'))\n",
    "dags/functions.py": "import airflow.sdk as sdk\nfrom airflow.decorators import dag as flow, task\n"
    "from airflow.datasets import Dataset\nfrom airflow.timetables.trigger import CronTriggerTimetable\n"
    "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator\n"
    "@flow(schedule=CronTriggerTimetable('0 6 * * *', timezone='Europe/Paris'), catchup=False)\n"
    "def four():\n    KubernetesPodOperator(task_id='a', image='shop:1')\n\nfour()\n"
    "@flow(schedule=[Dataset('s3://shop/orders')])\ndef five():\n    pass\n\nfive()\n"
    "@sdk.asset(schedule='@weekly', uri='s3://shop/prices')\ndef six():\n    pass\n",
    "dags/star.py": "from airflow.models import *\n"
    "with DAG('seven', schedule='@hourly', params={'n': Param(2)}):\n    pass\n",
    "dags/subclass.py": "from airflow import DAG\nclass ShopDag(DAG):\n    pass\n\n"
    "eight = ShopDag('eight', schedule=None)\n",
}


def entries(project: Path, release: str) -> tuple[str, list[str], set[str]]:
    files = deployments.read_dag_files(project / "dags")
    made = deployments.to_prefect_yaml(
        files, project / "prefect.yaml", work_pool="shop", airflow_version="2" if release == "2" else "3"
    )
    return made.text, [str(each) for each in made.problems], {dag.dag_id for file in files for dag in file.dags}


@pytest.mark.parametrize("release", ["2", "3"])
@pytest.mark.parametrize("name", ["forms", "shop"])
def test_entries_stay_the_same(tmp_path: Path, name: str, release: str) -> None:
    if name == "shop":
        shutil.copytree(SHOP, tmp_path, dirs_exist_ok=True)
    for path, text in FORMS.items() if name == "forms" else ():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    before = entries(tmp_path, release)
    porting.rewrite([tmp_path]).write(force=True)
    assert "from airflow_compat.sdk import DAG" in "".join(each.read_text() for each in tmp_path.glob("dags/*.py"))
    assert entries(tmp_path, release) == before
    expected = {"one", "two", "three", "four", "five", "six", "seven"} if name == "forms" else {"orders", "prices"}
    assert before[2] >= expected
