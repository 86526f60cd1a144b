"""Airflow ids to legal Prefect names. Not injective: see `collisions`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from ..errors import InvalidNameError

# What Prefect refuses in the name of a global concurrency limit.
_LIMIT_FORBIDDEN = re.compile(r"[/%&><]")
# An id of one letter may decompose into many; the digest tells apart what is cut.
_LONGEST = 200


def block_name(conn_id: str) -> str:
    """The block document's name for a conn_id: `[a-z0-9-]`, as Prefect demands. `AWS.Prod` is `aws-prod`."""
    return _slug(conn_id, "-")


def variable_name(key: str) -> str:
    """The Prefect variable's name for an Airflow key: `[a-z0-9_-]`. `My.Key` is `my_key`."""
    return _slug(key, "_", keep="-")


def artifact_key(id_: str) -> str:
    """The artifact's key for a name: `[a-z0-9-]`. `Rows.Loaded` is `rows-loaded`."""
    return _slug(id_, "-")


def limit_name(pool: str) -> str:
    """The global concurrency limit's name for a pool: as it is, but for `/ % & > <`, which become `-`.

    A leading `tag:` becomes `tag-`: Prefect keeps its tag limits under names of that form.
    """
    _refuse_empty(pool)
    name = _LIMIT_FORBIDDEN.sub("-", pool)
    return "tag-" + name[4:] if name.startswith("tag:") else name


def collisions(ids: Iterable[str], rename: Callable[[str], str]) -> dict[str, list[str]]:
    """The names that more than one id maps to, each with its ids in order."""
    found: dict[str, list[str]] = {}
    for id_ in dict.fromkeys(ids):
        found.setdefault(rename(id_), []).append(id_)
    return {name: same for name, same in found.items() if len(same) > 1}


def _slug(id_: str, filler: str, keep: str = "") -> str:
    _refuse_empty(id_)
    plain = unicodedata.normalize("NFKD", id_).encode("ascii", "ignore").decode().lower()
    slug = re.sub(rf"[^a-z0-9{re.escape(filler + keep)}]", filler, plain)
    if id_.isascii():
        return slug
    # It brings OpenSSL, which most processes never need.
    import hashlib

    # Not every letter has an ASCII form: a digest of the whole keeps such ids apart.
    digest = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug[:_LONGEST]}{filler}{digest}".lstrip("-_")


def _refuse_empty(id_: str) -> None:
    if not isinstance(id_, str):
        raise InvalidNameError(f"the id {id_!r} is {type(id_).__name__}, not text; give it as text")
    if not id_:
        raise InvalidNameError("an empty id has no Prefect name; give the connection, variable or pool an id")
