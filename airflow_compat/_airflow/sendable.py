"""What a request to Prefect can carry, told before one is sent.

Prefect's client encodes a variable with orjson, and the server decodes it into 64-bit integers: a larger number is
refused, or becomes a float without a word. Neither takes NaN, infinity, or half a surrogate pair.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

LARGEST = 2**63 - 1
DEEPEST = 200
"""Prefect's encoder takes 254 levels; the answers that list what is stored need some of them."""


def unsendable(value: Any, depth: int = DEEPEST) -> str:
    """Why a request can't carry this JSON data; empty when it can. The answer quotes nothing of it."""
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
    is_large = isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST
    return "a number beyond 64 bits" if is_large else ""


def refusal(value: Any, where: str) -> str:
    """The reason to refuse data that no request can carry, with where to correct it; empty when one can."""
    problem = unsendable(value)
    return f"it holds {problem}, which no request can carry; correct it {where}" if problem else ""


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
