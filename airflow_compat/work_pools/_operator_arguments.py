"""An operator's arguments, looked at one after another, with notes on those that have no place in a work pool."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .._airflow.names import block_name
from .._airflow.variable import is_sensitive
from ..errors import InvalidWorkPoolError

OF_EVERY_TASK = frozenset(
    """
    allow_nested_operators dag deferrable default_args depends_on_past do_xcom_push doc doc_json doc_md doc_rst
    doc_yaml email email_on_failure email_on_retry execution_timeout executor inlets ignore_first_depends_on_past
    log_formatter logger_name map_index_template max_active_tis_per_dag max_active_tis_per_dagrun max_retry_delay
    multiple_outputs on_execute_callback on_failure_callback on_retry_callback on_skipped_callback on_success_callback
    outlets owner params pool pool_slots post_execute pre_execute priority_weight queue render_template_as_native_obj
    retries retry_delay retry_exponential_backoff run_as_user sla start_date end_date task_concurrency
    task_display_name task_group task_id trigger_rule wait_for_downstream wait_for_past_depends_before_skipping
    weight_rule
    """.split()
)
"""Arguments that every operator takes: they are the task's, and say nothing of where it runs."""


class Arguments:
    """What is left of an operator's arguments, and the notes on what was taken.

    Args:
        operator: Its class, for messages.
        given: The arguments. None is as if it weren't given, as for Airflow.
        known: Every argument that the operator has, but for those that every operator has.

    Raises:
        InvalidWorkPoolError: One is misspelt.
    """

    def __init__(self, operator: str, given: Mapping[str, Any], known: Collection[str]) -> None:
        self.operator = operator
        self.notes: list[str] = []
        self._left: dict[str, Any] = {}
        others = []
        for name, value in given.items():
            if name in known:
                if value is not None:
                    self._left[name] = value
            elif name in OF_EVERY_TASK:
                others.append(name)
            else:
                near = difflib.get_close_matches(name, [*known, *OF_EVERY_TASK], 1)
                hint = f"did you mean {near[0]}?" if near else "leave it out"
                raise InvalidWorkPoolError(f"{operator}: it has no argument {name!r}; {hint}")
        if others:
            self.note(", ".join(others), "the task's own, and no matter of where it runs; give it to @task or @flow")

    def note(self, name: str, what: str) -> None:
        """Say what becomes of something."""
        self.notes.append(f"{name}: {what}")

    def take(self, name: str, default: Any = None) -> Any:
        """The argument, without what has a Jinja template in it; it counts as done."""
        value = self._left.pop(name, None)
        return default if value is None else self.rendered(name, value)

    def take_raw(self, name: str) -> Any:
        """The argument as it is; it counts as done."""
        return self._left.pop(name, None)

    def take_texts(self, name: str) -> dict[str, str]:
        """An argument that is a mapping of texts, or a list of `name=text`."""
        value = self._left.pop(name, None) or {}
        if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
            value = dict(each.partition("=")[::2] for each in value)
        if not isinstance(value, Mapping):
            raise InvalidWorkPoolError(
                f"{self.operator}: {name} is a {type(value).__name__}; write the names with their values"
            )
        texts = {str(key): "" if text is None else str(text) for key, text in value.items()}
        return {key: text for key, text in texts.items() if self.rendered(f"{name} {key}", text) is not None}

    def leave(self, reasons: Mapping[str, str]) -> None:
        """Say of each of these that is given why it isn't taken."""
        for name, reason in reasons.items():
            if name in self._left:
                self._left.pop(name)
                self.note(name, reason)

    def rendered(self, name: str, value: Any) -> Any:
        """The value, or None and a note where a template in it would have to be rendered for each run."""
        if has_template(value):
            self.note(name, "a Jinja template, which a pool doesn't render; write the value, or set it for a run")
            return None
        return value

    def check_done(self) -> None:
        """Nothing may be left: all that is known was taken or left with a reason."""
        if self._left:
            raise InvalidWorkPoolError(
                f"{self.operator}: {', '.join(self._left)} can't be brought into a work pool; leave it out"
            )


def has_template(value: Any) -> bool:
    """Whether a Jinja template is in the value. A worker would take its braces for a job variable of its own."""
    return any("{{" in text or "{%" in text for text in _texts(value))


def without_secrets(
    environment: Mapping[str, str], arguments: Arguments, name: str, *, private: bool = False
) -> tuple[dict[str, str], dict[str, str]]:
    """Environment variables without the secret ones, and for each of those the name of a `Secret` block.

    A deployment's job variables are plain text on the server, and `prefect deploy` writes into them what a block holds
    that they refer to.
    """
    texts, blocks = {}, {}
    for key, text in environment.items():
        if private or is_sensitive(key):
            blocks[key] = block_name(key)
            arguments.note(
                f"{name} {key}",
                f"its value isn't copied; save it as the block secret/{blocks[key]}, where the pool takes it from at "
                "each run",
            )
        else:
            texts[key] = text
    return texts, blocks


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, (list, tuple, set)):
        for inner in value:
            yield from _texts(inner)
