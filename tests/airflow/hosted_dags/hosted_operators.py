"""A team's own operators, whose code needs a provider that has no stand-in. They run under both Airflow releases."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import BaseHook, BaseOperator, Variable
    from airflow.sdk.bases.branch import BaseBranchOperator
    from airflow.sdk.bases.sensor import BaseSensorOperator
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
except ImportError:
    from airflow.exceptions import AirflowFailException, AirflowSkipException
    from airflow.hooks.base import BaseHook
    from airflow.models import BaseOperator, Variable
    from airflow.operators.branch import BaseBranchOperator
    from airflow.sensors.base import BaseSensorOperator

from airflow.providers.discord.hooks.discord_webhook import DiscordWebhookHook
from airflow.providers.discord.operators.discord_webhook import DiscordWebhookOperator
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

EVENTS = Path(os.environ.get("HOSTED_EVENTS", "/dev/null"))


def note(kind: str) -> Any:
    """Return a callback that notes its call."""

    def call(context: Any) -> None:
        error, ti = context.get("exception"), context["ti"]
        state = str(getattr(ti.state, "value", ti.state))
        with EVENTS.open("a") as file:
            file.write(json.dumps([kind, ti.task_id, state, type(error).__name__, str(error)]) + "\n")

    return call


class Hosted(BaseOperator):
    """Needs a hook without a stand-in."""

    hook = DiscordWebhookHook


class Load(Hosted):
    """Uses a connection, variables and the context, and pushes XComs."""

    template_fields = ("table", "options")

    def __init__(self, *, table: str, options: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table, self.options = table, options

    def execute(self, context: Any) -> Any:
        connection = BaseHook.get_connection("shop")
        context["ti"].xcom_push(key="moment", value=dt.datetime(2024, 1, 2, 3, tzinfo=dt.timezone.utc))
        context["ti"].xcom_push(key="parts", value={"tuple": (1, 2), "set": {3}, "decimal": Decimal("1.5")})
        return {
            "table": self.table,
            "options": self.options,
            "host": connection.host,
            "extra": connection.extra_dejson,
            "variable": Variable.get("target"),
            "json": Variable.get("settings", deserialize_json=True),
            "missing": Variable.get("no_such_variable", None),
            "ds": context["ds"],
            "task": os.environ["AIRFLOW_CTX_TASK_ID"],
            "try": context["ti"].try_number,
        }


class Announce(DiscordWebhookOperator):
    """Subclasses a provider's operator."""

    def execute(self, context: Any) -> Any:
        super().execute(context)
        return f"announced {self.message}"


class Double(Hosted):
    """Is mapped over the XComs of others."""

    template_fields = ("number",)

    def __init__(self, *, number: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number = number

    def execute(self, context: Any) -> Any:
        return [self.number, context["ti"].map_index]


class Wait(BaseSensorOperator):
    """Is true at the third look."""

    hook = DiscordWebhookHook

    def poke(self, context: Any) -> bool:
        file = EVENTS.with_name(f"{self.task_id}-looks")
        looks = int(file.read_text()) if file.exists() else 0
        file.write_text(str(looks + 1))
        return looks >= 2


class Never(BaseSensorOperator):
    """Is never true."""

    hook = DiscordWebhookHook

    def poke(self, context: Any) -> bool:
        return False


class Soon(BaseTrigger):
    """Fires at once, or fails."""

    def __init__(self, how: str, at: dt.datetime) -> None:
        super().__init__()
        self.how, self.at = how, at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{Soon.__module__}.Soon", {"how": self.how, "at": self.at}

    async def run(self) -> Any:
        if self.how == "fails":
            raise ValueError("the trigger fails")
        await asyncio.sleep(0)
        yield TriggerEvent({"how": self.how, "at": self.at})


class Defer(Hosted):
    """Waits for a trigger."""

    def __init__(self, *, how: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.how = how

    def execute(self, context: Any) -> None:
        self.defer(
            trigger=Soon(self.how, dt.datetime(2024, 5, 6, tzinfo=dt.timezone.utc)),
            method_name="resume",
            kwargs={"begun": "now"},
        )

    def resume(self, context: Any, event: Any = None, begun: Any = None) -> Any:
        return {"how": event["how"], "at": event["at"].isoformat(), "begun": begun}


class Report(DiscordWebhookOperator):
    """Subclasses a provider's operator, uses the hooks of two providers, pushes an XCom, and waits for a trigger."""

    template_fields = (*DiscordWebhookOperator.template_fields, "query")

    def __init__(self, *, query: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.query = query

    def execute(self, context: Any) -> None:
        context["ti"].xcom_push(key="rows", value=SqliteHook("counts").get_first(self.query)[0])
        self.defer(trigger=Soon("fires", dt.datetime(2024, 5, 6, tzinfo=dt.timezone.utc)), method_name="announce")

    def announce(self, context: Any, event: Any) -> Any:
        rows = context["ti"].xcom_pull(task_ids=self.task_id, key="rows")
        self.message = f"{self.message}: {rows} rows until {event['at'].date()}"
        super().execute(context)
        return self.message


class Choose(BaseBranchOperator):
    """Follows one of the tasks below."""

    hook = DiscordWebhookHook

    def choose_branch(self, context: Any) -> str:
        return "chosen"


class Misbehave(Hosted):
    """Ends in some way."""

    def __init__(self, *, how: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.how = how

    def execute(self, context: Any) -> Any:
        if self.how == "raise" or (self.how == "flaky" and context["ti"].try_number < 2):
            raise ValueError("it fails")
        if self.how == "fail":
            raise AirflowFailException("for good")
        if self.how == "skip":
            raise AirflowSkipException("not today")
        if self.how == "exit":
            raise SystemExit(3)
        if self.how == "sleep":
            time.sleep(60)
        if self.how == "hang":
            command = subprocess.Popen(["sleep", "600"])
            with EVENTS.open("a") as file:
                file.write(json.dumps(["pids", os.getppid(), os.getpid(), command.pid]) + "\n")
            time.sleep(600)
        return context["ti"].try_number

    def on_kill(self) -> None:
        with EVENTS.open("a") as file:
            file.write(json.dumps(["on_kill", self.task_id]) + "\n")
