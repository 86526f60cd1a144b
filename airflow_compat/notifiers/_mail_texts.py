"""Creates the subjects and texts of the mails that Airflow itself sends."""

from __future__ import annotations

import html
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from .._airflow.version import AirflowVersion

_PAGE = (
    '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8" />'
    '<meta name="viewport" content="width=device-width"></head>'
    '<body><table role="presentation">{rows}</table></body></html>'
)


def report_subject(context: Mapping[str, Any]) -> str:
    """Return the default subject of `SmtpNotifier`; empty if the context has no task instance and no missed SLAs."""
    if "ti" in context:
        ti = context["ti"]
        return f"DAG {ti.dag_id} - Task {ti.task_id} - Run ID {ti.run_id} in State {ti.state}"
    if "slas" in context:
        return f"SLA Missed for DAG {context['dag'].dag_id} - Task {context['slas'][0].task_id}"
    return ""


def report(context: Mapping[str, Any]) -> str:
    rows: Iterable[tuple[str, object]] = ()
    if "ti" in context:
        ti = context["ti"]
        rows = (
            ("Run ID:", ti.run_id),
            ("Try:", f"{ti.try_number} of {ti.max_tries + 1}"),
            ("Task State:", ti.state),
            ("Host:", host_of(ti)),
            ("Log Link:", _underlined(ti.log_url)),
            ("Mark Success Link:", _underlined(mark_success_url(ti))),
        )
    elif "slas" in context:
        rows = (
            ("Dag:", context["dag"].dag_id),
            ("Task List:", context["task_list"]),
            ("Blocking Task List:", context["blocking_task_list"]),
            ("SLAs:", context["slas"]),
            ("Blocking TI's", context["blocking_tis"]),
        )
    return _PAGE.format(rows="".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows))


def alert_subject(ti: Any) -> str:
    """Return the subject that Airflow 2.11 gives to its mail about a failed task.

    Airflow 3.3 uses another subject, which contains the fields of an internal class.
    """
    number = getattr(ti, "map_index", -1)
    mapped = f" map_index={number}" if isinstance(number, int) and number >= 0 else ""
    return f"Airflow alert: <TaskInstance: {ti.dag_id}.{ti.task_id} {ti.run_id}{mapped} [{ti.state}]>"


def alert_html(ti: Any, exception_html: str) -> str:
    return (
        f"Try {ti.try_number} out of {ti.max_tries + 1}<br>"
        f"Exception:<br>{exception_html}<br>"
        f'Log: <a href="{ti.log_url}">Link</a><br>'
        f"Host: {host_of(ti)}<br>"
        f'Mark success: <a href="{mark_success_url(ti)}">Link</a><br>'
    )


def exception_html(error: object, airflow_version: AirflowVersion) -> str:
    """Return an error's text as HTML. With `airflow_version="2"`, HTML in the text is not escaped, as in Airflow 2."""
    text = str(error)
    return (html.escape(text) if airflow_version == "3" else text).replace("\n", "<br>")


def host_of(ti: Any) -> str:
    return getattr(ti, "hostname", None) or socket.getfqdn()


def mark_success_url(ti: Any) -> str:
    """Return the task instance's `mark_success_url`, or else the URL of the log, as in Airflow 3.3."""
    return str(getattr(ti, "mark_success_url", None) or ti.log_url)


def _underlined(url: object) -> str:
    return f'<a href="{url}" style="text-decoration:underline;">{url}</a>'
