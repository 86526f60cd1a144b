"""What a test puts in the place of the server; see `airflow_compat.testing`."""
