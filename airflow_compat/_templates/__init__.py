"""Jinja2 as Airflow sets it up."""
