"""A DAG that both releases can load."""

from __future__ import annotations

from datetime import datetime, timezone

from airflow import DAG
from airflow.providers.discord.operators.discord_webhook import DiscordWebhookOperator

with DAG("hosted_release", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)):
    DiscordWebhookOperator(task_id="announce", message="hello")
