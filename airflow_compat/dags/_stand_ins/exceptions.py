"""Stand-ins for exceptions that DAG files catch or raise, but that nothing here raises."""

from __future__ import annotations

from ...exceptions import AirflowException, AirflowNotFoundException


class AirflowOptionalProviderFeatureException(AirflowException):
    """A feature of a provider needs a package that is not installed."""


class AirflowInternalRuntimeError(BaseException):
    """An error inside Airflow."""


class AirflowFileParseException(AirflowException):
    """A file of connections or variables can't be read."""


class AirflowClusterPolicyViolation(AirflowException):
    """A cluster policy refuses a DAG or task."""


class AirflowClusterPolicySkipDag(AirflowException):
    """A cluster policy skips a DAG."""


class AirflowClusterPolicyError(AirflowException):
    """A policy failed."""


class DagRunNotFound(AirflowNotFoundException):
    """A DAG run does not exist."""


class PoolNotFound(AirflowNotFoundException):
    """A pool does not exist."""


class TaskInstanceNotFound(AirflowNotFoundException):
    """A task instance does not exist."""


class SerializationError(AirflowException):
    """A DAG can't be serialized."""


class NotMapped(Exception):
    """A task is not mapped."""


class AirflowDagDuplicatedIdException(AirflowException):
    """Two files define DAGs with the same id."""


class AirflowDagInconsistent(AirflowException):
    """A DAG has inconsistent arguments."""
