"""What `airflow_compat.work_pools` is made of: what reads its files, plans and writes."""
