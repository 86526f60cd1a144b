"""Decode the text of an export file: JSON, and `.env` as in Airflow's `local_filesystem`."""

from __future__ import annotations

import json
import re
from typing import Any


class NotAnExportError(ValueError):
    """The reason why a file is not an export; the message quotes only ids."""


def decode_json(data: bytes) -> object:
    """Decode a JSON file.

    Raises:
        NotAnExportError: The file is not JSON, or repeats an id.
    """
    try:
        return json.loads(_text(data), object_pairs_hook=_unique)
    except json.JSONDecodeError as exc:
        raise NotAnExportError(
            f"the file is not JSON, or incomplete (line {exc.lineno}, column {exc.colno}); export the data again to a "
            "file that ends in .json"
        ) from None
    except RecursionError:
        raise NotAnExportError("the file is nested too deeply for an export; check its content") from None
    except NotAnExportError:
        raise
    except ValueError:
        raise NotAnExportError("a number in the file is too long; check the file") from None


def decode_env(data: bytes) -> dict[str, str]:
    """Decode a `.env` file: one `id=text` per line, with the text unchanged; `#` starts a comment.

    Raises:
        NotAnExportError: A line is not of the form `id=text`, or an id is repeated.
    """
    entries: dict[str, str] = {}
    for number, line in enumerate(_text(data).splitlines(), 1):
        if not line or re.match(r"\s*#", line):
            continue
        id_, _, text = line.partition("=")
        # A line without an id may be a URI that contains an equals sign.
        if not id_ or not text or "://" in id_:
            raise NotAnExportError(f"line {number} is not id=value; correct that line")
        if id_ in entries:
            raise repeated(id_)
        entries[id_] = text
    return entries


def repeated(id_: str) -> NotAnExportError:
    return NotAnExportError(f"the id {id_!r} appears twice; remove one of the two entries")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnExportError("the file is not UTF-8 text; pass the file that `airflow ... export` wrote") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise repeated(key)
        found[key] = value
    return found
