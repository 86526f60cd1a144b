"""Stand-ins for Airflow's names that are in no other package of `airflow_compat`."""
