"""Secrets that aren't to be shown, by Airflow's rules, and texts without them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from .variable import is_sensitive

MASK = "***"
MIN_LENGTH = 5
"""Airflow 3.3's `[logging] min_length_masked_secret`: anything shorter is part of too many words."""

# Airflow leaves out its own name, a common password of development setups; Prefect's name is in as many lines here.
_COMMON = ("airflow", "prefect")
# Nested deeper, a value is shown as a mask: it may hold itself.
_DEEPEST = 20


class SecretTexts:
    """The secrets that are known, each in the forms that it is written in. Safe in threads, and after a fork.

    Attributes:
        min_length: The length from which on a secret is masked.
    """

    def __init__(self, min_length: int = MIN_LENGTH) -> None:
        self.min_length = min_length
        # A dict for its order, and since it is added to and copied in one step each.
        self._forms: dict[str, None] = {}

    def add(self, secret: object, name: str | None = None) -> None:
        """Keep a secret in mind.

        Args:
            secret: Text; or a dict, of which the values whose keys are sensitive count; or several in a list.
            name: What it is called: text of a name that isn't sensitive is no secret. None is always one.
        """
        for text in _texts(secret, name, _DEEPEST):
            for form in _forms(text):
                self._forms.setdefault(form)

    def redact(self, text: str) -> str:
        """The text with a mask in place of each secret."""
        # Far quicker than a pattern of them all, and most lines have none.
        found = [form for form in tuple(self._forms) if form in text and self._is_masked(form)]
        if not found:
            return text
        # Where one is the beginning of another, the longer one goes.
        pattern = "|".join(re.escape(form) for form in sorted(found, key=len, reverse=True))
        return re.sub(pattern, MASK, text)

    def redact_value(self, value: Any, name: str | None = None, depth: int = _DEEPEST) -> Any:
        """The same for all the texts in dicts, lists and tuples, and for whatever has a sensitive key."""
        if depth == 0 or (name is not None and isinstance(value, str) and is_sensitive(name)):
            return MASK
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {key: self.redact_value(inner, str(key), depth - 1) for key, inner in value.items()}
        if type(value) in (list, tuple, set):
            return type(value)(self.redact_value(inner, name, depth - 1) for inner in value)
        return value

    def _is_masked(self, form: str) -> bool:
        return len(form) >= self.min_length and form.lower() not in _COMMON


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
        # What pydantic's secrets hold is one whatever its name.
        held = secret.get_secret_value()
        yield from _texts(held, None if isinstance(held, str) else name, depth - 1)
    elif isinstance(secret, (list, tuple, set, frozenset)):
        for value in secret:
            yield from _texts(value, name, depth - 1)


def _forms(text: str) -> Iterator[str]:
    """As it is, as in a repr, as in JSON, as in JSON that is text in JSON, and each of these as in a URL."""
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
