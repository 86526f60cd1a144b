"""An operator that skips tasks unless a run is the latest (`airflow.providers.standard.operators.latest_only`)."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from datetime import datetime
from typing import Any

from ..authoring import BaseBranchOperator
from ..schedules import DataInterval, read_schedule
from ..schedules._timetable import ScheduleBounds
from ._dates import run_moment, utcnow
from ._release import release_of


class LatestOnlyOperator(BaseBranchOperator):
    """Skips the tasks directly downstream, unless the run is the schedule's latest run or a triggered run."""

    ui_color = "#e9ffdb"

    def choose_branch(self, context: MutableMapping[str, Any]) -> str | Iterable[str]:
        run = context["dag_run"]
        is_triggered = run.external_trigger if release_of(self) == "2" else run.run_type == "manual"
        window = None if is_triggered else self._window(context)
        now = utcnow()
        if window is not None and not window[0] < now <= window[1]:
            self.log.info("Not latest execution, skipping downstream.")
            return []
        self.log.info("Latest, allowing execution to proceed.")
        return list(self.get_direct_relative_ids(upstream=False))

    def _window(self, context: MutableMapping[str, Any]) -> tuple[datetime, datetime] | None:
        """Return the start and end of the time in which the run is the latest one; None if there is no next run."""
        release, run = release_of(self), context["dag_run"]
        interval = DataInterval(
            run.data_interval_start or run_moment(context), run.data_interval_end or run_moment(context)
        )
        schedule = read_schedule(
            self.dag.schedule,
            start_date=self.dag.local_start_date,
            timezone=self.dag.timezone,
            airflow_version=release,
        )
        earliest = None if release == "2" else interval.end
        bounds = ScheduleBounds(earliest, None, catchup=True, now=utcnow(), airflow_version=release)
        following = schedule.timetable.next_run(interval, bounds)
        if following is None:
            return None
        # In Airflow 2, a run counts as the latest one during the data interval after its own interval. In Airflow 3, a
        # run counts as the latest one already during its own interval.
        start = following.data_interval_start if release == "2" else interval.start
        return start, following.data_interval_end
