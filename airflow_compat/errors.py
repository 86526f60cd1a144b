"""What airflow_compat raises and warns: one base, and a leaf for each thing that can go wrong.

Every message names the thing, says what was wrong with it, and ends with what to do next. None holds a secret.
A leaf that stands for something that Airflow itself raises is also an instance of Airflow's class of that name (see
`airflow_compat.exceptions`) or of the builtin that Airflow raises, so that `except` clauses in ported code still work.
"""

from __future__ import annotations

from .exceptions import AirflowException, AirflowNotFoundException


class AirflowCompatError(Exception):
    """The base of every error that airflow_compat raises on purpose."""


class InvalidConnectionError(AirflowCompatError, AirflowException, ValueError):
    """A connection's URI, JSON or fields are such that Airflow refuses them too."""


class ConnectionNotFoundError(AirflowCompatError, AirflowNotFoundException):
    """No place that a connection may be kept in has that conn_id."""


class VariableNotFoundError(AirflowCompatError, AirflowException, KeyError):
    """No place that a variable may be kept in has that key, and no default was given."""

    # KeyError shows the repr of its argument, quotes and all.
    def __str__(self) -> str:
        return Exception.__str__(self)


class InvalidExportError(AirflowCompatError, ValueError):
    """A file isn't one that `airflow connections|variables|pools export` writes, or is damaged."""


class SourceError(AirflowCompatError, ValueError):
    """A place where Airflow keeps its connections and variables can't be read, or is written in a wrong way."""


class InvalidNameError(AirflowCompatError, ValueError):
    """An Airflow id has no legal Prefect name."""


class MissingPackageError(AirflowCompatError, ImportError):
    """A block needs a package that isn't installed; the message names the extra that brings it."""


class BlockTypeError(AirflowCompatError, TypeError):
    """A block of one class was asked for, and the connection is kept in one of another."""


class UnsendableError(AirflowCompatError, ValueError):
    """A value holds something that no request can carry."""


class ServerError(AirflowCompatError):
    """The Prefect server answered with an error."""


class ServerUnreachableError(ServerError, ConnectionError):
    """The Prefect server did not answer."""


class ServerBusyError(ServerUnreachableError):
    """The Prefect server is there, but had no time for a request within the time that Prefect's own client waits."""


class NameTakenError(ServerError):
    """What was to be created was there already."""


class PoolError(AirflowCompatError):
    """The base of what can go wrong with a pool."""


class PoolNotReadyError(PoolError, LookupError):
    """The pool's limit is missing, inactive or too small: waiting would never end, or would never limit."""


class PoolTimeoutError(PoolError, TimeoutError):
    """The slots were not free within the timeout."""


class PoolLeaseLostError(PoolError):
    """The server no longer held the slots while the code in the pool still ran: the limit may have been exceeded."""


class InvalidDagLimitError(AirflowCompatError, ValueError):
    """A DAG's or task's own limit, such as `max_active_runs`, has no counterpart in Prefect."""


class InvalidArgumentError(AirflowCompatError, TypeError, ValueError):
    """An argument of a DAG or a task is misspelt, or has a value that Airflow refuses too or Prefect can't take."""


class InvalidCallbackError(AirflowCompatError, TypeError):
    """What was given as a callback can't be called with one context, or was attached to the wrong thing."""


class InvalidAlertError(AirflowCompatError, ValueError):
    """No automation can stand for an alert: its target, its time, its actions, or what the server lacks for them."""


class AlertFileError(AirflowCompatError, ValueError):
    """A file of alerts can't be read or written, or what it holds is no alert."""


class InvalidWorkPoolError(AirflowCompatError, ValueError):
    """What was said of a work pool, or of where a task runs, makes none."""


class WorkPoolFileError(AirflowCompatError, ValueError):
    """A file of work pools can't be read, or what it holds is none."""


class InvalidEventError(AirflowCompatError, ValueError):
    """Events can't be had: one isn't as Prefect's API gives it, their file can't be read, or their time is none."""


class DagFileError(AirflowCompatError, ValueError):
    """A DAG file can't be read, or there is none where one was named."""


class PrefectFileError(AirflowCompatError, ValueError):
    """A `prefect.yaml` can't be read or written, or what it says is not what Prefect would do."""


class InvalidRunDatesError(AirflowCompatError, ValueError):
    """A flow run's labels give no dates that a run can have."""


class InvalidScheduleError(AirflowCompatError, ValueError):
    """A schedule is none that Airflow takes: its cron expression, its delta, its time zone, or what it is made of."""


class InvalidMetricSettingsError(AirflowCompatError, ValueError):
    """Where metrics go was said wrongly: a setting of Airflow's `[metrics]`, or an argument of `metrics.configure`."""


class BackfillError(AirflowCompatError, ValueError):
    """A backfill can't be made: its deployment, its dates, its schedule, or how they go together."""


class XComError(AirflowCompatError, AirflowException):
    """The base of what can go wrong with an XCom; also that it was pushed or pulled outside a flow."""


class XComValueError(XComError, TypeError):
    """A value that XCom doesn't keep was pushed, or what a task returned is one and was pulled."""


class XComStorageError(XComError):
    """The flow's result storage can't be read or written."""


class InvalidArtifactError(AirflowCompatError, ValueError):
    """What was to be an artifact makes none: its key, what it is to show, or another that has its name."""


class NotificationError(AirflowCompatError, AirflowException):
    """A notification was not sent: its arguments, its connection, or the service that was to take it."""


class ContextNotFoundError(AirflowCompatError, AirflowException, RuntimeError):
    """The context of a run was asked for where there is none."""


class FakeError(AirflowCompatError, ValueError):
    """A fake of `airflow_compat.testing` can't stand for what it was given, or was used in a way that can't work."""


class UnsupportedFeatureError(AirflowCompatError, AttributeError, KeyError):
    """An Airflow name that has no counterpart here, or not yet."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class UnsupportedFeatureWarning(UserWarning):
    """Something of Airflow's is mapped approximately; the message says how it differs."""
