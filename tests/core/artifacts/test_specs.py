"""Specs of artifacts, and a run's summary as text."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_text

from airflow_compat.artifacts._specs import artifact_of_value, link_artifact, markdown_artifact, table_artifact
from airflow_compat.artifacts._summary_text import PoolLine, RunSummary, TaskLine
from airflow_compat.errors import InvalidArtifactError


def test_markdown_is_dedented() -> None:
    spec = markdown_artifact(
        "My_Report",
        """
        # Report

            code
        """,
        description="  about",
    )

    assert (spec.key, spec.data.rstrip(), spec.description) == ("my-report", "# Report\n\n    code", "about")


def test_link_text_and_url_are_escaped() -> None:
    assert link_artifact("l", "https://h/a(1)", "see [1]").data == r"[see \[1\]](<https://h/a(1)>)"
    assert link_artifact("l", "s3://bucket/key").data == "[s3://bucket/key](<s3://bucket/key>)"


@pytest.mark.parametrize("url", ["", "two words", "a\nb", 5])
def test_invalid_url_is_refused(url: Any) -> None:
    with pytest.raises(InvalidArtifactError, match=r"'l'.*not a URL"):
        link_artifact("l", url)


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([{"a": 1, "b": None}, {"a": 2.5}], [{"a": 1, "b": None}, {"a": 2.5}]),
        ([[1, "x"], (2, "y")], [[1, "x"], [2, "y"]]),
        ({"a": [1, 2], "b": ["x", "y"]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ({"rows": 3, "from": "north"}, [{"key": "rows", "value": 3}, {"key": "from", "value": "north"}]),
        ([{"a": float("nan"), "b": Decimal("1.50")}], [{"a": None, "b": "1.50"}]),
        ([{1: datetime(2026, 1, 1, tzinfo=timezone.utc)}], [{"1": "2026-01-01 00:00:00+00:00"}]),
        ([{"a": {"b": [1]}}], [{"a": '{"b": [1]}'}]),
        ([], []),
    ],
)
def test_tables(rows: Any, shown: Any) -> None:
    assert json.loads(table_artifact("t", rows).data) == shown


@pytest.mark.parametrize("rows", ["text", 5, None, [1, 2], [{"a": 1}, [2]]])
def test_invalid_table_is_refused(rows: Any) -> None:
    with pytest.raises(InvalidArtifactError, match=r"'t'.*list of dicts"):
        table_artifact("t", rows)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InvalidArtifactError, match="columns differ in length"):
        table_artifact("t", {"a": [1], "b": []})


@pytest.mark.parametrize(
    ("value", "type_", "data"),
    [
        ([{"a": 1}], "table", '[{"a": 1}]'),
        ({"a": 1}, "table", '[{"key": "a", "value": 1}]'),
        ("https://example.com/x", "markdown", "[https://example.com/x](<https://example.com/x>)"),
        ("**done**", "markdown", "**done**"),
        (3, "markdown", "```json\n3\n```"),
        ([1, 2], "markdown", "```json\n[\n  1,\n  2\n]\n```"),
        ([], "markdown", "```json\n[]\n```"),
    ],
)
def test_form_of_values(value: Any, type_: str, data: str) -> None:
    spec = artifact_of_value("x", value)

    assert (spec.type, spec.data) == (type_, data)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | any_text, st.lists))
def test_any_value_is_shown(value: Any) -> None:
    assert artifact_of_value("x", value).data is not None


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(InvalidArtifactError, match="key is empty"):
        markdown_artifact("", "x")


def test_markdown_is_text() -> None:
    with pytest.raises(InvalidArtifactError, match="dict, not text"):
        markdown_artifact("m", {"a": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(("length", "shown"), [(200, "x" * 200), (201, "x" * 200 + " ...")])
def test_summary_shortens_long_reasons(length: int, shown: str) -> None:
    tasks = [TaskLine("load", "failed", 1, None, "x" * length)]
    summary = RunSummary("etl", "calm-fox", "manual__1", "failed", None, None, 1, tasks)

    assert f"| load | failed | 1 |  | {shown} |" in summary.as_markdown()


def test_summary_has_tasks_pools_and_callbacks() -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    summary = RunSummary(
        dag_id="etl",
        name="calm-fox",
        run_id="manual__1",
        state="failed",
        start=start,
        end=start + timedelta(seconds=61.25),
        tries=1,
        tasks=[
            TaskLine("extract", "success", 2, timedelta(seconds=3)),
            TaskLine("load", "failed", 1, None, "a | b\nsecond line"),
        ],
        pools=[PoolLine("warehouse", "load", 2, 4.04), PoolLine("other", "", 1, None)],
        callbacks=[("on_failure callback alert", "The callback was called")],
    )

    assert summary.as_markdown() == "\n".join(
        [
            "# etl: failed",
            "",
            "| run | run_id | start | end | took | tries |",
            "| --- | --- | --- | --- | --- | --- |",
            r"| calm-fox | manual\_\_1 | 2026-01-01T12:00:00+00:00 | 2026-01-01T12:01:01+00:00 | 61.2 s | 1 |",
            "",
            "## Tasks",
            "",
            "| task | state | tries | took | reason |",
            "| --- | --- | --- | --- | --- |",
            "| extract | success | 2 | 3.0 s |  |",
            r"| load | failed | 1 |  | a \| b |",
            "",
            "## Pools",
            "",
            "| pool | task | slots | waited |",
            "| --- | --- | --- | --- |",
            "| warehouse | load | 2 | 4.0 s |",
            "| other |  | 1 |  |",
            "",
            "## Callbacks",
            "",
            "| callback | outcome |",
            "| --- | --- |",
            r"| on\_failure callback alert | The callback was called |",
        ]
    )


def test_summary_of_a_run_that_never_began() -> None:
    summary = RunSummary("etl", "calm-fox", "manual__1", "failed", None, None, 1)

    assert "The server has no task runs of this flow run." in summary.as_markdown()
