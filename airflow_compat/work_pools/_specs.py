"""Specs of work pools, with job variables for their deployments, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..errors import InvalidWorkPoolError

WorkPoolType: TypeAlias = Literal["process", "docker", "kubernetes"]
"""Where runs start: in a process or container on the worker's machine, or in a pod of a cluster."""


@dataclass(frozen=True)
class WorkPoolSpec:
    """The specification of a work pool, with job variables for a deployment.

    Attributes:
        name: The pool's name.
        type: The pool's type.
        job_variables: The deployment's job variables: image, environment, resources and so on.
        concurrency_limit: The maximum number of flow runs at the same time. None for no limit.
        added_variables: Job variables to add to the pool's template.
        job_manifest: Additions to the Kubernetes job of every run.
        secret_env: Secret environment variables, and the `Secret` blocks from which each run reads these variables.
        reasons: The reasons why this pool is recommended.
        notes: Arguments that are not supported or work differently, and what to do instead.
        secret_marks: A keyed hash of each block's secret, to detect two different secrets for one block.
    """

    name: str
    type: WorkPoolType
    job_variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    concurrency_limit: int | None = None
    added_variables: tuple[str, ...] = ()
    job_manifest: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secret_env: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    secret_marks: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip("'\" "):
            raise InvalidWorkPoolError(f"The work pool's name is {self.name!r}. Pass a text that is not empty.")
        if found := [character for character in "/%&><" if character in self.name]:
            raise InvalidWorkPoolError(
                f"Work pool {self.name!r}: Prefect doesn't allow {' or '.join(found)} in a name. Rename the pool."
            )
        if self.name.lower().startswith("prefect"):
            raise InvalidWorkPoolError(
                f"Work pool {self.name!r}: Prefect reserves names that begin with prefect. Rename the pool."
            )
        limit = self.concurrency_limit
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
            raise InvalidWorkPoolError(
                f"Work pool {self.name!r}: concurrency_limit is {limit!r}. Use the maximum number of flow runs at "
                "once, or leave the argument out."
            )

    def work_pool(self) -> dict[str, Any]:
        """Return the `work_pool` section of a deployment in prefect.yaml."""
        return {"name": self.name, **({"job_variables": dict(self.job_variables)} if self.job_variables else {})}

    def as_dict(self) -> dict[str, Any]:
        """Return the spec as JSON data."""
        return {
            "name": self.name,
            "type": self.type,
            "concurrency_limit": self.concurrency_limit,
            "job_variables": dict(self.job_variables),
            "added_variables": list(self.added_variables),
            "job_manifest": dict(self.job_manifest),
            "secret_env": dict(self.secret_env),
            "reasons": list(self.reasons),
            "notes": list(self.notes),
        }
