"""Loaded DAG files for tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from dag_folders import write

from airflow_compat.dags._loading import LoadedFile, load_file

TASK = dedent("""
    from airflow import DAG
    from airflow.operators.python import PythonOperator
    def call():
        {body}
    with DAG("etl", schedule=None):
        PythonOperator(task_id="t", python_callable=call)
""")


def load(tmp_path: Path, source: str, files: dict[str, str] | None = None, **options: object) -> LoadedFile:
    folder = write(tmp_path, {"dags/etl.py": source, **(files or {})})
    return load_file(folder / "etl.py", **options)  # type: ignore[arg-type]


def call(loaded: LoadedFile) -> object:
    assert not loaded.import_errors
    return loaded.dags["etl"].task_dict["t"].python_callable()
