"""The block `AirflowConnection`, for connections without a native block.

Prefect registers the block when this module is imported.
"""

from __future__ import annotations

from typing import ClassVar

from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from .._airflow.connection import Connection
from ._block_types.airflow_connection import connection_from_data


class AirflowConnection(Block):
    """An Airflow connection with all its fields.

    The block stores connections whose type has no native block, or that have fields which the native block lacks. The
    password, the extra and `private` are encrypted and masked.

    Attributes:
        conn_id: The id in DAG code.
        conn_type: Airflow's connection type.
        extra: The extra as JSON text.

    Examples:
        Load the block in a flow:
        ```python
        from airflow_compat import get_connection

        conn = get_connection("sftp_partner")
        ```
    """

    _block_type_name = "Airflow Connection"
    _block_type_slug = "airflow-connection"
    _documentation_url = HttpUrl("https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html")
    _logo_url = HttpUrl("https://airflow.apache.org/images/feature-image.png")

    # Pydantic reserves the name `schema`. Therefore, the field is called `schema_` here, and Prefect stores it under
    # its alias `schema`.
    model_config: ClassVar[ConfigDict] = ConfigDict(populate_by_name=True)

    # Add new fields only at the end, because the server identifies the block's schema by the names and the order of its
    # fields.
    conn_id: str = Field(description="The id that DAG code asks for.")
    conn_type: str | None = Field(default=None, description="Airflow's connection type, such as sftp.")
    description: str | None = Field(default=None, description="What the connection is for.")
    host: str | None = Field(default=None, description="The host, or for some types a URL or a path.")
    login: str | None = Field(default=None, description="The user's name.")
    password: SecretStr | None = Field(default=None, description="The password.")
    schema_: str | None = Field(
        default=None, alias="schema", description="The database, or for some types the protocol."
    )
    port: int | None = Field(default=None, description="The port.")
    extra: SecretStr | None = Field(default=None, description="What the type has besides, as JSON text.")
    private: SecretStr | None = Field(
        default=None, description="Fields that hold a secret, such as a host with a login in it, as JSON text."
    )

    def as_connection(self) -> Connection:
        """Return the connection with `host`, `password`, `extra_dejson` and so on, as in Airflow."""
        return connection_from_data(self.model_dump(by_alias=True, context={"include_secrets": True}))
