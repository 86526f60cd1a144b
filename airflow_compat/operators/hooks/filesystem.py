"""The hook for connections of type `fs`, a file system (`airflow.providers.standard.hooks.filesystem`)."""

from __future__ import annotations

from typing import Any

from ...connections import BaseHook, Connection
from ...errors import ConnectionNotFoundError

# Every new Airflow database contains this connection, whose path is the root folder.
_DEFAULT_ID, _DEFAULT_PATH = "fs_default", "/"


class FSHook(BaseHook):
    """Reads the base folder from the extra of a connection of type `fs`: `{"path": "/data"}`.

    As in a new Airflow database, the path of the connection `fs_default` is `/` unless you define this connection.
    """

    conn_name_attr = "fs_conn_id"
    default_conn_name = _DEFAULT_ID
    conn_type = "fs"
    hook_name = "File (path)"

    def __init__(self, fs_conn_id: str = _DEFAULT_ID, **_: Any) -> None:
        self.conn: Connection | None = None
        self.basepath: str = _DEFAULT_PATH
        try:
            self.conn = self.get_connection(fs_conn_id)
        except ConnectionNotFoundError:
            if fs_conn_id != _DEFAULT_ID:
                raise
        else:
            self.basepath = self.conn.extra_dejson.get("path", "")

    def get_conn(self) -> None:
        """Return None, because a file system needs no client."""

    def get_path(self) -> str:
        return self.basepath
