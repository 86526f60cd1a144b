"""The classes of block types, imported when needed: an import can take a second."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import MissingPackageError

if TYPE_CHECKING:
    from prefect.blocks.core import Block


@dataclass(frozen=True)
class _Home:
    module: str
    name: str
    extra: str = ""


_CLASSES = {
    "airflow-connection": _Home("airflow_compat.connections._airflow_block", "AirflowConnection"),
    "aws-credentials": _Home("prefect_aws", "AwsCredentials", "aws"),
    "azure-blob-storage-credentials": _Home("prefect_azure", "AzureBlobStorageCredentials", "azure"),
    "azure-container-instance-credentials": _Home("prefect_azure", "AzureContainerInstanceCredentials", "azure"),
    "databricks-credentials": _Home("prefect_databricks", "DatabricksCredentials", "databricks"),
    "dbt-cloud-credentials": _Home("prefect_dbt.cloud", "DbtCloudCredentials", "dbt"),
    "docker-registry-credentials": _Home("prefect_docker", "DockerRegistryCredentials", "docker"),
    "email-server-credentials": _Home("prefect_email", "EmailServerCredentials", "email"),
    "gcp-credentials": _Home("prefect_gcp", "GcpCredentials", "gcp"),
    "kubernetes-cluster-config": _Home("prefect_kubernetes.credentials", "KubernetesClusterConfig", "kubernetes"),
    "redis-database": _Home("prefect_redis", "RedisDatabase", "redis"),
    "secret": _Home("prefect.blocks.system", "Secret"),
    "slack-credentials": _Home("prefect_slack", "SlackCredentials", "slack"),
    "slack-webhook": _Home("prefect.blocks.notifications", "SlackWebhook"),
    "snowflake-connector": _Home("prefect_snowflake", "SnowflakeConnector", "snowflake"),
    "sqlalchemy-connector": _Home("prefect_sqlalchemy", "SqlAlchemyConnector", "sqlalchemy"),
}


def extra_of(type_slug: str) -> str:
    """Return this package's extra that installs a block type's package; empty if none is needed."""
    return _CLASSES[type_slug].extra


def is_installed(type_slug: str) -> bool:
    """Return True if a block type's package is installed, without importing it."""
    return find_spec(_CLASSES[type_slug].module.partition(".")[0]) is not None


def block_class(type_slug: str) -> type[Block]:
    """Return the class of a block type.

    Raises:
        MissingPackageError: The type's package isn't installed.
    """
    home = _CLASSES[type_slug]
    try:
        return getattr(import_module(home.module), home.name)  # type: ignore[no-any-return]
    except ImportError as exc:
        package = home.module.partition(".")[0]
        if exc.name is None or exc.name.partition(".")[0] != package:
            raise
        raise MissingPackageError(
            f"{home.name} needs the package {package.replace('_', '-')}; run `pip install "
            f"'airflow-compat[{home.extra}]'`",
            name=package,
        ) from exc


def block_from_data(type_slug: str, data: dict[str, Any]) -> Block:
    return block_class(type_slug).model_validate(data)
