"""Makes an artifact of the run that it is asked for in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.context import FlowRunContext, TaskRunContext

from .._logs.masking import redact
from .._prefect.artifacts import create_artifact
from .._specs.artifacts import ArtifactSpec
from ..errors import ContextNotFoundError


@dataclass(frozen=True)
class ArtifactRecord:
    """An artifact that was made.

    Attributes:
        id: The artifact's id.
        key: Prefect's key: `prefect artifact inspect KEY` shows all that have it.
        type: What Prefect shows it as: `table` or `markdown`.
    """

    id: UUID
    key: str
    type: str


def make(spec: ArtifactSpec, run: TaskRun | FlowRun | None = None) -> ArtifactRecord:
    """Make it, without the secrets that are known.

    Args:
        spec: The artifact.
        run: The run whose it is to be; else the one that this is called in.

    Raises:
        ContextNotFoundError: There is no run.
    """
    flow_run_id, task_run_id = _run_ids(spec, run)
    # In a table the texts are in JSON, which is one of the forms that are masked.
    shown = replace(spec, data=redact(spec.data), description=spec.description and redact(spec.description))
    id_ = create_artifact(shown, flow_run_id=flow_run_id, task_run_id=task_run_id)
    return ArtifactRecord(id_, spec.key, spec.type)


def _run_ids(spec: ArtifactSpec, run: TaskRun | FlowRun | None) -> tuple[UUID | None, UUID | None]:
    if run is None and (task_context := TaskRunContext.get()):
        run = task_context.task_run
    if run is None and (flow_context := FlowRunContext.get()):
        run = flow_context.flow_run
    if isinstance(run, TaskRun):
        return run.flow_run_id, run.id
    if isinstance(run, FlowRun):
        return run.id, None
    raise ContextNotFoundError(f"artifact {spec.id!r} belongs to no run: make it in a @flow or @task while that runs")
