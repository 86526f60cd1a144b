"""What an alert says where its author doesn't: templates for Prefect's server."""

from __future__ import annotations

from .._specs.automation_targets import Target

_WHAT = {
    "on_failure": "failed",
    "on_success": "succeeded",
    "on_retry": "is to be retried",
    "on_skipped": "was skipped",
    "on_sla_miss": "missed its SLA",
    "on_late_start": "did not start in time",
    "on_zombie": "sends no heartbeat any more",
    "on_deadline": "missed its deadline",
    "dagrun_timeout": "took longer than its dagrun_timeout",
}
_MESSAGE = "event.resource['prefect.state-message']"
_STATE = "event.resource['prefect.state-name']"


def default_subject(alert: str, target: Target) -> str:
    """`etl failed`, `etl.load failed`."""
    return f"{_who(target)} {_WHAT[alert]}"


def default_body(alert: str, target: Target, detail: str) -> str:
    """What happened to which run, when it was to start, which try it was, why, and where to look.

    Args:
        alert: The builder's name.
        target: What the alert is about.
        detail: One more line, such as how long the run had.
    """
    lines = [
        f"{_who(target)} {_WHAT[alert]}.",
        *([detail] if detail else []),
        "Run: {{ flow_run.name }}",
        "Scheduled for: {{ flow_run.expected_start_time }}",
    ]
    if alert in ("on_failure", "on_retry"):
        lines.append("Try: {{ event.resource['prefect.run-count'] }}")
    if alert in ("on_failure", "on_success", "on_retry", "on_skipped"):
        lines.append(f"State: {{{{ {_STATE} }}}}{{% if {_MESSAGE} %}} ({{{{ {_MESSAGE} }}}}){{% endif %}}")
    lines.append("{{ flow_run | ui_url }}")
    return "\n".join(lines)


def default_payload(alert: str) -> str:
    """What a webhook is called with: JSON, which a template's values can't break."""
    return (
        f'{{"alert": "{alert}", "dag_id": {{{{ flow.name | tojson }}}}, "run": {{{{ event.resource.name | tojson }}}}, '
        '"resource": {{ event.resource.id | tojson }}, "event": {{ event.event | tojson }}, '
        '"occurred": "{{ event.occurred }}"}'
    )


def _who(target: Target) -> str:
    if not target.tasks:
        return "{{ flow.name }}"
    task_id = target.task_id
    # Braces in a task's name would begin a template of their own.
    own = task_id if task_id and "{" not in task_id else "{{ event.resource.name.rpartition('-')[0] }}"
    return f"{{{{ flow.name }}}}.{own}"
