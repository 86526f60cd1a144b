"""How long a DAG folder takes to load, beside Airflow's DagBag: CPU time, first in a process and again.

Airflow's Pythons are in AIRFLOW_PYTHONS, separated by colons. Without arguments, a folder is made; real ones can be
given: `python bench_loading.py dags/ other/dags/`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PROCESSES, ROUNDS = 3, 6
FILES, HELPERS = 40, 30

_DAG = """
from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from team import {helpers}

with DAG("dag_{number}", start_date=datetime(2024, 1, 1), schedule="@daily", default_args=helper_0.DEFAULTS) as dag:
    before = BashOperator(task_id="begin", bash_command="true")
    for place in range(10):
        task = PythonOperator(task_id=f"work_{{place}}", python_callable=helper_1.work_1)
        before >> task
        before = task
"""
_HELPER = "\n".join(
    [
        "import dataclasses, enum",
        'DEFAULTS = {"retries": 2, "owner": "team"}',
        *(f"def work_{each}(value=1):\n    return value" for each in range(30)),
        *(f"@dataclasses.dataclass\nclass Row{each}:\n    name: str\n    size: int = 1" for each in range(10)),
    ]
)


def make_folder(top: Path) -> Path:
    folder = top / "dags"
    (folder / "team").mkdir(parents=True)
    (folder / "team" / "__init__.py").touch()
    for number in range(HELPERS):
        (folder / "team" / f"helper_{number}.py").write_text(_HELPER)
    helpers = ", ".join(f"helper_{number}" for number in range(HELPERS))
    for number in range(FILES):
        (folder / f"dag_{number}.py").write_text(_DAG.format(number=number, helpers=helpers))
    return folder


def loaded(python: str, side: str, folder: Path, rounds: int = ROUNDS) -> dict[str, Any]:
    """Load a folder in a new process."""
    script = str(Path(__file__).with_name("loading_side.py"))
    done = subprocess.run(
        [python, script, side, str(folder), str(rounds)], capture_output=True, check=False, timeout=600, text=True
    )
    if not done.stdout:
        raise SystemExit(f"{folder}, {side}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compare(folder: Path, python: str, release: str) -> list[list[float]]:
    """Print the times of both sides, and return the first ones and the later ones of each."""
    sides = [(python, "airflow"), (sys.executable, release)]
    found = [[loaded(*side, folder) for side in sides] for _ in range(PROCESSES)]
    totals = []
    for side in (0, 1):
        first = statistics.median(each[side]["times"][0] for each in found)
        again = statistics.median(time for each in found for time in each[side]["times"][1:])
        totals.append([first, again])
    (first, again), (our_first, our_again) = totals
    counts = [f"{each['dags']} DAGs, {len(each['errors'])} errors" for each in found[0]]
    print(
        f"  {folder.parent.name[:40]:<40} first {first * 1000:7.0f} ms, {our_first / first:5.2f} x   again "
        f"{again * 1000:7.0f} ms, {our_again / again:5.2f} x   ({counts[0]}; {counts[1]})",
        flush=True,
    )
    return totals


def main(folders: list[Path]) -> None:
    pythons = [each for each in os.environ.get("AIRFLOW_PYTHONS", "").split(":") if each]
    if not pythons:
        for release in ("2", "3"):
            times = [each * 1000 for each in loaded(sys.executable, release, folders[0])["times"]]
            print(f"Load for Airflow {release}: first {times[0]:.0f} ms, again {statistics.median(times[1:]):.0f} ms")
    for python in pythons:
        command = [python, "-c", "from importlib.metadata import version; print(version('apache-airflow'))"]
        release = subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
        print(f"\nCPU time of Airflow {release}'s DagBag, and the ratio of airflow_compat")
        found = [compare(folder, python, release.partition(".")[0]) for folder in folders]
        for place, name in enumerate(("first", "again")):
            theirs, ours = (sum(each[side][place] for each in found) for side in (0, 1))
            print(f"  all folders, {name}: {theirs * 1000:.0f} ms, {ours / theirs:.2f} x")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main([Path(each) for each in sys.argv[1:]])
    else:
        with tempfile.TemporaryDirectory() as top:
            main([make_folder(Path(top))])
