"""Check a task's Airflow arguments, and convert them to Prefect's options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .._airflow.argument_values import text, whole
from .._airflow.author_arguments import DEFAULT_OWNER, OWNER_LINE, Named, carry
from .._airflow.callback import KINDS, Callback, Kind
from .._airflow.dag_limits import limit_from_max_active_tis_per_dag
from ..callbacks._hooks import task_hook
from ..callbacks._retry_condition import RetryCondition
from ..errors import InvalidArgumentError
from ..pools import pool
from ..pools._slot_context import PoolContext
from ._backoff import Backoff, multiplier_of
from ._merged_arguments import MergedArguments
from ._outputs import returns_mapping
from ._retries import AIRFLOWS_DELAY, BackoffDelays

Function = Callable[..., Any]

_DEFAULT_POOL = "default_pool"
_PREFECTS = (
    *("name", "description", "task_run_name", "tags", "timeout_seconds", "retries", "retry_delay_seconds"),
    *("on_running", "on_failure", "on_completion", "retry_condition_fn"),
)


@dataclass(frozen=True)
class TaskOptions:
    """A task's converted arguments; None for arguments not given. Most attributes are named like Prefect's options.

    Attributes:
        description: The task's documentation and owner, as one text.
        tags: The tag that `max_active_tis_per_dag` limits.
        on_failure: Hooks that call `on_failure_callback` and send the failure mail.
        on_completion: Hooks that call `on_skipped_callback` and `on_success_callback`.
        retry_condition_fn: Calls `on_retry_callback` and sends the retry mail.
        pool: The slots that are held while the function runs.
        outputs: Which XComs are stored for the return value: `one`, `many` or `none`.
    """

    name: str | None
    description: str | None
    task_run_name: str | None
    tags: list[str] | None
    timeout_seconds: float | None
    retries: int | None
    retry_delay_seconds: float | BackoffDelays | None
    on_running: list[Function] | None
    on_failure: list[Function] | None
    on_completion: list[Function] | None
    retry_condition_fn: Function | None
    pool: PoolContext | None
    pre_execute: Function | None
    post_execute: Function | None
    outputs: str

    def for_prefect(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in _PREFECTS if getattr(self, name) is not None}
        if self.pool is not None:
            # `TaskLayer` applies the timeout, so that waiting for the slots doesn't count, as in Airflow.
            found.pop("timeout_seconds", None)
        return found


def read_task(given: MergedArguments, dag_id: str, function: Function | None = None) -> TaskOptions:
    """Return a task's options. Raises the errors of `airflow_compat.task`.

    `dag_id` is part of the tag for `max_active_tis_per_dag`. The function's name, docstring and annotations are the
    defaults of `task_id`, `doc_md` and `multiple_outputs`.
    """
    name = given.text("task_id")
    description = _description(given, function)
    run_name = given.text("task_display_name")
    name_in_code = None if function is None else getattr(function, "__name__", type(function).__name__)
    tags = _tags(given, name or name_in_code, dag_id)
    timeout = given.seconds("execution_timeout", only_timedelta=True)
    retries, delay = _retries(given)
    called = {kind: given.callbacks(kind) for kind in KINDS}
    called["on_failure"] = _with_mail(given, "on_failure", called["on_failure"])
    called["on_retry"] = _with_mail(given, "on_retry", called["on_retry"])
    hooks = {
        kind: [carry(task_hook(callback, kind, given.version), given.told) for callback in called[kind]]
        for kind in KINDS
    }
    on_retry = tuple((callback, given.version) for callback in called["on_retry"])
    return TaskOptions(
        name=None if name is None else carry(Named(name), given.told),
        description=description,
        # Prefect formats the name, so escape braces.
        task_run_name=run_name and run_name.replace("{", "{{").replace("}", "}}"),
        tags=tags,
        timeout_seconds=timeout or None,
        retries=retries,
        retry_delay_seconds=delay,
        on_running=hooks["on_execute"] or None,
        on_failure=hooks["on_failure"] or None,
        on_completion=[*hooks["on_skipped"], *hooks["on_success"]] or None,
        retry_condition_fn=RetryCondition(None, on_retry).function() if on_retry else None,
        pool=_pool(given),
        pre_execute=given.get("pre_execute"),
        post_execute=given.get("post_execute"),
        outputs=_outputs(given, function),
    )


def pool_warnings(given: MergedArguments) -> Iterator[str]:
    if given.get("priority_weight", 1) != 1 and given.get("weight_rule") != "absolute":
        yield (
            f"{given.where}: priority_weight counts only the task's own weight, while Airflow adds the weights of the "
            "tasks after it. Set weight_rule='absolute' to accept this."
        )


def _description(given: MergedArguments, function: Function | None) -> str | None:
    texts = given.texts("doc_md", "doc", "doc_rst", "doc_yaml", "doc_json")
    if not texts and function is not None and (docstring := inspect.getdoc(function)):
        texts = [docstring]
    owner = given.get("owner", DEFAULT_OWNER)
    if owner != DEFAULT_OWNER:
        texts.append(f"{OWNER_LINE}{text(given.where, 'owner', owner)}")
    return "\n\n".join(texts) or None


def _tags(given: MergedArguments, task_id: str | None, dag_id: str) -> list[str] | None:
    limit = given.get("max_active_tis_per_dag", given.get("task_concurrency"))
    if limit is None:
        return None
    if not dag_id or not task_id:
        missing = "dag_id" if not dag_id else "task_id"
        raise InvalidArgumentError(
            f"{given.where}: max_active_tis_per_dag limits a tag that is named after the flow and the task. Pass "
            f"{missing}=."
        )
    return [limit_from_max_active_tis_per_dag(dag_id, task_id, limit).tag]


def _retries(given: MergedArguments) -> tuple[int | None, float | BackoffDelays | None]:
    if "retries" not in given.values:
        return None, None
    retries = whole(given.where, "retries", given.get("retries", 0))
    delay = given.seconds("retry_delay")
    delay = AIRFLOWS_DELAY if delay is None else delay
    longest = given.seconds("max_retry_delay")
    multiplier = multiplier_of(given.get("retry_exponential_backoff", False), given.version)
    if not retries:
        return 0, None
    if multiplier is None:
        return retries, delay
    return retries, BackoffDelays.of(Backoff(delay, multiplier, longest), retries, given.version)


def _with_mail(given: MergedArguments, kind: Kind, callbacks: list[Callback]) -> list[Callback]:
    """Return an event's callbacks, and the callback that sends the event's mail.

    Airflow 2 sends the mail before the other callbacks, Airflow 3 after them.
    """
    addresses = given.get("email")
    if not addresses or not given.values.get(f"email_{kind}", True):
        return callbacks
    from ..notifiers._smtp import EmailAlert

    if not isinstance(addresses, str):
        if not isinstance(addresses, (list, tuple, set, frozenset)):
            raise InvalidArgumentError(
                f"{given.where}: email is a {type(addresses).__name__}. Use an address, or a list of addresses"
            )
        addresses = [text(given.where, "email", address) for address in addresses]
    mail = EmailAlert(addresses, airflow_version=given.version)
    return [mail, *callbacks] if given.version == "2" else [*callbacks, mail]


def _pool(given: MergedArguments) -> PoolContext | None:
    if (name := given.get("pool", _DEFAULT_POOL)) == _DEFAULT_POOL:
        return None
    slots = whole(given.where, "pool_slots", given.get("pool_slots", 1), least=1)
    return pool(text(given.where, "pool", name), slots, priority_weight=given.get("priority_weight", 1))


def _outputs(given: MergedArguments, function: Function | None) -> str:
    if not given.get("do_xcom_push", True):
        return "none"
    many = given.get("multiple_outputs")
    if many is None and function is not None:
        many = returns_mapping(function)
    return "many" if many else "one"
