"""What Prefect should hold for an Airflow thing, as data: pure functions from `_airflow`'s data to specs, and back.

Standard library only, so that an import can be planned, and a connection read, without the packages of any provider.
"""
