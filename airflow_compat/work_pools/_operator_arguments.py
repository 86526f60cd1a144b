"""Takes an operator's arguments one by one, and notes those that a work pool doesn't support."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from ..errors import InvalidWorkPoolError

T = TypeVar("T")

CONTAINER_RUNS_FLOW = (
    "the container runs the flow; run the command in a task, for example with subprocess.run([...], check=True)"
)

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
"""Arguments that every operator has, and that don't affect where a task runs."""


class Arguments:
    """The arguments of an operator that no conversion has taken yet, and notes.

    As in Airflow, an argument that is None counts as not given.

    Raises:
        InvalidWorkPoolError: An argument is misspelt.
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
                hint = f"Did you mean {near[0]}?" if near else "Leave the argument out."
                raise InvalidWorkPoolError(f"{operator} has no argument {name!r}. {hint}")
        if others:
            self.note(", ".join(others), "doesn't affect where the task runs; pass it to @task or @flow")

    def note(self, name: str, what: str) -> None:
        self.notes.append(f"{name}: {what}")

    def take(self, name: str, default: Any = None) -> Any:
        """Take an argument. If the argument's value has a Jinja template, return None and add a note."""
        value = self._left.pop(name, None)
        return default if value is None else self.rendered(name, value)

    def take_as(self, name: str, convert: Callable[[Any], T]) -> T | None:
        value = self.take(name)
        try:
            return None if value is None else convert(value)
        except (OverflowError, TypeError, ValueError):
            raise InvalidWorkPoolError(f"{self.operator}: {name} is not a number. Use a number, such as 60.") from None

    def check_types(self, names: Collection[str], check: Callable[[Any, str, str], object]) -> None:
        """Check the types of these arguments, unless their values have a Jinja template."""
        for name in names:
            if name in self._left and not has_template(self._left[name]):
                check(self._left[name], self.operator, name)

    def take_list(self, name: str) -> list[Any]:
        value = self.take(name) or ()
        if not isinstance(value, (list, tuple)):
            raise InvalidWorkPoolError(f"{self.operator}: {name} is a {type(value).__name__}. Use a list.")
        return list(value)

    def take_raw(self, name: str) -> Any:
        return self._left.pop(name, None)

    def take_texts(self, name: str) -> dict[str, str]:
        """Take an argument that is a mapping of texts, or a list of `name=text`."""
        value = self._left.pop(name, None) or {}
        if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
            value = dict(each.partition("=")[::2] for each in value)
        if not isinstance(value, Mapping):
            raise InvalidWorkPoolError(
                f"{self.operator}: {name} is a {type(value).__name__}. Use a mapping of names and values."
            )
        texts = {str(key): "" if text is None else str(text) for key, text in value.items()}
        return {key: text for key, text in texts.items() if self.rendered(f"{name} {key}", text) is not None}

    def leave(self, reasons: Mapping[str, str]) -> None:
        """Remove these unsupported arguments, and add a note with the reason for each that was given."""
        for name, reason in reasons.items():
            if self._left.pop(name, None) is not None:
                self.note(name, reason)

    def rendered(self, name: str, value: Any) -> Any:
        """Return the value; if the value has a Jinja template, add a note and return None."""
        if has_template(value):
            self.note(name, "pools don't render Jinja templates; use a fixed value, or set the value for each run")
            return None
        return value

    def check_done(self) -> None:
        if self._left:
            raise InvalidWorkPoolError(
                f"{self.operator}: work pools don't support {', '.join(self._left)}. Leave these arguments out."
            )


def has_template(value: Any) -> bool:
    """Return True if the value has a Jinja template. A worker would read the template's braces as a job variable."""
    return any("{{" in text or "{%" in text for text in _texts(value))


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
