"""Callbacks and mails as Prefect's state hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._airflow.argument_values import text
from .._airflow.callback import KINDS, Callback, Kind, check_callbacks
from .._airflow.told_arguments import carry
from .._callbacks.hooks import flow_hook, task_hook
from .._callbacks.retry_condition import RetryCondition
from .given import Given

if TYPE_CHECKING:
    from .._notifiers.email_alert import EmailAlert


def task_hooks(given: Given) -> dict[str, Any]:
    """Options for `prefect.task`: what is called when, the mails that Airflow sends among it.

    Raises:
        InvalidCallbackError: A callback can't be called with one context.
    """
    called: dict[Kind, list[Callback]] = {kind: _callbacks(given, kind) for kind in KINDS}
    kinds: tuple[Kind, ...] = ("on_failure", "on_retry")
    for kind in kinds:
        if (mail := _mail(given, kind)) is None:
            continue
        # Airflow 2 sends it before the callbacks are called, Airflow 3 after.
        called[kind] = [mail, *called[kind]] if given.version == "2" else [*called[kind], mail]
    hooks = {
        kind: [carry(task_hook(callback, kind, given.version), given.told) for callback in called[kind]]
        for kind in KINDS
    }
    options: dict[str, Any] = {
        "on_running": hooks["on_execute"],
        "on_failure": hooks["on_failure"],
        "on_completion": [*hooks["on_skipped"], *hooks["on_success"]],
    }
    if called["on_retry"]:
        pairs = tuple((callback, given.version) for callback in called["on_retry"])
        options["retry_condition_fn"] = RetryCondition(None, pairs).function()
    return {name: value for name, value in options.items() if value}


def flow_hooks(given: Given) -> dict[str, Any]:
    """Options for `prefect.flow`. A failure's are for a crash too, and are called once.

    Raises:
        InvalidCallbackError: A callback can't be called with one context.
    """
    failure, success = (
        [carry(flow_hook(callback, kind, given.version), given.told) for callback in _callbacks(given, kind)]
        for kind in ("on_failure", "on_success")
    )
    options = {"on_failure": failure, "on_crashed": list(failure), "on_completion": success}
    return {name: hooks for name, hooks in options.items() if hooks}


def _callbacks(given: Given, kind: Kind) -> list[Callback]:
    name = f"{kind}_callback"
    value = given.get(name)
    return list(check_callbacks(f"{given.where}: {name}", [value])) if value not in (None, []) else []


def _mail(given: Given, kind: Kind) -> EmailAlert | None:
    addresses = given.get("email")
    if not addresses or not given.values.get(f"email_{kind}", True):
        return None
    from .._notifiers.email_alert import EmailAlert

    if isinstance(addresses, str):
        return EmailAlert(addresses, airflow_version=given.version)
    found = [text(given.where, "email", address) for address in addresses]
    return EmailAlert(found, airflow_version=given.version)
