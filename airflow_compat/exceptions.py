"""Airflow's exceptions, for DAG code that raises and catches them: `from airflow_compat.exceptions import ...`.

The names and the inheritance are those of `airflow.exceptions` (2.11 and 3.3). `AirflowSkipException` ends a task as
skipped and `AirflowFailException` fails it with no further try, in tasks that one of our decorators is put above.
"""

from __future__ import annotations

import re

__all__ = [
    "AirflowBadRequest",
    "AirflowConfigException",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTerminated",
    "AirflowTaskTimeout",
    "RebuiltException",
]


class AirflowException(Exception):
    """The base of Airflow's own exceptions; DAG code raises it to fail a task."""

    status_code: int = 500


class AirflowBadRequest(AirflowException):
    """The request or its parameters were wrong."""

    status_code: int = 400


class AirflowNotFoundException(AirflowException):
    """A connection or another thing that was asked for does not exist."""

    status_code: int = 404


class AirflowConfigException(AirflowException):
    """Airflow's configuration is wrong."""


class AirflowSensorTimeout(AirflowException):
    """A sensor waited for too long."""


class AirflowSkipException(AirflowException):
    """The task is to be skipped: it ends as `Completed(name="Skipped")`, with the message, and gives None."""


class AirflowFailException(AirflowException):
    """The task is to fail now, whatever tries it has left."""


class AirflowTaskTimeout(BaseException):
    """The task took too long. No `Exception`, as in Airflow, so that `except Exception` doesn't catch it."""


class AirflowTaskTerminated(BaseException):
    """The task was ended from outside."""


class RebuiltException(AirflowException):
    """Stands in a context for an exception that was raised in a process that is gone.

    Attributes:
        type_name: The name of the class that was raised; None where nothing tells.
    """

    _NAMED = re.compile(
        r"encountered an exception:? (?P<type>[A-Za-z_][\w.]*)(?:\((?P<args>.*)\)|: (?P<text>.*))?$", re.DOTALL
    )

    def __init__(self, message: str, type_name: str | None = None) -> None:
        super().__init__(message)
        self.type_name = type_name

    @classmethod
    def from_message(cls, message: str) -> RebuiltException:
        """What a Prefect state's message tells of the exception."""
        found = cls._NAMED.search(message)
        if found is None:
            return cls(message)
        return cls(found["text"] or found["args"] or "", found["type"])

    def __repr__(self) -> str:
        return f"<rebuilt {self.type_name or 'exception'}: {self}>"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.type_name)
