"""A DAG for Airflow that astronomer-cosmos makes from a dbt project. A script stands for dbt."""

import os
from datetime import datetime, timezone
from pathlib import Path

from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode, LoadMode

PROJECT = Path(os.environ["HOSTED_DBT"])

dag = DbtDag(
    dag_id="from_dbt",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    project_config=ProjectConfig(PROJECT, manifest_path=PROJECT / "target" / "manifest.json"),
    profile_config=ProfileConfig("shop", "dev", profiles_yml_filepath=PROJECT / "profiles.yml"),
    render_config=RenderConfig(load_method=LoadMode.DBT_MANIFEST),
    execution_config=ExecutionConfig(
        invocation_mode=InvocationMode.SUBPROCESS, dbt_executable_path=str(PROJECT / "dbt")
    ),
    operator_args={"install_deps": False},
)
