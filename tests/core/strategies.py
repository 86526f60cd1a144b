"""Strategies for tests of the pure part, and the check that an error hides a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from traceback import TracebackException
from typing import Any

from hypothesis import strategies as st

import airflow_compat
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord

DATA = Path(__file__).parent.parent / "data"
_PACKAGE = Path(airflow_compat.__file__).parent

# Lone surrogates too: JSON can hold them, and most encoders refuse them.
any_text = st.text(st.characters(exclude_categories=()))

# In any order, these letters are in no message, and look the same quoted, escaped and in a repr.
secrets = st.text("qxzjkwv", min_size=8, max_size=20)


def json_values_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    )


json_values = json_values_of(any_text)
json_objects = st.dictionaries(any_text, json_values, max_size=4)

conn_types = st.from_regex(r"[a-z][a-z0-9_.+]{0,8}", fullmatch=True).filter(lambda name: name != "postgresql")
ports = st.none() | st.integers(1, 65535)
ids = st.text(min_size=1, max_size=12) | st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,8}", fullmatch=True)


def optional(text: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | text


connections = st.builds(
    Connection,
    conn_id=ids,
    conn_type=optional(conn_types | st.sampled_from(["postgres", "sqlite", "http"]) | any_text),
    description=optional(any_text),
    host=optional(any_text),
    login=optional(any_text),
    password=optional(any_text),
    schema=optional(any_text),
    port=st.none() | st.integers(0, 65535),
    extra=optional(any_text | json_values.map(json.dumps)),
)

variables = st.builds(
    VariableRecord,
    key=ids | ids.map(lambda key: key + "_password"),
    value=json_values | st.integers(4980, 5020).map("x".__mul__),
    description=optional(any_text),
)

pools = st.builds(
    Pool, name=ids, slots=st.integers(-1, 10_000), description=st.text(max_size=5), include_deferred=st.booleans()
)


def shown_by(error: BaseException) -> str:
    """All text that a log, an error tracker or a traceback with locals could show, without the callers' frames."""
    return "\n".join(_shown(error, set()))


def _shown(error: BaseException, seen: set[int]) -> Iterator[str]:
    if id(error) in seen:
        return
    seen.add(id(error))
    yield from (str(error), repr(error), repr(error.args), repr(vars(error)), repr(getattr(error, "__notes__", "")))
    # What these two keep of the text that they refused is in attributes that vars() does not show.
    yield repr([getattr(error, name, None) for name in ("doc", "object")])
    for frame in TracebackException.from_exception(error, capture_locals=True).stack:
        if Path(frame.filename).is_relative_to(_PACKAGE):
            yield repr(frame.locals)
    for other in (error.__cause__, error.__context__):
        if other is not None:
            yield from _shown(other, seen)


def read_json(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))
