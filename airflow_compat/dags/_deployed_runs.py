"""Finds and starts runs of DAGs that have a deployment, for tasks that start such runs or wait for them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._airflow.data_interval import LABEL_LOGICAL_DATE, LABEL_RUN_ID, LABEL_RUN_TYPE, LABEL_UNDATED
from ..errors import DagRunRequestError
from ..exceptions import DagNotFound, DagRunAlreadyExists
from ..operators._dag_runs import OtherDag, OtherRun
from . import _server_runs as server
from ._prefect_runs import PrefectRuns
from .runs import clear

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import DeploymentResponse

_KEPT_SECONDS = 30.0


class DeployedRuns(PrefectRuns):
    """Finds and starts runs of deployments. A triggered run is a run of the DAG's deployment, which a worker executes.

    Args:
        own: The flow run whose tasks start other runs or wait for them. If a DAG has several deployments, the one with
            the same name as this flow run's deployment is used.
        storage: The result storage.
    """

    def __init__(self, own: FlowRun, storage: Any) -> None:
        super().__init__(storage)
        self._own = own
        self._found: dict[str, tuple[float, list[DeploymentResponse]]] = {}

    def has(self, dag_id: str) -> bool:
        """Return True if the DAG has a deployment."""
        return bool(self._deployments(dag_id))

    def dag(self, dag_id: str) -> OtherDag | None:
        """Return a DAG; None if it does not exist."""
        return super().dag(dag_id) or (OtherDag(None) if self.has(dag_id) else None)

    def trigger(
        self,
        dag_id: str,
        *,
        run_id: str,
        logical_date: datetime | None,
        conf: Mapping[str, Any] | None,
        run_after: datetime | None = None,
        reset: bool = False,
    ) -> OtherRun:
        """Create a run of the DAG's deployment. With `reset`, clear all tasks of a run that exists."""
        held = self._find(dag_id, run_id) or self._of_date(dag_id, logical_date)
        if held is not None and not reset:
            raise DagRunAlreadyExists(
                f"A run of DAG {dag_id!r} has the id {run_id!r} or its logical date: flow run {held.name!r}."
            )
        if held is not None:
            return self._clear(held)
        labels = {LABEL_RUN_TYPE: "manual", LABEL_RUN_ID: run_id}
        labels |= {LABEL_LOGICAL_DATE: logical_date.isoformat()} if logical_date else {LABEL_UNDATED: "yes"}
        deployment = self._deployment(dag_id)
        created = server.create_run(
            str(deployment.id),
            name=run_id,
            labels=labels,
            parameters=_parameters(deployment, conf or {}),
            # A retry of the task that creates the run must not create a second one.
            key=f"airflow-compat {dag_id} {run_id} {self._own.id}",
            at=run_after or datetime.now(timezone.utc),
        )
        return OtherRun(run_id, logical_date, "queued" if created.start_time is None else "running")

    def _clear(self, held: FlowRun) -> OtherRun:
        clear(held.id)
        found = self._other_run(held)
        return OtherRun(found.run_id, found.logical_date, "queued")

    def _deployment(self, dag_id: str) -> DeploymentResponse:
        found = self._deployments(dag_id)
        if not found:
            raise DagNotFound(f"DAG {dag_id!r} has no deployment on the server.")
        if len(found) > 1:
            own = self._name_of_own()
            found = [each for each in found if each.name == own] or found
        if len(found) > 1:
            names = ", ".join(sorted(each.name for each in found))
            raise DagRunRequestError(
                f"DAG {dag_id!r} has several deployments: {names}. Delete all but one, or give one of them the name of "
                "the deployment that triggers it."
            )
        return found[0]

    def _name_of_own(self) -> str | None:
        return server.deployment_name(self._own.deployment_id) if self._own.deployment_id else None

    def _deployments(self, dag_id: str) -> list[DeploymentResponse]:
        at, found = self._found.get(dag_id, (float("-inf"), []))
        if time.monotonic() - at > _KEPT_SECONDS:
            found = server.read_deployments(dag_id)
            self._found[dag_id] = time.monotonic(), found
        return found


def _parameters(deployment: DeploymentResponse, conf: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters for a run. If the flow was ported by hand and has no `conf`, pass the items of `conf`."""
    properties = (deployment.parameter_openapi_schema or {}).get("properties", {})
    if not conf:
        return {}
    return {"conf": dict(conf)} if "conf" in properties else dict(conf)
