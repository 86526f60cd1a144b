"""Create Prefect artifacts from XComs, tables, links and markdown, and summaries of flow runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._airflow.run_objects import TaskInstance
from ..errors import InvalidArgumentError, InvalidArtifactError
from . import _specs as _specs
from ._specs import ArtifactRecord

if TYPE_CHECKING:
    from uuid import UUID

    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

__all__ = ["ArtifactRecord", "artifact_from_xcom", "link", "markdown", "run_summary", "summary_hook", "table"]

_SUMMARY = "run-summary"


def markdown(key: str, text: str, *, description: str | None = None) -> ArtifactRecord:
    """Show markdown with the current run in Prefect's UI.

    Removes the text's common indentation, because Prefect shows indented text as code. Prefect's equivalent is
    `create_markdown_artifact(textwrap.dedent(text), key=...)`.

    Args:
        key: The artifact's key. A later artifact with the same key is a new version. Prefect only allows `[a-z0-9-]`,
            so `Rows.Loaded` becomes `rows-loaded`.
        text: The markdown. Secrets that this process has loaded are masked, as in logs.
        description: Markdown to show above the artifact.

    Raises:
        InvalidArtifactError: The key is empty, another key has the same form in Prefect, or the text isn't a string.
        ContextNotFoundError: The call is outside a run.
        ServerError: The request failed.

    Example:
        ```python
        from prefect import flow

        from airflow_compat import artifacts

        @flow
        def etl():
            artifacts.markdown("report", "# 3 rows")
        ```
    """
    return _make(_specs.markdown_artifact(key, text, description))


def link(key: str, url: str, *, text: str | None = None, description: str | None = None) -> ArtifactRecord:
    """Show a link, like an operator's extra links. Prefect's equivalent is `create_link_artifact`.

    Also raises the errors that `markdown` raises.

    Args:
        key: See `markdown`.
        url: The URL.
        text: The text to show. Defaults to the URL.
        description: See `markdown`.

    Raises:
        InvalidArtifactError: The URL is invalid.
    """
    return _make(_specs.link_artifact(key, url, text, description))


def table(
    key: str,
    rows: Sequence[Mapping[str, Any]] | Sequence[Sequence[Any]] | Mapping[str, Any],
    *,
    description: str | None = None,
) -> ArtifactRecord:
    """Show a table. Prefect's equivalent is `create_table_artifact`, which only takes JSON types.

    Also raises the errors that `markdown` raises.

    Args:
        key: See `markdown`.
        rows: A list of dicts, a list of lists, a dict of columns, or a dict of single values, each of which gets its
            own row. Cells with `nan` stay empty; dates and similar values are shown as text.
        description: See `markdown`.

    Raises:
        InvalidArtifactError: The rows have another form.
    """
    return _make(_specs.table_artifact(key, rows, description))


def artifact_from_xcom(
    ti: TaskInstance,
    key: str = "return_value",
    *,
    task_ids: str | None = None,
    artifact_key: str | None = None,
    description: str | None = None,
) -> ArtifactRecord:
    """Show an XCom value: rows and dicts as a table, a URL as a link, text as markdown, and other values as JSON.

    Args:
        ti: The context's `ti`. The artifact belongs to the run of `ti`, also in a callback.
        key: The XCom's key.
        task_ids: The task that pushed the XCom. None means that the task `ti` pushed the XCom.
        artifact_key: The artifact's key. Defaults to the task's id, a dash and the XCom's key.
        description: See `markdown`.

    Raises:
        InvalidArtifactError: The XCom is missing or None. Also see `markdown`.
        InvalidArgumentError: `ti` has the wrong type.
        XComError: See `ti.xcom_pull`.
        ServerError: See `markdown`.
    """
    if not isinstance(ti, TaskInstance):
        raise InvalidArgumentError(f"ti is a {type(ti).__name__}, not a task instance. Pass context['ti'].")
    task_id = ti.task_id if task_ids is None else task_ids
    # Each run of a mapped task has its own XCom.
    own: dict[str, Any] = {"map_indexes": ti.map_index} if task_id == ti.task_id and ti.map_index >= 0 else {}
    value = ti.xcom_pull(task_ids=task_id, key=key, **own)
    if value is None:
        raise InvalidArtifactError(
            f"XCom {key!r} of task {task_id!r} has nothing to show: the XCom is None, or was not pushed. Push a value "
            "first, or use another key."
        )
    spec = _specs.artifact_of_value(artifact_key or f"{task_id}-{key}", value, description)
    return _make(spec, getattr(ti.services, "run", None))


def run_summary(flow_run: FlowRun | UUID | str | None = None, *, key: str = _SUMMARY) -> ArtifactRecord:
    """Show a summary of a flow run: tasks with states and tries, pool slots with waiting times, and callbacks.

    Summaries of all runs are versions of one artifact.

    Args:
        flow_run: The flow run or its id. None means the current run.
        key: See `markdown`.

    Raises:
        ContextNotFoundError: `flow_run` is None outside a flow.
        ServerError: The run doesn't exist, or the request failed.
    """
    from ._run_summary import summarized_run

    return _summary(summarized_run(flow_run), key, None)


def summary_hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Show a flow run's summary. Use as a hook: `@flow(on_completion=[summary_hook], on_failure=[summary_hook])`.

    Also works with `on_crashed` and `on_cancellation`. Prefect only logs the hook's errors.

    Args:
        flow: The flow.
        flow_run: The flow run.
        state: The final state.
    """
    del flow
    _summary(flow_run.id, _SUMMARY, state)


def _summary(flow_run_id: UUID, key: str, state: State[Any] | None) -> ArtifactRecord:
    from ._run_summary import summarize

    flow_run, summary = summarize(flow_run_id, state)
    return _make(_specs.markdown_artifact(key, summary.as_markdown()), flow_run)


def _make(spec: _specs.ArtifactSpec, run: TaskRun | FlowRun | None = None) -> ArtifactRecord:
    # Imports Prefect only when an artifact is created.
    from ._server import make

    return make(spec, run)
