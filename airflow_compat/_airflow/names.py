"""Convert Airflow ids to valid Prefect names. Two ids may get the same name: see `collisions`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeGuard

from ..errors import InvalidNameError
from .sendable import unsendable

# Prefect refuses these characters in the name of a global concurrency limit.
_LIMIT_FORBIDDEN = re.compile(r"[/%&><]")
# Names are shortened to this length, since one letter may become many ASCII letters. A digest keeps the shortened names
# distinct.
_LONGEST = 200


def block_name(conn_id: str) -> str:
    """Return a conn_id's block name: `[a-z0-9-]`. `AWS.Prod` becomes `aws-prod`."""
    return _slug(conn_id, "-")


def variable_name(key: str) -> str:
    """Return a key's variable name: `[a-z0-9_-]`. `My.Key` becomes `my_key`."""
    return _slug(key, "_", keep="-")


def artifact_key(id_: str) -> str:
    """Return a name's artifact key: `[a-z0-9-]`. `Rows.Loaded` becomes `rows-loaded`."""
    return _slug(id_, "-")


def limit_name(pool: str) -> str:
    """Return a pool's limit name: the same name, with `-` for each of `/ % & > <`.

    A leading `tag:` becomes `tag-`, since Prefect reserves `tag:` names for its tag limits.
    """
    _check(pool)
    name = _LIMIT_FORBIDDEN.sub("-", pool)
    return "tag-" + name[4:] if name.startswith("tag:") else name


def collisions(ids: Iterable[str], rename: Callable[[str], str]) -> dict[str, list[str]]:
    """Return each name that several ids share, with these ids in order."""
    found: dict[str, list[str]] = {}
    for id_ in dict.fromkeys(ids):
        found.setdefault(rename(id_), []).append(id_)
    return {name: same for name, same in found.items() if len(same) > 1}


def _slug(id_: str, filler: str, keep: str = "") -> str:
    _check(id_)
    plain = unicodedata.normalize("NFKD", id_).encode("ascii", "ignore").decode().lower()
    slug = re.sub(rf"[^a-z0-9{re.escape(filler + keep)}]", filler, plain)
    if id_.isascii():
        return slug
    # `hashlib` loads OpenSSL, which most processes never need.
    import hashlib

    # Not every letter has an ASCII form; a digest of the id keeps such names distinct.
    digest = hashlib.sha256(id_.encode()).hexdigest()[:10]
    return f"{slug[:_LONGEST]}{filler}{digest}".lstrip("-_")


def is_id(value: object) -> TypeGuard[str]:
    """Return True for a valid Airflow id: a text that is not empty and can be sent in a request."""
    return isinstance(value, str) and bool(value) and not unsendable(value)


def valid_id_of(value: object) -> str:
    """Say what a valid id would be, for an error message about this invalid one."""
    if not isinstance(value, str):
        return "a text"
    return "valid Unicode text" if value else "a text that is not empty"


def _check(id_: str) -> None:
    if not isinstance(id_, str):
        raise InvalidNameError(f"the id {id_!r} is of type {type(id_).__name__}. Pass the id as text")
    if not id_:
        raise InvalidNameError("an empty id has no Prefect name. Give the connection, variable or pool an id")
    if problem := unsendable(id_):
        raise InvalidNameError(f"the id {id_!r} holds {problem}, which a request can't carry. Correct the id")
