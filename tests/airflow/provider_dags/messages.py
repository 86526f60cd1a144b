"""Messages to Slack, Discord and by mail."""

from __future__ import annotations

try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

from airflow.providers.discord.operators.discord_webhook import DiscordWebhookOperator
from airflow.providers.slack.hooks.slack import SlackHook
from airflow.providers.slack.operators.slack import SlackAPIPostOperator
from airflow.providers.slack.operators.slack_webhook import SlackWebhookOperator
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.providers.smtp.operators.smtp import EmailOperator
from notes import ARGS, START

with DAG("messages", schedule=None, start_date=START, params={"shop": "eu"}, default_args=ARGS) as messages:
    SlackAPIPostOperator(task_id="slack", slack_conn_id="case_slack", channel="#{{ params.shop }}", text="{{ ds }}")
    SlackWebhookOperator(task_id="webhook", slack_webhook_conn_id="case_webhook", message="{{ task.task_id }}")
    DiscordWebhookOperator(task_id="discord", http_conn_id="case_discord", message="{{ ds }}")
    EmailOperator(
        task_id="mail",
        conn_id="case_smtp",
        to="{{ params.shop }}@example.com",
        from_email="etl@example.com",
        subject="{{ ds }}",
        html_content="<p>{{ params.shop }}</p>",
    )

    @task
    def by_hooks():
        with SmtpHook("case_smtp") as hook:
            hook.send_email_smtp(to="a@example.com", from_email="b@example.com", subject="hook", html_content="<p/>")
        return SlackHook(slack_conn_id="case_slack").call("api.test", json={"by": "hook"}).data["ok"]

    by_hooks()
