"""Code that reads its run's context, called without a run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest

from airflow_compat import get_current_context, task
from airflow_compat.errors import ContextNotFoundError, FakeError
from airflow_compat.testing import fake_context, make_context


def who() -> str:
    return str(get_current_context()["ti"].task_id)


def test_context_is_returned_only_while_active() -> None:
    with fake_context(make_context("outer")):
        with fake_context(make_context("inner")):
            assert who() == "inner"
        assert who() == "outer"
    with pytest.raises(ContextNotFoundError):
        who()


def test_pushed_values_are_in_the_context() -> None:
    @task
    def check() -> int:
        ti = get_current_context()["ti"]
        rows = ti.xcom_pull("extract")
        ti.xcom_push("counted", len(rows))
        return len(rows)

    context = make_context("check", xcom={"extract": [1, 2]})
    with fake_context(context):
        assert check.fn() == 2
    assert context["ti"].pushed == {"counted": 2}


def test_decorator_start_and_stop_and_threads() -> None:
    fake = fake_context(make_context("decorated"))
    assert fake(who)() == "decorated"

    @fake
    async def awaited() -> str:
        return who()

    assert asyncio.run(awaited()) == "decorated"

    assert fake.start() is fake
    with pytest.raises(FakeError, match=r"fake_context\(\) is active already"):
        fake.start()
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(who()))
    thread.start()
    thread.join()
    fake.stop()
    fake.stop()
    assert seen == ["decorated"]
    with pytest.raises(ContextNotFoundError):
        who()


@pytest.mark.parametrize("given", [None, {"ti": 1}, "load"])
def test_other_objects_are_refused(given: Any) -> None:
    with pytest.raises(FakeError, match=r"got a .* Pass the result of make_context"):
        fake_context(given)


def test_prefect_is_not_imported() -> None:
    code = (
        "import sys\n"
        "from airflow_compat import get_current_context\n"
        "from airflow_compat.testing import fake_context, make_context\n"
        "with fake_context(make_context('load')):\n"
        "    assert get_current_context()['ti'].task_id == 'load'\n"
        "assert 'prefect' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
