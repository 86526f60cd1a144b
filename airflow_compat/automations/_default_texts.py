"""Default texts of alerts, as templates for Prefect's server."""

from __future__ import annotations

from .._prefect.internals.names import RUN_LABELS
from ._targets import Target

_WHAT = {
    "on_failure": "failed",
    "on_success": "succeeded",
    "on_retry": "will be retried",
    "on_skipped": "was skipped",
    "on_sla_miss": "missed its SLA",
    "on_late_start": "did not start in time",
    "on_zombie": "stopped sending heartbeats",
    "on_deadline": "missed its deadline",
    "dagrun_timeout": "took longer than its dagrun_timeout",
}
_MESSAGE = f"event.resource['{RUN_LABELS.state_message}']"
_STATE = f"event.resource['{RUN_LABELS.state_name}']"
_TRY = f"event.resource['{RUN_LABELS.run_count}']"


def default_subject(alert: str, target: Target) -> str:
    """Return the subject, such as `etl failed` or `etl.load failed`."""
    return f"{_who(target)} {_WHAT[alert]}"


def default_body(alert: str, target: Target, detail: str) -> str:
    lines = [
        f"{_who(target)} {_WHAT[alert]}.",
        *([detail] if detail else []),
        "Run: {{ flow_run.name }}",
        "Scheduled for: {{ flow_run.expected_start_time }}",
    ]
    if alert in ("on_failure", "on_retry"):
        lines.append(f"Try: {{{{ {_TRY} }}}}")
    if alert in ("on_failure", "on_success", "on_retry", "on_skipped"):
        lines.append(f"State: {{{{ {_STATE} }}}}{{% if {_MESSAGE} %}} ({{{{ {_MESSAGE} }}}}){{% endif %}}")
    lines.append("{{ flow_run | ui_url }}")
    return "\n".join(lines)


def default_payload(alert: str) -> str:
    return (
        f'{{"alert": "{alert}", "dag_id": {{{{ flow.name | tojson }}}}, "run": {{{{ event.resource.name | tojson }}}}, '
        '"resource": {{ event.resource.id | tojson }}, "event": {{ event.event | tojson }}, '
        '"occurred": "{{ event.occurred }}"}'
    )


def _who(target: Target) -> str:
    if not target.tasks:
        return "{{ flow.name }}"
    task_id = target.task_id
    # Braces in a task's name would start a template.
    own = task_id if task_id and "{" not in task_id else "{{ event.resource.name.rpartition('-')[0] }}"
    return f"{{{{ flow.name }}}}.{own}"
