"""Airflow's logs in Prefect's: `forward` brings what `airflow.task` says to the run; known secrets are masked.

Masking is on from the first secret on that `get_connection`, `load_block` or `Variable.get` gives, as it is in Airflow.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ._airflow.run_objects import DagRun, TaskInstance
from ._airflow.secret_texts import MIN_LENGTH
from ._logs.forward import Forwarding
from .errors import InvalidArgumentError

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
    """Bring what loggers say in a run to its log: a context manager, a decorator, or `start()` and `stop()`.

    What their children say comes along. A line goes to the run that it is said in, also in a task in a thread. What
    is said outside a run goes where it went before. Nothing is forwarded twice where Prefect forwards the same logger
    by itself.

    Prefect's own way is the setting `PREFECT_LOGGING_EXTRA_LOGGERS=airflow.task`, which every process of a deployment
    reads. It changes no level: `logging.getLogger("airflow.task").setLevel("INFO")`.

    Args:
        loggers: The loggers' names; none is `airflow.task`.
        level: What is forwarded from; a logger that lets less through is set to this meanwhile, for the console too.

    Raises:
        InvalidArgumentError: There is no such level.
        InvalidCallbackError: As a decorator: it is put on something other than a function, or on one that yields.

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
        raise InvalidArgumentError(f"logs.forward: there is no level {level!r}; write INFO, or another of logging's")
    return Forwarding(loggers or (_TASK,), number)


def mask(value: Any, name: str | None = None) -> None:
    """Airflow's `mask_secret`: mask this in all that the process logs from now on.

    Also in the forms that it has in a URL, in JSON and in a repr. What is shorter than five characters isn't masked,
    nor are the words `airflow` and `prefect`.

    Args:
        value: Text; or a dict, of which the values whose keys Airflow takes for secrets are masked; or a list of such.
        name: The variable's or field's name: text is masked only where it is one that Airflow takes for a secret.

    Raises:
        InvalidArgumentError: It is none of these.
    """
    from ._logs.masking import is_too_short, remember

    known = value is None or isinstance(value, (str, dict, list, tuple, set, frozenset))
    if not known and not hasattr(value, "get_secret_value"):
        raise InvalidArgumentError(f"logs.mask takes text, a dict or a list, not {type(value).__name__}; give its text")
    remember(value, name)
    if is_too_short(value):
        logging.getLogger("airflow_compat").warning(
            "A secret isn't masked, since it is too short; logs.enable_masking(min_length=...) masks shorter ones"
        )


def redact(text: str) -> str:
    """The text with `***` in place of the secrets that are known."""
    from ._logs.masking import redact

    return redact(text)


def enable_masking(*, min_length: int = MIN_LENGTH) -> None:
    """Mask the secrets that are known, and those that are loaded later, in all that this process logs.

    It is on by itself once a secret was loaded. Call this for another length, after `disable_masking`, or after
    something has replaced Python's log record factory.

    Args:
        min_length: How long a secret has to be, in characters; Airflow's is 5.

    Raises:
        InvalidArgumentError: It isn't a whole number from 1 on.
    """
    from ._logs.masking import enable

    if isinstance(min_length, bool) or not isinstance(min_length, int) or min_length < 1:
        raise InvalidArgumentError(f"logs.enable_masking: min_length is {min_length!r}; write a whole number from 1 on")
    enable(min_length)


def disable_masking() -> None:
    """Show secrets in what this process logs, until `enable_masking`; what Prefect itself masks stays so."""
    from ._logs.masking import disable

    disable()


def task_log_url(run: TaskInstance | DagRun | TaskRun | FlowRun | None = None) -> str:
    """The page in Prefect's UI that shows a run's log: Airflow's `ti.log_url`.

    Args:
        run: A context's `ti` or `dag_run`, or Prefect's task run or flow run; None is the run that this is called in.

    Raises:
        ContextNotFoundError: No run is given, and this is outside one.
        InvalidArgumentError: It is none of these.
    """
    from ._logs.pages import page_of

    return page_of(run)


class LoggingMixin:
    """Airflow's class of that name: `self.log` is the run's logger in a run, and a plain one of the class outside."""

    @property
    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
        """The logger."""
        from ._prefect.logs import run_logger

        return run_logger(f"{type(self).__module__}.{type(self).__name__}")
