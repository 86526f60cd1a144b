"""Airflow as data: parsing and Airflow's own rules.

Standard library only: no Prefect, no IO, no clock, no environment.
"""
