"""`AirflowConnection`, the block for what has no native one. Defining the class registers it with Prefect."""

from __future__ import annotations

from typing import Any, ClassVar

from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from .._airflow.connection import Connection
from .._airflow.connection_fields import FIELDS
from .._specs.airflow_connection import PRIVATE, connection_from_data


class AirflowConnection(Block):
    """An Airflow connection, kept whole: every field and the extra as they were.

    Used for the connection types that Prefect has no block for, and for connections that hold something that the
    native block has no place for. The password and the extra are secret, and so is `private`.

    Attributes:
        conn_id: The id that DAG code asks for.
        conn_type: Airflow's connection type.
        extra: The extra, as JSON text.

    Examples:
        Load it in a flow:
        ```python
        from airflow_compat import get_connection

        conn = get_connection("sftp_partner")
        ```
    """

    _block_type_name = "Airflow Connection"
    _block_type_slug = "airflow-connection"
    _documentation_url = HttpUrl("https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html")
    _logo_url = HttpUrl("https://airflow.apache.org/images/feature-image.png")

    # Prefect stores by alias: `schema`, Airflow's own name, is taken by pydantic.
    model_config: ClassVar[ConfigDict] = ConfigDict(populate_by_name=True)

    # The order and the names of the fields are the schema's identity on every server: add at the end, change nothing.
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
        """The connection as the object that Airflow code knows, with `host`, `password`, `extra_dejson`, ..."""
        fields = {
            name: getattr(self, "schema_" if name == "schema" else name) for name in ("conn_id", *FIELDS, PRIVATE)
        }
        revealed: dict[str, Any] = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in fields.items()
        }
        return connection_from_data(revealed)
