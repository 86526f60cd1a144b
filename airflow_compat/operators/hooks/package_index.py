"""The hook for Python package indexes (`airflow.providers.standard.hooks.package_index`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlparse

from ...connections import BaseHook


class PackageIndexHook(BaseHook):
    """Builds the URL of a package index from a connection, whose host is the URL, and adds the login and password."""

    conn_name_attr = "pi_conn_id"
    default_conn_name = "package_index_default"
    conn_type = "package_index"
    hook_name = "Package Index (Python)"

    def __init__(self, pi_conn_id: str = default_conn_name, **_: Any) -> None:
        self.pi_conn_id = pi_conn_id

    def get_conn(self) -> str:
        return self.get_connection_url()

    def get_connection_url(self) -> str:
        """Return the package index's URL, with the connection's login and password.

        Raises:
            ValueError: The connection has no host.
        """
        connection = self.get_connection(self.pi_conn_id)
        if not connection.host:
            raise ValueError(f"Connection {self.pi_conn_id!r} has no host. Set the URL of the package index as host.")
        url = urlparse(connection.host)
        host = url.netloc.split("@")[-1]
        if connection.login:
            login = quote(connection.login)
            if connection.password:
                login += f":{quote(connection.password)}"
            host = f"{login}@{host}"
        return url._replace(netloc=host).geturl()
