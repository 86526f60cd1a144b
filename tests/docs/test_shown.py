"""Test which differences between a page and the real output are allowed."""

from __future__ import annotations

import pytest
from shown import after, difference

RUN = "02:54:35.142 | INFO    | Flow run 'fractal-swift' - sales of the day: 200"


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\nb", "a\nb\n"),
        ("kind  id\nx     y", "kind    id   \nx       y    \n"),
        ("...\nb", "b"),
        ("...\nb", "a\na\nb"),
        ("a\n...", "a\nb\nc"),
        ("a\n...\nc\n...\ne", "a\nb\nc\nd\nc\nd\ne"),
        (RUN, "11:00:00.001 | INFO    | Flow run 'loose-honeybee' - sales of the day: 200"),
        ("2 passed in 0.12s", "2 passed in 15.43s"),
        ("x  zippy-fox  silent  1", "x  loose-guinea-pig  silent  1"),
    ],
)
def test_allowed_differences(shown: str, printed: str) -> None:
    assert difference(shown, printed) is None


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a", "a\nb"),
        ("a\nb", "b\na"),
        ("a\n...\nc", "a\nb\n"),
        ("a\n...\nc", "a\nc\nd"),
        ("", "a"),
        (RUN, RUN.replace("200", "100")),
        ("2 passed in 0.12s", "1 passed in 0.12s"),
        ("x  zippy-fox  silent  1", "x  zippy-fox  alert  1"),
    ],
)
def test_real_differences(shown: str, printed: str) -> None:
    assert difference(shown, printed)


def test_after_needs_all_lines() -> None:
    assert after("...\nb\n...\nd", ["a\n", "b\n", "c\n"]) is None
    assert after("...\nb\n...\nd", ["a\n", "b\n", "c\n", "d\n", "e\n"]) == 4
