"""`check_syntax` accepts the files that `parse_source` accepts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat._dag_source.syntax import check_syntax, parse_source
from airflow_compat.errors import DagFileError


@pytest.mark.parametrize(
    "data",
    [
        b"x = 1\n",
        b"# coding: latin-1\nx = 'caf\xe9'\n",
        "x = 'café'\n".encode(),
        # Python refuses these only when it compiles them.
        b"nonlocal x\n",
        b"def f(x):\n    global x\n",
        b"return 1\n",
    ],
)
def test_valid_files(data: bytes) -> None:
    parse_source(data)
    check_syntax(data)


@pytest.mark.parametrize("data", [b"x = (\n", b"x = '\xe9'\n", b"x = 1\0\n", b"x = " + b"-" * 99_000 + b"1\n"])
def test_invalid_files(data: bytes) -> None:
    with pytest.raises(DagFileError) as by_parsing:
        parse_source(data)
    with pytest.raises(DagFileError) as by_checking:
        check_syntax(data)
    assert str(by_checking.value) == str(by_parsing.value)


@given(st.text("ab01 =()[]:\n'\"#,.+-\\é\t", max_size=30))
def test_same_answer_for_any_text(text: str) -> None:
    answers = []
    for function in (parse_source, check_syntax):
        try:
            function(text.encode())
        except DagFileError as exc:
            answers.append(str(exc))
        else:
            answers.append("")
    assert answers[0] == answers[1]
