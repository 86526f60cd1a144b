"""Creates artifacts of runs."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import FlowRun, TaskRun

from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.runs import active_run
from ..errors import ContextNotFoundError, InvalidArtifactError
from ..logs._masking import redact
from ._specs import ArtifactRecord, ArtifactSpec

# The metadata field that stores the original key, to detect different keys that have the same form in Prefect.
_ID = "airflow-compat.key"


def make(spec: ArtifactSpec, run: TaskRun | FlowRun | None = None) -> ArtifactRecord:
    """Create an artifact of `run`, or of the current run, with known secrets masked.

    Raises:
        ContextNotFoundError: `run` is None outside a run.
    """
    flow_run_id, task_run_id = _run_ids(spec, run)
    # `redact` also masks secrets inside the JSON of a table.
    shown = replace(spec, data=redact(spec.data), description=spec.description and redact(spec.description))
    return ArtifactRecord(_create(shown, flow_run_id, task_run_id), spec.key, spec.type)


def _run_ids(spec: ArtifactSpec, run: TaskRun | FlowRun | None) -> tuple[UUID | None, UUID | None]:
    run = run or active_run()
    if isinstance(run, TaskRun):
        return run.flow_run_id, run.id
    if isinstance(run, FlowRun):
        return run.id, None
    raise ContextNotFoundError(
        f"Artifact {spec.id!r} was created outside a run. Create the artifact inside a running @flow or @task."
    )


@server_call
def _create(spec: ArtifactSpec, flow_run_id: UUID | None, task_run_id: UUID | None) -> UUID:
    """Create an artifact of a run and return its id.

    Raises:
        InvalidArtifactError: Another key has the same form in Prefect.
    """
    latest = {"artifacts": {"key": {"any_": [spec.key]}}, "limit": 1}
    for found in kept_client().request("POST", "/artifacts/latest/filter", json=latest).json():
        held = (found.get("metadata_") or {}).get(_ID, spec.id)
        if held != spec.id:
            raise InvalidArtifactError(
                f"Artifacts {spec.id!r} and {held!r} would both have the key {spec.key}, and one would hide the other. "
                "Rename one of the two artifacts."
            )
    return (
        kept_client()
        .create_artifact(
            ArtifactCreate(
                key=spec.key,
                type=spec.type,
                data=spec.data,
                description=spec.description,
                metadata_={_ID: spec.id},
                flow_run_id=flow_run_id,
                task_run_id=task_run_id,
            )
        )
        .id
    )
