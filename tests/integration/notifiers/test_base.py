"""`BaseNotifier`: a notifier written for Airflow, used as a callback."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect import flow, task

from airflow_compat import on_failure
from airflow_compat.errors import InvalidCallbackError, UnsupportedFeatureError
from airflow_compat.notifiers import BaseNotifier


class Recorder(BaseNotifier):
    """A notifier as written for Airflow."""

    template_fields = ("message", "extras")

    def __init__(self, message: str, extras: Any = None) -> None:
        super().__init__()
        self.message = message
        self.extras = extras
        self.sent: list[tuple[Any, Any]] = []

    def notify(self, context: Any) -> None:
        self.sent.append((self.message, self.extras))
        self.log.info("sent to %s", context["dag"])


def test_each_call_renders_again() -> None:
    notifier = Recorder("{{ ds }} failed", {"to": ["{{ ds }}"], "{{ ds }}": 1})
    notifier({"ds": "2026-11-21", "dag": None})
    notifier({"ds": "2026-11-22", "dag": None})
    assert notifier.sent == [
        ("2026-11-21 failed", {"to": ["2026-11-21"], "{{ ds }}": 1}),
        ("2026-11-22 failed", {"to": ["2026-11-22"], "{{ ds }}": 1}),
    ]
    assert notifier.message == "{{ ds }} failed"


def test_tasks_share_one_notifier() -> None:
    notifier = Recorder("{{ ti.task_id }}: {{ exception }}")

    @on_failure(notifier)
    @task
    def extract() -> None:
        raise ValueError("no rows")

    @on_failure(notifier)
    @task
    def load() -> None:
        raise ValueError("no table")

    @flow
    def etl() -> None:
        extract(return_state=True)
        load(return_state=True)

    etl()
    assert [message for message, _ in notifier.sent] == ["extract: no rows", "load: no table"]


def test_notifier_for_a_flow() -> None:
    notifier = Recorder("{{ dag.dag_id }}: {{ reason }}")

    @on_failure(notifier)
    @flow
    def nightly() -> None:
        raise ValueError("no rows")

    nightly(return_state=True)
    assert [message for message, _ in notifier.sent] == ["nightly: task_failure"]


def test_the_context_has_the_template_fields() -> None:
    seen = {}

    class Looking(Recorder):
        def notify(self, context: Any) -> None:
            seen.update(context)

    Looking("{{ extras }}", "{{ ds }}")({"ds": "2026-11-22"})
    # As they were before they were rendered.
    assert (seen["message"], seen["extras"]) == ("{{ extras }}", "{{ ds }}")


def test_missed_sla_passes_five_arguments() -> None:
    notifier = Recorder("{{ dag.dag_id }}: {{ task_list }} {{ slas | length }} {{ blocking_tis }}")
    notifier(SimpleNamespace(dag_id="etl"), "load on 2026", "", [1], "b")
    assert notifier.sent == [("etl: load on 2026 1 b", None)]
    with pytest.raises(InvalidCallbackError, match="Recorder was called with 3 arguments"):
        notifier(1, 2, 3)


def test_exceptions_of_notify_reach_the_caller() -> None:
    class Broken(Recorder):
        def notify(self, context: Any) -> None:
            raise ConnectionError("no answer")

    with pytest.raises(ConnectionError, match="no answer"):
        Broken("x")({"ds": "1"})
    with pytest.raises(NotImplementedError, match="BaseNotifier has no notify"):
        BaseNotifier()({})


def test_awaiting_renders_and_notifies() -> None:
    sent = []

    class Async(BaseNotifier):
        template_fields = ("message",)

        def __init__(self, message: str, context: Any) -> None:
            super().__init__(context=context)
            self.message = message

        async def async_notify(self, context: Any) -> None:
            await asyncio.sleep(0)
            sent.append((self.message, context["ds"]))

    async def walk() -> None:
        await Async("on {{ ds }}", {"ds": "2026-11-22"})

    asyncio.run(walk())
    assert sent == [("on 2026-11-22", "2026-11-22")]

    async def walk_in_vain() -> None:
        await BaseNotifier()

    with pytest.raises(NotImplementedError, match="BaseNotifier has no async_notify"):
        asyncio.run(walk_in_vain())


def test_a_template_field_may_be_a_file_or_a_callable(tmp_path: Path) -> None:
    class WithFiles(Recorder):
        template_ext = (".txt",)

    (tmp_path / "mail.txt").write_text("file of {{ ds }}")
    notifier = WithFiles("mail.txt", lambda context, jinja_env: f"call of {context['ds']}")
    notifier({"ds": "2026-11-22", "dag": SimpleNamespace(fileloc=str(tmp_path / "dag.py"))})
    assert notifier.sent == [("file of 2026-11-22", "call of 2026-11-22")]


def test_render_template_fields_renders_in_place() -> None:
    notifier = Recorder("{{ ds }}")
    notifier.render_template_fields({"ds": "2026-11-22"})
    assert notifier.message == "2026-11-22"
    assert notifier.render_template("{{ ds }}", {"ds": "1"}) == "1"
    with pytest.raises(UnsupportedFeatureError, match="takes no jinja_env"):
        notifier.render_template_fields({"ds": "1"}, object())


def test_notifier_without_super_init_works() -> None:
    class Bare(BaseNotifier):
        def __init__(self) -> None:
            self.sent: list[str] = []

        def notify(self, context: Any) -> None:
            self.sent.append(context["ds"])

    bare = Bare()
    bare({"ds": "2026-11-22"})
    assert bare.sent == ["2026-11-22"]


def test_importing_notifiers_loads_no_heavy_modules() -> None:
    code = "import sys, airflow_compat.notifiers; print({'prefect', 'jinja2', 'apprise', 'httpx'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
