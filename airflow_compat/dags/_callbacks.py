"""Calls callbacks of task instances and runs after the end is recorded, so that a restart can call the missing ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._airflow.callback import callback_name
from .._prefect.claims import claimed
from .._prefect.run_logger import Logger, logger_of
from ..callbacks._results import finish
from ..context._running import running
from ..notifiers import EmailAlert
from ..operators._traceback import authors_traceback
from ._asset_events import AssetEvent
from ._context import context_at_end

if TYPE_CHECKING:
    from .._airflow.version import AirflowVersion
    from ..context import Context
    from ._records import Record, RunEnd
    from ._run import DagRunState

_EMAIL_ON = {"on_failure": "email_on_failure", "on_retry": "email_on_retry"}
_OF_STATE = {"success": "on_success", "failed": "on_failure", "up_for_retry": "on_retry", "skipped": "on_skipped"}


def kinds_of(operator: Any, state: str, version: AirflowVersion) -> tuple[str, ...]:
    """Return the kinds of callbacks that an operator has for a state of its task instance."""
    kinds = [_OF_STATE[state]] if state in _OF_STATE else []
    # For a skipped task, Airflow 2 also calls `on_success_callback`.
    if state == "skipped" and version == "2":
        kinds.append("on_success")
    return tuple(kind for kind in kinds if callbacks_of(operator, kind))


def callbacks_of(owner: Any, kind: str) -> list[Any]:
    """Return the callbacks of one kind of an operator or DAG: `kind` is `on_failure`.

    The result includes the callback that sends the mail for the argument `email`. Airflow 2 sends the mail before it
    calls the other callbacks, Airflow 3 afterwards.
    """
    given = getattr(owner, f"{kind}_callback", None)
    found = list(given) if isinstance(given, (list, tuple)) else [given] if given else []
    addresses = getattr(owner, "email", None)
    if addresses and getattr(owner, _EMAIL_ON.get(kind, ""), False):
        mail = EmailAlert(addresses, airflow_version=owner.airflow_version)
        return [mail, *found] if owner.airflow_version == "2" else [*found, mail]
    return found


def call_on_execute(operator: Any, context: Context, logger: Logger) -> None:
    for callback in callbacks_of(operator, "on_execute"):
        _call(callback, context, logger)


def call_pending(run: DagRunState, record: Record, operator: Any, context: Context, logger: Logger) -> None:
    """Send the asset events of a record and call its callbacks, each only if no other process has claimed it.

    Then record that the events and callbacks are done.
    """
    if not record.has_callbacks:
        return
    event = send_assets(run, record, logger)
    call_claimed(run, operator, record.callbacks, context, logger, event=event)
    run.records.callbacks_called(record)


def send_assets(run: DagRunState, record: Record, logger: Logger) -> str:
    """Send the asset events of a record, each only if no other process has claimed it.

    Return the name of the record, which is contained in the names of its claims.
    """
    event = f"{record.task_id}-{record.map_index}-{record.try_number}"
    for position, values in enumerate(record.assets):
        sent = AssetEvent(**values)
        with claimed(run.flow_run.id, "asset", position, sent.name, logger, event=event) as is_to_call:
            if is_to_call:
                sent.send()
    return event


def call_claimed(
    run: DagRunState, owner: Any, kinds: tuple[str, ...], context: Context, logger: Logger, *, event: str
) -> None:
    """Call the callbacks of the given kinds, except those that another process has called for this event."""
    for kind in kinds:
        for position, callback in enumerate(callbacks_of(owner, kind)):
            name = callback_name(callback)
            with claimed(run.flow_run.id, kind, position, name, logger, event=event) as is_to_call:
                if is_to_call:
                    _call(callback, context, logger)


def call_end_callbacks(run: DagRunState, end: RunEnd) -> None:
    """Call the DAG's callbacks after the end of the run was recorded.

    The `ti` of the context is a failed task instance or, if none failed, the last task instance.
    """
    kind = "on_success" if end.state == "success" else "on_failure"
    if not callbacks_of(run.dag, kind):
        return
    records = run.records.all()
    failed = [record for record in records if record.state in ("failed", "upstream_failed")]
    last = failed or records
    record = last[-1] if last else None
    if record is not None and run.loaded is not None and run.loaded.why_hosted:
        from ._hosted.end_callbacks import call_end_in_host

        call_end_in_host(run, end, record, kind)
        return
    context = context_at_end(run, end, record)
    call_claimed(run, run.dag, (kind,), context, logger_of(run.flow_run), event=f"dag-{run.records.clears}")


def _call(callback: Any, context: Context, logger: Logger) -> None:
    """Call a callback. As in Airflow, an exception that it raises is only logged."""
    try:
        with running(context):
            finish(callback(context))
    except Exception as error:
        shown = type(error), error, authors_traceback(error)
        logger.error("Callback %s raised an exception", callback_name(callback), exc_info=shown)
