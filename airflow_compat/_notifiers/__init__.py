"""The notifiers, one file a channel; `airflow_compat.notifiers` is where users import them from."""
