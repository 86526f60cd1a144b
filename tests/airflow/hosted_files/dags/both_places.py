"""Tasks that need Airflow between tasks that need none. The file can be loaded without Airflow."""

from datetime import datetime, timezone

try:
    from airflow.sdk import DAG, BaseOperator, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models import BaseOperator

from airflow.providers.discord.hooks.discord_webhook import DiscordWebhookHook


class Add(BaseOperator):
    """Adds one, and needs a hook without a stand-in."""

    template_fields = ("number",)
    hook = DiscordWebhookHook

    def __init__(self, *, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

    def execute(self, context):
        context["ti"].xcom_push(key="text", value=f"{self.number}")
        return int(self.number) + 1


with DAG("both_places", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)) as dag:

    @task
    def numbers():
        return [1, 2]

    @task
    def doubled(number, ti=None):
        return [2 * number, ti.xcom_pull("add", key="text", map_indexes=ti.map_index)]

    added = Add.partial(task_id="add").expand(number=numbers())
    after = doubled.expand(number=added.output)
    after >> Add(task_id="last", number="{{ ti.xcom_pull('doubled', map_indexes=1)[0] }}")
