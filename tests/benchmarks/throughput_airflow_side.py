"""Runs the DAGs of `bench_throughput` under a real Airflow: `python throughput_airflow_side.py HOME ROUNDS`.

Prints the median of the seconds of a run by dag_id, as JSON. The first run of each DAG does not count.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS), str(TESTS / "airflow")]

import databases  # noqa: E402
import psycopg2  # noqa: E402
from airflow_processes import AirflowProcesses  # noqa: E402
from throughput_dags import ACTIVE, SIZES, write_dags  # noqa: E402


def main(home: Path, rounds: int) -> None:
    server = databases.postgres()
    connection = psycopg2.connect(server.get_uri())
    connection.autocommit = True
    connection.cursor().execute("CREATE DATABASE airflow_of_throughput")
    url = server.get_uri(database="airflow_of_throughput", driver="psycopg2")
    airflow = AirflowProcesses(home, {"DATABASE__SQL_ALCHEMY_CONN": url, "CORE__PARALLELISM": ACTIVE})
    (home / "dags").mkdir(parents=True)
    write_dags(home / "dags", rounds + 1)
    connection = psycopg2.connect(server.get_uri(database="airflow_of_throughput"))
    connection.autocommit = True

    def seconds(dag_id: str) -> list[float]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM end_date - start_date) FROM dag_run WHERE dag_id = %s AND state = 'success'"
                " ORDER BY logical_date",
                (dag_id,),
            )
            return [float(each) for (each,) in cursor.fetchall()]

    found = {}
    with airflow.serving(), airflow.scheduling():
        for dag_id in SIZES:
            airflow.run("dags", "unpause", dag_id, "--yes")
            while len(taken := seconds(dag_id)) <= rounds:
                time.sleep(0.5)
            found[dag_id] = statistics.median(taken[1:])
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
