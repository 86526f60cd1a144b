"""What a work pool should be, and what a deployment that runs in it gives it, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..errors import InvalidWorkPoolError

WorkPoolType: TypeAlias = Literal["process", "docker", "kubernetes"]
"""Where a pool's runs are: in a process of the worker's machine, in a container there, in a pod of a cluster."""

_FORBIDDEN = "/%&><"


@dataclass(frozen=True)
class WorkPoolSpec:
    """A work pool, what a deployment's job variables are there, and why.

    Attributes:
        name: The pool's name.
        type: What its workers start.
        job_variables: What a deployment in it says: its image, its environment, its resources and so on.
        concurrency_limit: How many flow runs go on in it at once; None for any number.
        added_variables: The job variables that the pool's template must have beside Prefect's own, by their names.
        job_manifest: What the Kubernetes job of every run has beyond Prefect's own, to be merged into the template's.
        secret_env: Environment variables that are secret, and the names of the `Secret` blocks that the pool takes them
            from at each run.
        reasons: Why this pool, in words.
        notes: What has no place in a pool or differs there, each by its name, and what to do instead.
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

    def __post_init__(self) -> None:
        _check_name(self.name)
        limit = self.concurrency_limit
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
            raise InvalidWorkPoolError(
                f"work pool {self.name!r}: concurrency_limit is {limit!r}; write how many flow runs may go on at once, "
                "or leave it out"
            )

    def work_pool(self) -> dict[str, Any]:
        """What stands below `work_pool:` of a deployment in prefect.yaml."""
        variables = {"job_variables": dict(self.job_variables)} if self.job_variables else {}
        return {"name": self.name, **variables}

    def as_dict(self) -> dict[str, Any]:
        """The spec for JSON."""
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


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name.strip("'\" "):
        raise InvalidWorkPoolError(f"a work pool's name is {name!r}; give it one")
    if found := [character for character in _FORBIDDEN if character in name]:
        raise InvalidWorkPoolError(f"work pool {name!r}: Prefect takes no {' or '.join(found)} in a name; leave it out")
    if name.lower().startswith("prefect"):
        raise InvalidWorkPoolError(f"work pool {name!r}: names that begin with prefect are Prefect's own; give another")
