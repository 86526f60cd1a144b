"""`context["asset_state_store"]`: values of an asset that runs and DAGs share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from airflow_compat.authoring import Asset, AssetAlias, AssetNameRef, AssetUriRef
from airflow_compat.dags._asset_state import AssetStateStores, has_assets
from airflow_compat.testing import FakeVariables, fake_variables

ORDERS = Asset(name="orders/daily", uri="s3://warehouse/orders")
PLANES = Asset(name="planes", uri="s3://warehouse/planes")


@pytest.fixture(autouse=True)
def _variables() -> Iterator[FakeVariables]:
    with fake_variables({}) as fake:
        yield fake


def test_another_task_finds_the_values() -> None:
    store = AssetStateStores([ORDERS, PLANES])[ORDERS]
    store.set("watermark", "2026-01-01")
    store.set("runs", 2)
    store.delete("runs")

    other = AssetStateStores([AssetNameRef("orders/daily"), PLANES])

    assert other[ORDERS].get("watermark") == "2026-01-01"
    assert other[ORDERS].get("runs", default=0) == 0
    assert other[PLANES].get("watermark") is None
    other[ORDERS].clear()
    assert store.get("watermark") is None


def test_a_task_with_one_asset_needs_no_key() -> None:
    # A task may read the asset that it writes.
    store = AssetStateStores([ORDERS, ORDERS, AssetAlias("all")])
    store.set("rows", 3)
    assert AssetStateStores([ORDERS]).get("rows") == 3
    store.delete("rows")
    assert store.get("rows") is None
    store.clear()
    with pytest.raises(ValueError, match="Task has 2 concrete inlets and outlets"):
        AssetStateStores([ORDERS, PLANES]).get("rows")


def test_other_assets_and_none_are_refused() -> None:
    stores = AssetStateStores([ORDERS, AssetUriRef("s3://bucket")])
    with pytest.raises(KeyError, match="is not in this task's inlets or outlets"):
        stores[PLANES]
    with pytest.raises(TypeError, match="got str"):
        stores["orders/daily"]
    with pytest.raises(ValueError, match="Cannot set value as None"):
        stores[AssetUriRef("s3://bucket")].set("job", None)


def test_async_tasks_await_the_store() -> None:
    store = AssetStateStores([ORDERS])

    async def use() -> list[int]:
        await store.aset("rows", 3)
        first = await store.aget("rows")
        await store.adelete("rows")
        second = await store.aget("rows", default=0)
        await store.aclear()
        return [first, second]

    assert asyncio.run(use()) == [3, 0]


def test_only_tasks_with_assets_have_the_key() -> None:
    assert has_assets([ORDERS])
    assert has_assets([AssetAlias("all")])
    assert not has_assets(["s3://warehouse/orders"])
