"""Rewrite a source, and compare it with what is expected."""

from __future__ import annotations

import io
import tokenize
from textwrap import dedent

from airflow_compat.porting._rewrite_file import FileRewrite, rewrite_file
from airflow_compat.porting._rules import RULES


def rewrite(source: str | bytes, *, unsafe: bool = False) -> FileRewrite:
    data = source if isinstance(source, bytes) else dedent(source).lstrip("\n").encode()
    return rewrite_file("etl.py", data, tuple(RULES.values()), unsafe=unsafe)


def comments(data: bytes) -> list[str]:
    tokens = tokenize.tokenize(io.BytesIO(data).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def check(before: str | bytes, after: str | bytes) -> None:
    made = rewrite(before)
    assert made.problem == ""
    assert made.after == (after if isinstance(after, bytes) else dedent(after).lstrip("\n").encode())
    assert comments(made.before) == comments(made.after)
    again = rewrite(made.after)
    assert again.after == made.after
    assert not again.fixed
