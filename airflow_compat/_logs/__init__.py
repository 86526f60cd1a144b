"""Logs of runs: what Airflow's loggers say goes to them, and no secret that is known does."""
