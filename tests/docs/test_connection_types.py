"""Compare the table of connection types and their blocks with the code."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_compat._prefect.block_classes import extra_of
from airflow_compat.connections._specs import NATIVE_SLUGS

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<types>`[^|]*) \| `(?P<slug>[a-z-]+)` \| (?:`(?P<extra>[a-z]+)` )?\|$", re.MULTILINE)


def test_table_matches_the_blocks_of_connection_types() -> None:
    page = (ROOT / "docs" / "how-to" / "connections.md").read_text()
    rows = [(row["slug"], row["extra"] or "", re.findall(r"`(\w+)`", row["types"])) for row in ROW.finditer(page)]
    slugs = set(NATIVE_SLUGS.values())
    by_slug = {slug: sorted(name for name, native in NATIVE_SLUGS.items() if native == slug) for slug in slugs}
    assert {slug: types for slug, _, types in rows} == by_slug
    assert {slug: extra for slug, extra, _ in rows} == {slug: extra_of(slug) for slug in slugs}


def test_each_extra_that_a_block_names_exists() -> None:
    section = (
        (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    )
    named = {extra_of(slug) for slug in NATIVE_SLUGS.values()} - {""}
    assert named <= set(re.findall(r"^([a-z]+) = \[", section, re.MULTILINE))
