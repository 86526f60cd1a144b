"""Creates artifacts, each a version of what has its key."""

from __future__ import annotations

from uuid import UUID

from prefect.client.schemas.actions import ArtifactCreate

from .._specs.artifacts import ArtifactSpec
from ..errors import InvalidArtifactError
from .client import kept_client
from .failures import server_call

# The artifact's metadata has the key as it was given, to tell keys apart that Prefect's alphabet makes one.
_ID = "airflow-compat.key"


@server_call
def create_artifact(spec: ArtifactSpec, *, flow_run_id: UUID | None, task_run_id: UUID | None) -> UUID:
    """Create an artifact of a run; its id.

    Raises:
        InvalidArtifactError: Artifacts with another key have the same one on the server.
    """
    latest = {"artifacts": {"key": {"any_": [spec.key]}}, "limit": 1}
    for found in kept_client().request("POST", "/artifacts/latest/filter", json=latest).json():
        held = (found.get("metadata_") or {}).get(_ID, spec.id)
        if held != spec.id:
            raise InvalidArtifactError(
                f"artifacts {spec.id!r} and {held!r} would both be kept as {spec.key}, and one would hide the other: "
                "rename one of them"
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
