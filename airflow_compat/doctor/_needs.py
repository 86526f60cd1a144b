"""Makes checks from the names in a flow's code (the needs) and the server's answers. Sends no requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._checks import Check, Result

Kind: TypeAlias = Literal["pool", "tag limit", "connection", "variable", "block", "callback"]

_KINDS: tuple[Kind, ...] = ("pool", "tag limit", "connection", "variable", "block", "callback")
_SHOWN_PLACES = 3
NOT_CHECKED = "not checked, because the server can't be asked"


@dataclass(frozen=True)
class Need:
    """An object to which a flow's code refers by name, so that the server must have it.

    Attributes:
        kind: The kind of object.
        name: The object's name in the code.
        where: The task, flow or line that uses the object.
        slots: For a pool, the number of slots that the code requests.
        has_default: True if the code gives a default for a missing object.
    """

    kind: Kind
    name: str
    where: str
    slots: int = 1
    has_default: bool = False


@dataclass(frozen=True)
class Unknown:
    """A name in the code that is not known before the flow runs.

    Attributes:
        what: The call or object that uses the name.
        where: The line or task that contains the call or object.
        why: The reason why the name is unknown.
    """

    what: str
    where: str
    why: str


@dataclass(frozen=True)
class Answer:
    """The server's answer about a need. The attributes are those of `Check`."""

    result: Result
    found: str
    next: str = ""


def merge(needs: Iterable[Need]) -> dict[Need, list[str]]:
    """Merge the needs of each object: keep the largest `slots`; `has_default` is True only if it is True in all.

    Returns:
        For each kind and name: the merged need, and all places in the code that use the object.
    """
    groups: dict[tuple[Kind, str], list[Need]] = {}
    for need in needs:
        groups.setdefault((need.kind, need.name), []).append(need)
    merged = {}
    for kind, name in sorted(groups, key=lambda key: (_KINDS.index(key[0]), key[1])):
        same = groups[kind, name]
        need = Need(kind, name, same[0].where, max(each.slots for each in same), all(each.has_default for each in same))
        merged[need] = list(dict.fromkeys(each.where for each in same))
    return merged


def need_checks(needs: Mapping[Need, list[str]], answers: Mapping[Need, Answer]) -> Iterator[Check]:
    """Make a check from each need and its answer.

    If the server gave no answer, the result of the check is `unknown`.
    """
    for need, places in needs.items():
        answer = answers.get(need) or _without_server(need)
        result: Result = "note" if answer.result == "problem" and need.has_default else answer.result
        found = f"{answer.found}, but the code has a default" if result != answer.result else answer.found
        yield Check(f"{need.kind} {need.name}", result, f"{found}; used by {_places(places)}", answer.next)


def unknown_checks(unknown: Iterable[Unknown]) -> Iterator[Check]:
    """Make a check for each name that is not known before the flow runs."""
    for each in dict.fromkeys(unknown):
        yield Check(each.what, "unknown", f"{each.where}: {each.why}")


def _without_server(need: Need) -> Answer:
    if need.kind == "callback":
        return Answer("ok", "the run's own process calls the callback")
    return Answer("unknown", NOT_CHECKED)


def _places(places: list[str]) -> str:
    shown = ", ".join(places[:_SHOWN_PLACES])
    return f"{shown} and {len(places) - _SHOWN_PLACES} more" if len(places) > _SHOWN_PLACES else shown
