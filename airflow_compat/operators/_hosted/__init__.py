"""Runs operators in an Airflow host, either as one try of a DAG's task or as Prefect tasks in ordinary flows."""
