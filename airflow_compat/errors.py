"""Errors and warnings of airflow_compat.

Each message says what happened, where it happened, and what to do next. Messages contain no secrets. If Airflow raises
an error in the same case, our class is also derived from Airflow's class (see `airflow_compat.exceptions`), so that
`except` clauses still work.
"""

from __future__ import annotations

from .exceptions import AirflowException, AirflowNotFoundException, DagRunAlreadyExists


class AirflowCompatError(Exception):
    """The base class of all errors of airflow_compat."""


class InvalidConnectionError(AirflowCompatError, AirflowException, ValueError):
    """A connection's URI, JSON or fields are invalid by Airflow's rules."""


class ConnectionNotFoundError(AirflowCompatError, AirflowNotFoundException):
    """The connection does not exist."""


class VariableNotFoundError(AirflowCompatError, AirflowException, KeyError):
    """The variable does not exist and has no default."""

    # `KeyError.__str__` would put the message in quotes.
    def __str__(self) -> str:
        return Exception.__str__(self)


class InvalidExportError(AirflowCompatError, ValueError):
    """A file is damaged, or is not an export of `airflow connections|variables|pools export`."""


class SourceError(AirflowCompatError, ValueError):
    """A source of connections and variables can't be read, or the address of the source is invalid."""


class InvalidNameError(AirflowCompatError, ValueError):
    """An Airflow id can't be converted to a Prefect name."""


class MissingPackageError(AirflowCompatError, ImportError):
    """A package is not installed. The message names the extra of airflow-compat that installs the package."""


class BlockTypeError(AirflowCompatError, TypeError):
    """The class of a connection's block is not the requested class."""


class UnsendableError(AirflowCompatError, ValueError):
    """A value can't be sent to the server."""


class ServerError(AirflowCompatError):
    """The Prefect server returned an error."""


class ServerUnreachableError(ServerError, ConnectionError):
    """The Prefect server did not answer."""


class ServerBusyError(ServerUnreachableError):
    """The Prefect server is too busy: it did not answer a request within the timeout of Prefect's client."""


class NameTakenError(ServerError):
    """An object with this name exists already."""


class PoolError(AirflowCompatError):
    """The base class of errors of pools."""


class PoolNotReadyError(PoolError, LookupError):
    """The server's limit for the pool is missing or inactive, or is smaller than the number of requested slots."""


class PoolTimeoutError(PoolError, TimeoutError):
    """The requested slots did not become free within the timeout."""


class PoolLeaseLostError(PoolError):
    """The server released the slots while the code still used them, so the limit may have been exceeded."""


class InvalidDagLimitError(AirflowCompatError, ValueError):
    """A limit of a DAG or task, such as `max_active_runs`, is invalid or missing on the server."""


class InvalidArgumentError(AirflowCompatError, TypeError, ValueError):
    """An argument of a DAG or task is misspelt, or has an invalid value."""


class InvalidCallbackError(AirflowCompatError, TypeError):
    """A callback is invalid.

    The callback doesn't accept one argument (the context), can't be imported by another process, or is attached to an
    object that is not a flow or task.
    """


class InvalidAlertError(AirflowCompatError, ValueError):
    """An alert has an invalid target, duration or action, or needs an object that does not exist on the server."""


class AlertFileError(AirflowCompatError, ValueError):
    """A file of alerts can't be read or written, or contains an invalid alert."""


class InvalidWorkPoolError(AirflowCompatError, ValueError):
    """The description of a work pool, or of the infrastructure on which a task runs, is invalid."""


class WorkPoolFileError(AirflowCompatError, ValueError):
    """A file with work pools can't be read, or contains an invalid work pool."""


class InvalidEventError(AirflowCompatError, ValueError):
    """Events can't be read, because an event, the file of events or the start time is invalid."""


class AirflowApiError(AirflowCompatError, AirflowException):
    """The REST API of an Airflow installation refuses a request, or does not answer."""


class DagFileError(AirflowCompatError, ValueError):
    """The file of a DAG or flow is missing, or can't be read."""


class RewriteError(AirflowCompatError, ValueError):
    """Files can't be rewritten, because a rule does not exist, or git has uncommitted changes."""


class PrefectFileError(AirflowCompatError, ValueError):
    """A `prefect.yaml` can't be read or written, or has content that Prefect can't use."""


class InvalidRunDatesError(AirflowCompatError, ValueError):
    """The labels of a flow run contain invalid dates."""


class InvalidScheduleError(AirflowCompatError, ValueError):
    """A schedule's cron expression, delta, time zone or type is invalid by Airflow's rules."""


class DagDefinitionError(AirflowCompatError, AirflowException, TypeError, ValueError, RuntimeError):
    """A DAG file uses one of Airflow's classes incorrectly.

    Airflow 2 raises an `AirflowException` in these cases, Airflow 3 a `TypeError`, `ValueError` or `RuntimeError`.
    """


class MappingError(AirflowCompatError, AirflowException, TypeError, ValueError):
    """A task can't be expanded over a value."""


class InvalidMetricSettingsError(AirflowCompatError, ValueError):
    """A setting of Airflow's `[metrics]`, or an argument of `metrics.configure`, is invalid."""


class BackfillError(AirflowCompatError, ValueError):
    """A backfill has an invalid deployment, date or schedule."""


class XComError(AirflowCompatError, AirflowException):
    """The base class of errors of XComs; also raised if a value is pushed or pulled outside of a flow."""


class XComValueError(XComError, TypeError):
    """A pushed or returned value has a type that XCom can't store."""


class XComStorageError(XComError):
    """The flow's result storage can't be read or written."""


class InvalidArtifactError(AirflowCompatError, ValueError):
    """An artifact has an invalid key or content, or its key belongs to another artifact."""


class NotificationError(AirflowCompatError, AirflowException):
    """A notification was not sent because of its arguments, its connection or the service."""


class ContextNotFoundError(AirflowCompatError, AirflowException, RuntimeError):
    """The context was requested outside of a flow run or task run."""


class FakeError(AirflowCompatError, ValueError):
    """A fake or a helper of `airflow_compat.testing` received an invalid value, or was used incorrectly."""


class UnsupportedFeatureError(AirflowCompatError, AttributeError, KeyError):
    """An Airflow feature is not supported."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class UnsupportedFeatureWarning(UserWarning):
    """An Airflow feature works here only approximately. The message describes the difference."""


class DagRunExistsError(AirflowCompatError, DagRunAlreadyExists):
    """Another run of the DAG has the same logical date."""


class DagRunRequestError(AirflowCompatError, AirflowException):
    """A DAG run does not exist, or a request to it, such as to clear tasks, names missing tasks or is impossible."""


class TaskProcessError(AirflowCompatError, AirflowException):
    """The child process that runs a task has ended, or can't run the task."""


class DagRunFailedError(AirflowCompatError, AirflowException):
    """A run of a DAG has failed.

    Attributes:
        result: The run's `DagRunResult`.
    """

    def __init__(self, message: str, result: object = None) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.result)


class HostError(AirflowCompatError, AirflowException):
    """An Airflow host can't be started, or its settings are invalid."""
