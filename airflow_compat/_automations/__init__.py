"""What `airflow_compat.automations` is made of: the alerts, their texts, and what plans, writes and simulates them."""
