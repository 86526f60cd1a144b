"""`context["task_state_store"]`: values that the tries of a task instance share."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from airflow_compat._airflow.graph import InstanceKey
from airflow_compat.dags._task_state import TaskStateStore

KEY = InstanceKey("load", 2)


class _Objects(dict[str, str]):
    def read(self, name: str) -> str | None:
        return self.get(name)

    def write(self, name: str, text: str) -> None:
        self[name] = text


def test_the_next_try_finds_the_values() -> None:
    objects = _Objects()
    first = TaskStateStore(objects, KEY)
    first.set("job", {"id": 7})
    first.set("done", [1, 2])
    first.delete("done")

    second = TaskStateStore(objects, KEY)

    assert second.get("job") == {"id": 7}
    assert second.get("done", default="nothing") == "nothing"
    assert TaskStateStore(objects, InstanceKey("load", 3)).get("job") is None
    second.clear()
    assert TaskStateStore(objects, KEY).get("job") is None


def test_values_expire() -> None:
    store = TaskStateStore(_Objects(), KEY)
    store.set("old", 1, retention=timedelta(0))
    store.set("new", 1, retention=timedelta(hours=1))
    assert (store.get("old"), store.get("new")) == (None, 1)


def test_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Cannot set value as None"):
        TaskStateStore(_Objects(), KEY).set("job", None)


def test_async_tasks_await_the_store() -> None:
    store = TaskStateStore(_Objects(), KEY)

    async def use() -> list[int]:
        await store.aset("rows", 3)
        first = await store.aget("rows")
        await store.adelete("rows")
        second = await store.aget("rows", default=0)
        await store.aclear()
        return [first, second]

    assert asyncio.run(use()) == [3, 0]
