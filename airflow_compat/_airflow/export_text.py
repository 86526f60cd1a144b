"""The text of an export file, decoded: JSON, and `.env` as Airflow's own `local_filesystem` reads it."""

from __future__ import annotations

import json
import re
from typing import Any


class NotAnExportError(ValueError):
    """Why a file isn't an export; the message quotes nothing of it but an id."""


def decode_json(data: bytes) -> object:
    """What a JSON file holds.

    Raises:
        NotAnExportError: It is not JSON, or an id is there twice.
    """
    try:
        return json.loads(_text(data), object_pairs_hook=_unique)
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        raise NotAnExportError(
            f"not JSON, or only a part of it ({where}); export it again, into a file that ends in .json"
        ) from None
    except RecursionError:
        raise NotAnExportError("nested too deeply for an export; check the file") from None
    except NotAnExportError:
        raise
    except ValueError:
        raise NotAnExportError("a number in it is too long; check the file") from None


def decode_env(data: bytes) -> dict[str, str]:
    """What a `.env` file holds: `id=text` in each line, all of it as it stands; `#` begins a comment.

    Raises:
        NotAnExportError: A line is none of this, or an id is there twice.
    """
    entries: dict[str, str] = {}
    for number, line in enumerate(_text(data).splitlines(), 1):
        if not line or re.match(r"\s*#", line):
            continue
        id_, _, text = line.partition("=")
        # A line without an id, whose value has an equals sign.
        if not id_ or not text or "://" in id_:
            raise NotAnExportError(f"line {number} is not id=value; mend that line")
        if id_ in entries:
            raise repeated(id_)
        entries[id_] = text
    return entries


def repeated(id_: str) -> NotAnExportError:
    """What is wrong with a file that has an id twice."""
    return NotAnExportError(f"{id_!r} is there twice; remove one of the two")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnExportError("not text in UTF-8; give the file that `airflow ... export` wrote") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise repeated(key)
        found[key] = value
    return found
