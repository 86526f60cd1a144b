"""Prefect artifacts for what Airflow shows beside a run: XCom values, tables, links, markdown, and a run's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._airflow.run_objects import TaskInstance
from ._specs import artifacts as _specs
from .errors import InvalidArgumentError, InvalidArtifactError

if TYPE_CHECKING:
    from uuid import UUID

    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State

    from ._artifacts.make import ArtifactRecord

__all__ = ["ArtifactRecord", "artifact_from_xcom", "link", "markdown", "run_summary", "summary_hook", "table"]

_SUMMARY = "run-summary"


def __getattr__(name: str) -> Any:
    # It needs Prefect, which is imported when somebody wants it.
    if name == "ArtifactRecord":
        from ._artifacts.make import ArtifactRecord

        return ArtifactRecord
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def markdown(key: str, text: str, *, description: str | None = None) -> ArtifactRecord:
    """Show markdown in Prefect's UI, with the run that this is called in.

    The indentation that the text has in the code is taken out, since Prefect would show it as code. Prefect's own is
    `create_markdown_artifact(textwrap.dedent(text), key=...)`.

    Args:
        key: Its name; another artifact of the same name is a later version of it. Prefect's names have `[a-z0-9-]`:
            `Rows.Loaded` is kept as `rows-loaded`.
        text: The markdown. Secrets that were loaded are masked in it, as in logs.
        description: More markdown, above it.

    Raises:
        InvalidArtifactError: The key is empty, another key is kept under the same name, or this isn't text.
        ContextNotFoundError: This is outside a run.
        ServerError: The server can't be asked.

    Example:
        ```python
        from prefect import flow

        from airflow_compat import artifacts


        @flow
        def etl():
            artifacts.markdown("report", "# 3 rows")
        ```
    """
    from ._artifacts.make import make

    return make(_specs.markdown_artifact(key, text, description))


def link(key: str, url: str, *, text: str | None = None, description: str | None = None) -> ArtifactRecord:
    """Show a link, as an operator's extra links. Prefect's own is `create_link_artifact`.

    Args:
        key: See `markdown`.
        url: Where it leads.
        text: What is shown of it; the URL itself when this is None.
        description: See `markdown`.

    Raises:
        InvalidArtifactError: See `markdown`; or this is no URL.
        ContextNotFoundError: See `markdown`.
        ServerError: See `markdown`.
    """
    from ._artifacts.make import make

    return make(_specs.link_artifact(key, url, text, description))


def table(
    key: str,
    rows: Sequence[Mapping[str, Any]] | Sequence[Sequence[Any]] | Mapping[str, Any],
    *,
    description: str | None = None,
) -> ArtifactRecord:
    """Show a table. Prefect's own is `create_table_artifact`, which takes JSON's types alone.

    Args:
        key: See `markdown`.
        rows: A list of dicts, a list of lists, a dict of columns, or a dict of values, which has a row for each.
            `nan` is left empty; dates and the like are shown as text.
        description: See `markdown`.

    Raises:
        InvalidArtifactError: See `markdown`; or this is no table.
        ContextNotFoundError: See `markdown`.
        ServerError: See `markdown`.
    """
    from ._artifacts.make import make

    return make(_specs.table_artifact(key, rows, description))


def artifact_from_xcom(
    ti: TaskInstance,
    key: str = "return_value",
    *,
    task_ids: str | None = None,
    artifact_key: str | None = None,
    description: str | None = None,
) -> ArtifactRecord:
    """Show an XCom value, which Airflow has a page for: rows and dicts as a table, a URL as a link, text as markdown.

    Anything else is shown as JSON.

    Args:
        ti: The context's `ti`; the artifact is its run's, also in a callback.
        key: The XCom's key.
        task_ids: The task that pushed it; None is `ti` itself.
        artifact_key: The artifact's key; the task's id and the XCom's key when it is None.
        description: See `markdown`.

    Raises:
        InvalidArtifactError: There is no such XCom, or it is None; or see `markdown`.
        InvalidArgumentError: `ti` is none.
        XComError: See `ti.xcom_pull`.
        ServerError: See `markdown`.
    """
    from ._artifacts.make import make

    if not isinstance(ti, TaskInstance):
        raise InvalidArgumentError(f"artifact_from_xcom takes a context's ti, not {type(ti).__name__}")
    task_id = ti.task_id if task_ids is None else task_ids
    # Of a mapped task, every run has its own.
    own: dict[str, Any] = {"map_indexes": ti.map_index} if task_id == ti.task_id and ti.map_index >= 0 else {}
    value = ti.xcom_pull(task_ids=task_id, key=key, **own)
    if value is None:
        raise InvalidArtifactError(
            f"XCom {key!r} of task {task_id!r} has nothing to show: it is None, or was not pushed. Push a value first, "
            "or name another key"
        )
    spec = _specs.artifact_of_value(artifact_key or f"{task_id}-{key}", value, description)
    return make(spec, getattr(ti.services, "run", None))


def run_summary(flow_run: FlowRun | UUID | str | None = None, *, key: str = _SUMMARY) -> ArtifactRecord:
    """Show what became of a flow run: its tasks with states and tries, its pools and waits, its callbacks.

    Each run has a version of it of its own.

    Args:
        flow_run: The flow run, or its id; None is the one that this is called in.
        key: See `markdown`.

    Raises:
        ContextNotFoundError: None is given, and this is outside a flow.
        ServerError: The server has no such run, or can't be asked.
    """
    from ._artifacts.summary import summarized_run

    return _summary(summarized_run(flow_run), key, None)


def summary_hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A Prefect hook that makes a run's summary: `@flow(on_completion=[summary_hook], on_failure=[summary_hook])`.

    Also for `on_crashed` and `on_cancellation`. What it raises is logged by Prefect and changes nothing.

    Args:
        flow: The flow.
        flow_run: Its run.
        state: The state that it has ended with.
    """
    del flow
    _summary(flow_run.id, _SUMMARY, state)


def _summary(flow_run_id: UUID, key: str, state: State[Any] | None) -> ArtifactRecord:
    from ._artifacts.make import make
    from ._artifacts.summary import summarize

    flow_run, summary = summarize(flow_run_id, state)
    return make(_specs.markdown_artifact(key, summary.as_markdown()), flow_run)
