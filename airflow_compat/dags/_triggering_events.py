"""The asset events that have started a run: `context["triggering_asset_events"]`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._airflow.data_interval import LABEL_RUN_TYPE
from .._prefect.polling import poll_until
from .._prefect.run_dates import is_by_automation
from ..authoring import Asset
from . import _server as server
from ._inlet_events import InletEvent, events_of
from ._schedule import schedule_of

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from ._run import DagRunState

_STARTED_BY_ASSETS = frozenset({"asset_triggered", "dataset_triggered"})
# Prefect's server stores events every five seconds by default.
_STORED_WITHIN, _SECONDS_BETWEEN_LOOKS = 15.0, 0.5


def triggering_events(run: DagRunState) -> dict[Any, list[InletEvent]]:
    """Return the asset events between the previous run that asset events started and this run.

    The keys are asset objects; in Airflow 2, they are URIs.

    A run that asset events did not start has no triggering events.
    """
    if run.dates.run_type not in _STARTED_BY_ASSETS:
        return {}
    flow_run = run.flow_run
    since = max(_earlier(flow_run, run.dag.dag_id), default=None)
    # The server stores events in the order of their arrival, so the run's own events follow those that started it.
    poll_until(lambda: server.has_events(flow_run.id), bool, within=_STORED_WITHIN, every=_SECONDS_BETWEEN_LOOKS)
    found: dict[Any, list[InletEvent]] = {}
    for uri, name in _assets_in(schedule_of(run.dag).assets):
        asset = Asset(name=name, uri=uri)
        events = events_of(asset)
        if since is not None:
            events = events.after(since)
        if flow_run.created is not None:
            events = events.before(flow_run.created)
        if here := list(events):
            found[uri if run.version == "2" else asset] = here
    return found


def _earlier(flow_run: FlowRun, dag_id: str) -> Iterator[datetime]:
    """Yield when the server created the earlier runs that asset events started, even if these have not begun."""
    for other in (*server.read_waiting_runs(dag_id), *server.read_begun_runs(dag_id)):
        run_type = other.labels.get(LABEL_RUN_TYPE)
        is_by_assets = run_type in _STARTED_BY_ASSETS if run_type else is_by_automation(other)
        if is_by_assets and other.created and flow_run.created and other.created < flow_run.created:
            yield other.created


def _assets_in(condition: Any) -> Iterator[tuple[str, str]]:
    """Yield the URI and name of each asset in a condition."""
    if condition is not None and hasattr(condition, "uri"):
        yield condition.uri, condition.name
    for each in getattr(condition, "objects", ()):
        yield from _assets_in(each)
