"""Keep `run_callback` available at the entrypoint that deployments made by earlier versions use."""

from airflow_compat.callbacks._alert_flow import run_callback

__all__ = ["run_callback"]
