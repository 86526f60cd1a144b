"""Reads the reason from a server's error response, and masks values of the request in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

from .._airflow.secret_texts import MASK, MIN_LENGTH, SecretTexts

_MOST_ERRORS = 3
_MOST_CHARACTERS = 400
# The values of these keys are not masked, because they only name the object and are not secret.
_SHOWN = ("name", "type")
_INPUT = re.compile(r"input_value=.*?, input_type=", re.DOTALL)


def server_detail(response: httpx.Response) -> str:
    """Return an error response's reason on one line, without values of the request; empty if there is none."""
    try:
        said = _reason(response.json())
        sent = json.loads(response.request.content or b"null")
    except (ValueError, RuntimeError, httpx.StreamError):
        return ""
    said = " ".join(_masked(said, sent).split())
    return said if len(said) <= _MOST_CHARACTERS else f"{said[:_MOST_CHARACTERS]}..."


def _reason(answer: Any) -> str:
    if not isinstance(answer, dict):
        return ""
    found = answer.get("exception_detail") or answer.get("detail") or answer.get("exception_message") or ""
    if isinstance(found, list):
        return "; ".join(_of_field(each) for each in found[:_MOST_ERRORS] if isinstance(each, dict))
    return found if isinstance(found, str) else ""


def _of_field(error: dict[str, Any]) -> str:
    where = ".".join(str(each) for each in error.get("loc", ()) if each != "body")
    message = str(error.get("msg", "")).removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _masked(said: str, sent: Any) -> str:
    secrets = SecretTexts()
    for text in set(_texts(sent)):
        secrets.add(text)
        if len(text) < MIN_LENGTH:
            # A short text is masked only in quotes, since it may be part of any word.
            for quoted in (repr(text), json.dumps(text)):
                said = said.replace(quoted, MASK)
    # Pydantic shortens the values that it quotes, so a search for the full values does not find them.
    return _INPUT.sub(f"input_value={MASK}, input_type=", secrets.redact(said))


def _texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str):
        if value and key not in _SHOWN:
            yield value
    elif value is not None and not isinstance(value, bool):
        yield str(value)
