"""A DAG file that needs a package beside Airflow to be loaded."""

from acme_pipelines import pipeline

dag = pipeline("from_package")
