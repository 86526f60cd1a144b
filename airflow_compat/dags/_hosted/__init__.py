"""Runs tasks of DAG files in an Airflow host if their code uses Airflow names that have no stand-in."""
