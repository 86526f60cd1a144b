"""Forwards the messages of loggers such as `airflow.task` to the log of the Prefect run, and masks secrets in logs.

As in Airflow, masking starts when this process first loads a secret: in `get_connection`, `load_block` or
`Variable.get`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from .._airflow.run_objects import DagRun, TaskInstance
from .._airflow.secret_texts import MIN_LENGTH
from ..errors import InvalidArgumentError
from . import _masking
from ._forward import Forwarding
from ._masking import redact

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, TaskRun

__all__ = [
    "Forwarding",
    "LoggingMixin",
    "disable_masking",
    "enable_masking",
    "forward",
    "mask",
    "redact",
    "task_log_url",
]

_TASK = "airflow.task"


def forward(*loggers: str, level: int | str = logging.INFO) -> Forwarding:
    """Forward loggers' messages to the run's log: in a `with` block, as a decorator, or from `start()` to `stop()`.

    Messages of child loggers are forwarded, too. A message is written to the log of the run whose code logs the
    message, even if the code runs in another thread. Messages outside a run, and messages of loggers that Prefect
    already forwards, are not forwarded.

    Prefect's own counterpart is the setting `PREFECT_LOGGING_EXTRA_LOGGERS=airflow.task`, which applies to every
    process of a deployment. The setting does not change the logger's level, so also call
    `logging.getLogger("airflow.task").setLevel("INFO")`.

    Args:
        loggers: The loggers' names. Defaults to `airflow.task`.
        level: The lowest level of messages to forward. If a logger has a higher level, this level replaces it while
            messages are forwarded, so the console also shows more messages.

    Raises:
        InvalidArgumentError: `logging` has no such level.
        InvalidCallbackError: The decorated object is not a function, or is a generator function.

    Example:
        ```python
        import logging

        from prefect import flow

        from airflow_compat import logs


        @flow
        @logs.forward("airflow.task")
        def etl():
            logging.getLogger("airflow.task").info("seen in the run")
        ```
    """
    number = level if isinstance(level, int) else logging.getLevelName(level.upper())
    if isinstance(number, bool) or not isinstance(number, int):
        raise InvalidArgumentError(f"logs.forward: unknown level {level!r}. Use INFO or another level of logging")
    return Forwarding(loggers or (_TASK,), number)


def mask(value: Any, name: str | None = None) -> None:
    """Mask a value in everything that the process logs from now on, as Airflow's `mask_secret` does.

    The forms that the value has in URLs, JSON and `repr` are masked, too. Values shorter than five characters are not
    masked, nor are the words `airflow` and `prefect`.

    Args:
        value: Text, a dict, or a list of these. In a dict, only the values of sensitive keys are masked.
        name: The name of the variable or field that has this value. If a name is given, text is masked only if Airflow
            considers the name sensitive.

    Raises:
        InvalidArgumentError: The value is neither text, a dict nor a list.
    """
    known = value is None or isinstance(value, (str, dict, list, tuple, set, frozenset))
    if not known and not hasattr(value, "get_secret_value"):
        raise InvalidArgumentError(
            f"logs.mask takes text, a dict or a list, not {type(value).__name__}. Pass the object's text"
        )
    _masking.remember(value, name)
    if _masking.is_too_short(value):
        logging.getLogger("airflow_compat").warning(
            "A secret isn't masked because it is too short. Call logs.enable_masking(min_length=...) for shorter "
            "secrets"
        )


def enable_masking(*, min_length: int = MIN_LENGTH) -> None:
    """Mask all secrets in everything that this process logs, including secrets that were loaded before this call.

    When this process loads its first secret, masking starts without this call. Call this function to change
    `min_length`, to undo `disable_masking`, or to restore masking after other code has replaced Python's log record
    factory.

    Args:
        min_length: The length of the shortest secret to mask, in characters. Airflow masks secrets of at least 5
            characters.

    Raises:
        InvalidArgumentError: `min_length` is not a whole number of at least 1.
    """
    if isinstance(min_length, bool) or not isinstance(min_length, int) or min_length < 1:
        raise InvalidArgumentError(
            f"logs.enable_masking: min_length is {min_length!r}. Pass a whole number of at least 1"
        )
    _masking.enable(min_length)


def disable_masking() -> None:
    """Stop masking secrets in this process's logs until `enable_masking` is called. Prefect's own masking continues."""
    _masking.disable()


def task_log_url(run: TaskInstance | DagRun | TaskRun | FlowRun | None = None) -> str:
    """Return the URL of a run's page in Prefect's UI, which shows the run's log, in place of Airflow's `ti.log_url`.

    Args:
        run: An Airflow context's `ti` or `dag_run`, or a task run or flow run of Prefect. Defaults to the current run.

    Raises:
        ContextNotFoundError: `run` is None, and no run is active.
        InvalidArgumentError: `run` is of another type.
    """
    from ._run_url import page_of

    return page_of(run)


class LoggingMixin:
    """Replaces Airflow's class: during a run, `self.log` is the run's logger; elsewhere, an ordinary logger."""

    @property
    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        """Return the logger."""
        from .._prefect.run_logger import run_logger

        return run_logger(f"{type(self).__module__}.{type(self).__name__}")
