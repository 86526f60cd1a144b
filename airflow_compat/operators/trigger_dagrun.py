"""An operator that starts a run of another DAG (`airflow.providers.standard.operators.trigger_dagrun`)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Any

from ..authoring import NOTSET, BaseOperator, DagRunState
from ..authoring._current import setting
from ..exceptions import AirflowException, AirflowSkipException, DagRunAlreadyExists
from ._dag_runs import dag_runs
from ._dates import parse, utcnow
from ._release import release_of, renamed
from .triggers import DagStateTrigger

XCOM_LOGICAL_DATE_ISO = "trigger_logical_date_iso"
XCOM_RUN_ID = "trigger_run_id"


class TriggerDagRunOperator(BaseOperator):
    """Starts a run of another DAG, and optionally waits until the run ends.

    Args:
        trigger_dag_id: The id of the other DAG.
        trigger_run_id: The id of the run. By default, an id of the form that Airflow generates.
        conf: The run's configuration, as JSON data.
        logical_date: The logical date of the run. Defaults to the current time.
        run_after: The earliest time at which the run may start. Only Airflow 3 has this argument.
        reset_dag_run: Whether to clear a run that already exists, and start it again.
        wait_for_completion: Whether to wait until the run ends.
        poke_interval: The seconds between two checks of the run's state.
        allowed_states: The states of the ended run with which this task succeeds. Defaults to success.
        failed_states: The states of the ended run with which this task fails. Defaults to failed.
        skip_when_already_exists: Whether this task is skipped, instead of failing, if the run already exists.
        fail_when_dag_is_paused: Has no effect: DAG flows are never paused.
        note: Has no effect: runs have no notes.
        deferrable: Whether the task is deferred while it waits.
        openlineage_inject_parent_info: Has no effect: OpenLineage is not supported.
        kwargs: Arguments of `BaseOperator`.
    """

    template_fields: Sequence[str] = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
    )
    template_fields_renderers: Mapping[str, str] = {"conf": "py"}
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: str | None = None,
        conf: dict[str, Any] | None = None,
        logical_date: str | datetime | None = NOTSET,
        run_after: str | datetime | None = NOTSET,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: int = 60,
        allowed_states: Collection[str] | None = None,
        failed_states: Collection[str] | None = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        note: str | None = None,
        deferrable: bool | None = None,
        openlineage_inject_parent_info: bool = True,
        **kwargs: Any,
    ) -> None:
        logical_date = renamed(kwargs, "execution_date", logical_date)
        super().__init__(**kwargs)
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        self.logical_date: Any = _checked("logical_date", logical_date)
        self.run_after: Any = _checked("run_after", run_after)
        self.reset_dag_run = reset_dag_run
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval
        self.allowed_states: list[DagRunState] = list(map(DagRunState, allowed_states or [DagRunState.SUCCESS]))
        self.failed_states: list[DagRunState] = list(
            map(DagRunState, [DagRunState.FAILED] if failed_states is None else failed_states)
        )
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        self.note = note
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable
        self.openlineage_inject_parent_info = openlineage_inject_parent_info

    def execute(self, context: MutableMapping[str, Any]) -> None:
        release = release_of(self)
        logical_date = _moment(self.logical_date, self.run_after, none_is_now=release == "2")
        run_after = None if self.run_after is NOTSET else _as_date(self.run_after)
        conf = json.loads(self.conf) if isinstance(self.conf, str) and self.conf else self.conf
        try:
            json.dumps(conf)
        except TypeError:
            raise ValueError(f"conf parameter should be JSON Serializable: {conf}") from None
        run_id = str(self.trigger_run_id or f"manual__{(run_after or logical_date or utcnow()).isoformat()}")
        try:
            run = dag_runs(f"Task {self.task_id!r}").trigger(
                self.trigger_dag_id,
                run_id=run_id,
                logical_date=logical_date,
                conf=conf,
                run_after=run_after,
                reset=self.reset_dag_run,
            )
        except DagRunAlreadyExists:
            if self.skip_when_already_exists:
                raise AirflowSkipException(
                    "Skipping due to skip_when_already_exists is set to True and DagRunAlreadyExists"
                ) from None
            raise
        if release == "2" and run.logical_date is not None:
            context["ti"].xcom_push(key=XCOM_LOGICAL_DATE_ISO, value=run.logical_date.isoformat())
        context["ti"].xcom_push(key=XCOM_RUN_ID, value=run.run_id)
        if not self.wait_for_completion:
            return
        if self.deferrable:
            self.defer(
                trigger=DagStateTrigger(
                    dag_id=self.trigger_dag_id,
                    states=[*self.allowed_states, *self.failed_states],
                    run_ids=[run.run_id],
                    poll_interval=self.poke_interval,
                ),
                method_name="execute_complete",
            )
        while not self._has_ended(dag_runs("").wait(self.trigger_dag_id, run.run_id, self.poke_interval)):
            self.log.info("Waiting for %s of %s", run.run_id, self.trigger_dag_id)

    def execute_complete(self, context: MutableMapping[str, Any], event: tuple[str, dict[str, Any]]) -> None:
        """Succeed or fail, depending on the run's state that the trigger reports."""
        _, data = event
        for run_id in data["run_ids"]:
            self._has_ended(data.get(run_id))

    def _has_ended(self, state: str | None) -> bool:
        if state in self.failed_states:
            raise AirflowException(f"{self.trigger_dag_id} failed with failed states {state}")
        return state in self.allowed_states


def _checked(name: str, value: Any) -> Any:
    if value is NOTSET or value is None or isinstance(value, (str, datetime)) or hasattr(value, "resolve_with"):
        return value
    raise TypeError(f"Expected str, datetime.datetime, or None for parameter '{name}'. Got {type(value).__name__}")


def _moment(logical_date: Any, run_after: Any, *, none_is_now: bool) -> datetime | None:
    """Return the logical date for the new run, or None.

    As in Airflow 3, if only `run_after` is given, the run has no logical date.
    """
    if logical_date is NOTSET:
        return utcnow() if run_after is NOTSET else None
    return utcnow() if logical_date is None and none_is_now else _as_date(logical_date)


def _as_date(value: str | datetime | None) -> datetime | None:
    return parse(value) if isinstance(value, str) else value
