"""Callbacks that another process can import, and that record each call as one line of JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_compat import BaseNotifier


def write(path: str | Path, data: Mapping[str, Any]) -> None:
    # One write to a file that was opened to append to is a line of its own, whoever else writes.
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{json.dumps(data)}\n".encode())
    os.close(file)


def read(path: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()] if Path(path).exists() else []


def page(context: Any, note: str = "") -> None:
    """The record's path is a parameter of the flow run."""
    ti = context["ti"]
    write(
        context["dag_run"].conf["record"],
        {
            "dag_id": context["dag"].dag_id,
            "task_id": ti.task_id,
            "try_number": ti.try_number,
            "state": ti.state,
            "reason": context.get("reason"),
            "exception": repr(context.get("exception")),
            "log_url": ti.log_url,
            "note": note,
        },
    )


async def page_later(context: Any) -> None:
    page(context, "later")


def page_of_sla(dag: Any, task_list: str, blocking_task_list: str, slas: Any, blocking_tis: Any) -> None:
    record = blocking_tis[0].dag_run.conf["record"]
    write(record, {"dag_id": dag.dag_id, "task_list": task_list, "slas": [miss.task_id for miss in slas]})


def raises(context: Any) -> None:
    page(context)
    raise ValueError("the pager is broken")


class Recorder(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text: str, *, channel: str = "#alerts") -> None:
        super().__init__()
        self.text = text
        self.channel = channel

    def notify(self, context: Any) -> None:
        write(context["dag_run"].conf["record"], {"text": self.text, "channel": self.channel})


not_callable = "text"
