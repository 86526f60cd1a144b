"""Advice for operators that have no stand-in, by the provider's package: what to use instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REPLACEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "airflow.providers.airbyte": "Call Airbyte's API by `HttpOperator`, or by httpx in a task.",
        "airflow.providers.amazon": "Use boto3 in a task, with `AwsCredentials` from `load_block`.",
        "airflow.providers.apache.beam": "Start the pipeline by `BashOperator`, or by Beam's runner in a task.",
        "airflow.providers.apache.kafka": "Use a Kafka client in a task, with the fields of `get_connection`.",
        "airflow.providers.apache.livy": "Call Livy's API by `HttpOperator`, or by httpx in a task.",
        "airflow.providers.apache.spark": "Start `spark-submit` by `BashOperator`, or use PySpark in a task.",
        "airflow.providers.cncf.kubernetes": "Run the flow on a Kubernetes work pool, or use `KubernetesJob` of "
        "prefect-kubernetes.",
        "airflow.providers.databricks": "Use prefect-databricks, with `DatabricksCredentials` from `load_block`.",
        "airflow.providers.dbt.cloud": "Use `run_dbt_cloud_job` of prefect-dbt, with `DbtCloudCredentials` from "
        "`load_block`.",
        "airflow.providers.docker": "Run the flow on a Docker work pool, or use prefect-docker in a task.",
        "airflow.providers.elasticsearch": "Use the client elasticsearch in a task, with the fields of "
        "`get_connection`.",
        "airflow.providers.ftp": "Use `ftplib` in a task, with the fields of `get_connection`.",
        "airflow.providers.google": "Use Google's client in a task, with `GcpCredentials` from `load_block`.",
        "airflow.providers.microsoft.azure": "Use Azure's client in a task, with the block from `load_block`.",
        "airflow.providers.microsoft.mssql": "Use `SqlAlchemyConnector` from `load_block` in a task.",
        "airflow.providers.mongo": "Use pymongo in a task, with the fields of `get_connection`.",
        "airflow.providers.odbc": "Use pyodbc in a task, with the fields of `get_connection`.",
        "airflow.providers.oracle": "Use `SqlAlchemyConnector` from `load_block` in a task.",
        "airflow.providers.papermill": "Use papermill in a task.",
        "airflow.providers.redis": "Use `RedisDatabase` from `load_block` in a task.",
        "airflow.providers.salesforce": "Use simple-salesforce in a task, with the fields of `get_connection`.",
        "airflow.providers.sftp": "Use paramiko or asyncssh in a task, with the fields of `get_connection`.",
        "airflow.providers.slack": "Use `SlackNotifier`, or `SlackCredentials` from `load_block` in a task.",
        "airflow.providers.snowflake": "Use `SnowflakeConnector` from `load_block` in a task.",
        "airflow.providers.ssh": "Use paramiko or asyncssh in a task, with the fields of `get_connection`.",
        "airflow.providers.trino": "Use the client trino in a task, with the fields of `get_connection`.",
    }
)
"""Each piece of advice is the last sentence of an error message."""


def replacement_for(module: str) -> str:
    """Return the advice for a module's operators; an empty text if the table has none."""
    while module:
        if module in REPLACEMENTS:
            return REPLACEMENTS[module]
        module = module.rpartition(".")[0]
    return ""
