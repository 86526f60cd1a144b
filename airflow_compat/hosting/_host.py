"""Describes the interpreter that has Airflow, and the environment variables of its processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InvalidArgumentError

# Environment variables that are not passed to the host: secrets, which the flow run reads for the host's tasks, and
# settings of the flow run's own interpreter.
_DROPPED = ("PREFECT_", "AIRFLOW_COMPAT_", "AIRFLOW_CONN_", "AIRFLOW_VAR_", "AIRFLOW__SECRETS__", "AIRFLOW__DATABASE__")
_DROPPED_NAMES = frozenset(
    ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "_AIRFLOW__AS_LIBRARY")
) | {f"AIRFLOW__CORE__SQL_ALCHEMY_CONN{ending}" for ending in ("", "_CMD", "_SECRET")}
# Use no database and no secrets backends, even if airflow.cfg configures them. Tasks in the host read and write XComs
# through the flow run.
_FIXED = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
    "AIRFLOW__SECRETS__BACKEND": "",
    "AIRFLOW__SECRETS__BACKEND_KWARGS": "",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__CORE__XCOM_BACKEND": "airflow.models.xcom.BaseXCom",
    "AIRFLOW__CORE__ENABLE_XCOM_PICKLING": "False",
}


@dataclass(frozen=True)
class AirflowHost:
    """A Python interpreter that has Airflow, and runs tasks whose operators airflow_compat has not reimplemented.

    The tasks need neither Airflow's scheduler nor Airflow's database, and airflow_compat need not be installed in the
    host. The interpreter must have Airflow 2.7 to 2.11 or 3.0 to 3.3; the tests run with 2.11 and 3.3.

    Attributes:
        python: The path of the Python interpreter.
        dags_folder: The DAG folder's path that the host uses, if it differs from the path that the flow run uses.
        env: Further environment variables for the host's processes. Don't put secrets here: use connections and
            variables.

    Raises:
        InvalidArgumentError: `python` is empty, or a key or value of `env` is not text.

    Example:
        ```python
        from airflow_compat import dags
        from airflow_compat.hosting import AirflowHost

        host = AirflowHost(python="/opt/airflow/bin/python")
        flow = dags.load_flow("dags/warehouse.py:load", host=host)
        ```
    """

    python: str
    dags_folder: str | None = None
    env: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not str(self.python):
            raise InvalidArgumentError("AirflowHost: python is empty. Pass the path of the interpreter with Airflow")
        wrong = [key for key, value in self.env.items() if not isinstance(key, str) or not isinstance(value, str)]
        if wrong:
            raise InvalidArgumentError(f"AirflowHost: env[{wrong[0]!r}] is not text. Pass texts")
        object.__setattr__(self, "python", str(self.python))
        object.__setattr__(self, "dags_folder", None if self.dags_folder is None else str(self.dags_folder))

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the host's processes.

        Args:
            own: The environment of this process. Variables with secrets, and settings of this interpreter, are left
                out.
        """
        kept = {key: value for key, value in own.items() if key not in _DROPPED_NAMES and not key.startswith(_DROPPED)}
        found = {**kept, **self.env, **_FIXED}
        if "AIRFLOW_CONFIG" not in found and not self._has_configuration(found):
            # This variable prevents Airflow 2 from writing an airflow.cfg.
            found["AIRFLOW_CONFIG"] = os.devnull
        return found

    def file_of(self, file: str, dag_folder: str) -> str:
        """Return the path under which the host finds a DAG file."""
        if self.dags_folder is None:
            return file
        return str(Path(self.dags_folder) / os.path.relpath(file, dag_folder))

    @staticmethod
    def _has_configuration(environment: Mapping[str, str]) -> bool:
        home = environment.get("AIRFLOW_HOME") or Path(environment.get("HOME", "/"), "airflow")
        return Path(home, "airflow.cfg").is_file()
