"""Parse Airflow's data formats, and apply the rules by which Airflow reads, names and checks data.

Uses only the standard library: no Prefect, IO, clock or environment.
"""
