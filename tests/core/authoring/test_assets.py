"""Assets, rules and states as authors use them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from airflow_compat.authoring import (
    Asset,
    AssetAlias,
    AssetAll,
    AssetAny,
    AssetOrTimeSchedule,
    BaseTrigger,
    DagRunType,
    Dataset,
    Metadata,
    Model,
    State,
    TaskInstanceState,
    TriggerEvent,
    TriggerRule,
    WeightRule,
)
from airflow_compat.errors import DagDefinitionError
from airflow_compat.schedules import read_schedule


def test_assets_have_names_uris_and_groups() -> None:
    assert (Asset("a").name, Asset("a").uri, Asset("a").group) == ("a", "a", "asset")
    named = Asset("orders", "s3://bucket/orders/", group="g", extra={"x": 1})
    assert (named.name, named.uri, named.group, named.extra) == ("orders", "s3://bucket/orders", "g", {"x": 1})
    assert (Dataset("s3://b/k", {"y": 2}).extra, Dataset("s3://b/k").group, Model("m").group) == (
        {"y": 2},
        "dataset",
        "model",
    )
    assert hash(Asset("a")) == hash(Asset("a"))
    assert str(Metadata(named, {"z": 3}).extra) == "{'z': 3}"


@pytest.mark.parametrize("arguments", [{}, {"name": ""}, {"name": "x" * 1501}, {"uri": "airflow://x"}, {"uri": " "}])
def test_wrong_assets_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(DagDefinitionError):
        Asset(**arguments)


def test_conditions_are_flat_and_may_have_aliases() -> None:
    a, b, c = Asset("a"), AssetAlias("b"), Asset("c")
    assert (a & b & c).objects == (a, b, c)
    assert (a | b | c).objects == (a, b, c)
    assert isinstance((a | c) & b, AssetAll)
    assert isinstance(a | b, AssetAny)
    with pytest.raises(DagDefinitionError, match="expect asset expressions"):
        AssetAll(a, 5)


def test_references_to_assets() -> None:
    assert Asset.ref(name="a").name == "a"  # type: ignore[attr-defined]
    assert Asset.ref(uri="s3://a").uri == "s3://a"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Asset.ref()


def test_schedules_read_these_assets() -> None:
    assert read_schedule([Asset("a"), Dataset("b")]).assets.objects == (Asset("a"), Dataset("b"))
    both = AssetOrTimeSchedule(timetable="@daily", assets=[Asset("a"), Asset("b")])
    assert both.asset_condition.objects == (Asset("a"), Asset("b"))


def test_words_are_texts() -> None:
    assert f"{TriggerRule.ALL_DONE} {WeightRule.ABSOLUTE} {State.UP_FOR_RETRY}" == "all_done absolute up_for_retry"
    assert TriggerRule.is_valid("all_done")
    assert not WeightRule.is_valid("heavy")
    assert TaskInstanceState.SUCCESS in State.finished
    assert None in State.unfinished
    assert State.finished.isdisjoint(State.unfinished)


def test_run_ids() -> None:
    moment = datetime(2024, 1, 1, tzinfo=timezone.utc)
    assert DagRunType.MANUAL.generate_run_id(moment) == "manual__2024-01-01T00:00:00+00:00"
    assert DagRunType.from_run_id("scheduled__x") is DagRunType.SCHEDULED
    assert DagRunType.from_run_id("x") is DagRunType.MANUAL
    assert DagRunType.BACKFILL is DagRunType.BACKFILL_JOB


def test_triggers_show_how_they_are_made() -> None:
    class Waits(BaseTrigger):
        def __init__(self, moment: str) -> None:
            super().__init__()
            self.moment = moment

        def serialize(self) -> tuple[str, dict[str, Any]]:
            return "module.Waits", {"moment": self.moment}

        async def run(self) -> Any:
            yield TriggerEvent(self.moment)

    assert repr(Waits("now")) == "<module.Waits moment=now>"
    assert TriggerEvent(1) == TriggerEvent(1)
    assert repr(TriggerEvent({"a": 1})) == "TriggerEvent<{'a': 1}>"
    with pytest.raises(TypeError):
        BaseTrigger()  # type: ignore[abstract]
