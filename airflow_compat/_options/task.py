"""A task's arguments as options for `prefect.task`."""

from __future__ import annotations

from typing import Any

from .._airflow.argument_values import seconds, text
from .._airflow.told_arguments import DEFAULT_OWNER, OWNER_LINE, Named, carry
from .._specs.dag_limits import limit_from_max_active_tis_per_dag
from ..errors import InvalidArgumentError
from .given import Given
from .hooks import task_hooks
from .retries import retry_options

_DOCUMENTATION = ("doc_md", "doc", "doc_rst", "doc_yaml", "doc_json")


def prefect_options(
    given: Given, *, task_id: str = "", dag_id: str = "", docstring: str | None = None
) -> dict[str, Any]:
    """The options; those that aren't asked for are left out.

    Args:
        given: The arguments.
        task_id: The task's name, where they don't say it.
        dag_id: The name of its flow, for the tag that `max_active_tis_per_dag` limits.
        docstring: The function's, which is the description where they have none.

    Raises:
        InvalidArgumentError: A value is one that Airflow refuses.
        InvalidDagLimitError: `max_active_tis_per_dag` is no number from 1 on.
        InvalidCallbackError: A callback can't be called with one context.
    """
    where = given.where
    options: dict[str, Any] = {}
    if given.get("task_id") is not None:
        options["name"] = carry(Named(text(where, "task_id", given.get("task_id"))), given.told)
    if description := _description(given, docstring):
        options["description"] = description
    if (name := given.get("task_display_name")) is not None:
        # Prefect fills braces in.
        options["task_run_name"] = text(where, "task_display_name", name).replace("{", "{{").replace("}", "}}")
    if tag := limiting_tag(given, options.get("name") or task_id, dag_id):
        options["tags"] = [tag]
    if timeout := timeout_of(given):
        options["timeout_seconds"] = timeout
    return {**options, **retry_options(given), **task_hooks(given)}


def timeout_of(given: Given) -> float | None:
    """`execution_timeout`, in seconds."""
    timeout = given.get("execution_timeout")
    if timeout is None:
        return None
    return seconds(given.where, "execution_timeout", timeout, only_timedelta=True) or None


def limiting_tag(given: Given, task_id: str, dag_id: str) -> str | None:
    """The tag that `max_active_tis_per_dag` limits.

    Raises:
        InvalidArgumentError: There is no `dag_id` or no `task_id` to name it by.
        InvalidDagLimitError: The number is none from 1 on.
    """
    limit = given.get("max_active_tis_per_dag", given.get("task_concurrency"))
    if limit is None:
        return None
    if not dag_id or not task_id:
        missing = "dag_id" if not dag_id else "task_id"
        raise InvalidArgumentError(
            f"{given.where}: max_active_tis_per_dag limits a tag with the flow's and the task's name; give {missing}="
        )
    return limit_from_max_active_tis_per_dag(dag_id, task_id, limit).tag


def _description(given: Given, docstring: str | None) -> str:
    texts = [text(given.where, name, given.get(name)) for name in _DOCUMENTATION if given.get(name)]
    if not texts and docstring:
        texts = [docstring]
    owner = given.get("owner", DEFAULT_OWNER)
    if owner != DEFAULT_OWNER:
        texts.append(f"{OWNER_LINE}{text(given.where, 'owner', owner)}")
    return "\n\n".join(texts)
