"""The team's callback, as it has always been. `airflow_dag.py` and `flow.py` both import it, unchanged."""

import json
import os
import urllib.request


def alert_slack(context):
    ti = context["ti"]
    text = (
        f":red_circle: *{ti.dag_id}.{ti.task_id}* failed on try {ti.try_number} of run {context['run_id']}\n"
        f"{type(context['exception']).__name__}: {context['exception']}\n"
        f"<{ti.log_url}|log>"
    )
    message = urllib.request.Request(
        os.environ["SLACK_WEBHOOK_URL"],
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(message, timeout=10).close()
