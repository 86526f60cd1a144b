"""Find data that Prefect can't receive, or that Prefect's database would alter.

Prefect's client encodes variables with orjson, and the server decodes them into 64-bit integers. Numbers with more than
64 bits are refused or silently become floats. The client and the server refuse NaN, infinity and half a surrogate pair.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

LARGEST = 2**63 - 1
DEEPEST = 200
"""The maximum depth of nested lists and dicts in data for Prefect. Prefect's encoder supports 254 levels of nesting,
and the server's responses add some levels.
"""


def unsendable(value: Any, depth: int = DEEPEST) -> str:
    """Return why a request can't carry this JSON data, or an empty text. Quotes no data."""
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            return "a key that is not text"
        return _first((each for pair in value.items() for each in pair), depth)
    if isinstance(value, (list, tuple)):
        return _first(value, depth)
    if isinstance(value, str):
        return "" if _is_encodable(value) else "half a surrogate pair"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "NaN or an infinite number"
    return "a number beyond 64 bits" if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST else ""


def is_rewritten(value: Any, *, inner: bool = False) -> bool:
    """Return True if Prefect's database changes a number in this JSON data, such as 1.0 to 1.

    SQLite stores a whole float as an integer if the float is the entire value; `inner` tells that the float is inside a
    larger value. At any depth, PostgreSQL's JSONB writes 1e16 digit by digit and drops the sign of -0.0.
    """
    if isinstance(value, Mapping):
        return any(is_rewritten(each, inner=True) for each in value.values())
    if isinstance(value, (list, tuple)):
        return any(is_rewritten(each, inner=True) for each in value)
    return (
        isinstance(value, float) and value.is_integer() and (not inner or "e" in repr(value) or repr(value) == "-0.0")
    )


def refusal(value: Any, where: str) -> str:
    """Return why to refuse data that a request can't carry, or an empty text."""
    problem = unsendable(value)
    return f"the object holds {problem}, which a request can't carry; correct the value {where}" if problem else ""


def _first(values: Iterable[Any], depth: int) -> str:
    if depth == 0:
        return f"more than {DEEPEST} levels of nesting"
    return next((found for value in values if (found := unsendable(value, depth - 1))), "")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
