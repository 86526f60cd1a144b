"""Collect known secrets by Airflow's rules, and mask them in texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from .variable import is_sensitive

MASK = "***"
MIN_LENGTH = 5
"""The default of Airflow 3.3's `[logging] min_length_masked_secret`: shorter secrets occur inside too many ordinary
words.
"""

# Airflow does not mask the word "airflow", a common password in development. The password "prefect" is as common in
# development as "airflow".
_COMMON = ("airflow", "prefect")
# Values nested deeper than this are masked as a whole, since a list or dict may contain itself.
_DEEPEST = 20


class SecretTexts:
    """The known secrets, in all forms in which a text may contain them. Safe to use in threads and after forks.

    Attributes:
        min_length: The minimum length of a masked secret.
    """

    def __init__(self, min_length: int = MIN_LENGTH) -> None:
        self.min_length = min_length
        # A dict keeps the order, and adding to it and copying it are atomic.
        self._forms: dict[str, None] = {}

    def add(self, secret: object, name: str | None = None) -> None:
        """Add a secret: a text, or the texts in a list or dict.

        Ignores texts whose name (in a dict, the key) is not sensitive.
        """
        for text in _texts(secret, name, _DEEPEST):
            for form in _forms(text):
                self._forms.setdefault(form)

    def redact(self, text: str) -> str:
        # Searching for each secret is much faster than searching for one pattern of all secrets, and most lines contain
        # no secret.
        found = [
            form
            for form in tuple(self._forms)
            if form in text and len(form) >= self.min_length and form.lower() not in _COMMON
        ]
        if not found:
            return text
        # If one secret starts with another, the longer one must match first.
        pattern = "|".join(re.escape(form) for form in sorted(found, key=len, reverse=True))
        return re.sub(pattern, MASK, text)

    def redact_value(self, value: Any, name: str | None = None, depth: int = _DEEPEST) -> Any:
        """Mask known secrets at any depth, and mask the whole text if its key is sensitive."""
        if depth == 0 or (name is not None and isinstance(value, str) and is_sensitive(name)):
            return MASK
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {key: self.redact_value(inner, str(key), depth - 1) for key, inner in value.items()}
        if type(value) in (list, tuple, set):
            return type(value)(self.redact_value(inner, name, depth - 1) for inner in value)
        return value


def _texts(secret: object, name: str | None, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(secret, Mapping):
        for key, value in secret.items():
            yield from _texts(value, str(key), depth - 1)
    elif isinstance(secret, str):
        if secret and (name is None or is_sensitive(name)):
            yield secret
    elif hasattr(secret, "get_secret_value"):
        # The value of a pydantic secret is added under any name.
        held = secret.get_secret_value()
        yield from _texts(held, None if isinstance(held, str) else name, depth - 1)
    elif isinstance(secret, (list, tuple, set, frozenset)):
        for value in secret:
            yield from _texts(value, name, depth - 1)


def _forms(text: str) -> Iterator[str]:
    """Yield the text's forms: plain, repr, JSON, JSON inside JSON, and each of these URL-encoded."""
    in_json = _in_json(text)
    in_nested_json = [nested for form in in_json for nested in _in_json(form)]
    for form in dict.fromkeys((text, *in_json, *in_nested_json)):
        yield form
        encodable = form.encode("utf-8", "surrogatepass")
        yield from (quote(encodable), quote(encodable, safe=""), quote_plus(encodable))
    yield repr(text)[1:-1]
    yield text.strip()


def _in_json(text: str) -> list[str]:
    return [json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)]
