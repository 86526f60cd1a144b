"""The comment lines below a value, which ruamel keeps with the value's last word and loses together with it."""

from __future__ import annotations

from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString
from ruamel.yaml.tokens import CommentToken

_BLOCKS = (LiteralScalarString, FoldedScalarString)


def take_below(container: Any, key: Any, column: int | None = None) -> str:
    """Take off the lines of comments, and the empty ones, between a value and what follows it.

    Args:
        container: The mapping or list.
        key: The value's key or index.
        column: Where that which follows begins: comments to the right of it are the value's own, and stay.
    """
    place = _last(container, key)
    if place is None:
        return ""
    container, key, index = place
    comments = container.ca.items.get(key)
    token = comments[index] if comments else None
    if token is None:
        return ""
    text: str = token.value
    mark = token.start_mark
    if isinstance(container[key], _BLOCKS):
        # All of it stands below the block's last line.
        behind, below = "", text if text.startswith("\n") else " " * mark.column + text
        mark = CommentMark(0)
    else:
        behind, end, below = text.partition("\n")
        behind += end
    own = _own_lines(below, column)
    behind += below[:own]
    comments[index] = CommentToken(behind, mark, None) if behind.strip("\n") else None
    return below[own:]


def _own_lines(below: str, column: int | None) -> int:
    """The length of the lines that end with the last comment to the right of a column."""
    length = found = 0
    for line in below.splitlines(keepends=True) if column is not None else ():
        length += len(line)
        if line.strip():
            if len(line) - len(line.lstrip()) <= (column or 0):
                break
            found = length
    return found


def give_below(container: Any, key: Any, below: str) -> None:
    """Put lines between a value and what follows it, under those that are there."""
    place = _last(container, key) if below else None
    if place is None:
        return
    # Comments under a block of text are part of it where they stand as far to the right.
    margin = 2 if (container.lc.col or 0) >= 2 else 0
    below = take_below(container, key) + below
    container, key, index = place
    comments = container.ca.items.setdefault(key, [None, None, None, None])
    comments += [None] * (4 - len(comments))
    if comments[index] is not None:
        comments[index].value += below
        return
    if isinstance(container[key], _BLOCKS):
        lines = below.splitlines(keepends=True)
        below = "".join(" " * min(margin, len(line) - len(line.lstrip())) + line.lstrip(" \t") for line in lines)
    else:
        below = f"\n{below}"
    comments[index] = CommentToken(below, CommentMark(0), None)


def move_behind(container: CommentedMap, key: Any) -> None:
    """Let the comment behind the sign of a block of text stand behind a value that is none."""
    comments = container.ca.items.get(key)
    signs = comments[3] if comments and len(comments) > 3 and isinstance(container[key], _BLOCKS) else None
    if signs:
        comments[2:4] = [CommentToken("".join(map(str, signs)).strip() + "\n", CommentMark(0), None), None]


def take_above(container: CommentedMap, key: Any) -> str:
    """The lines above a key, where ruamel keeps them with it: below a value that is empty."""
    comments = container.ca.items.get(key)
    tokens = comments[1] if comments and len(comments) > 1 else None
    if not tokens:
        return ""
    comments[1] = None
    return "".join(" " * token.start_mark.column + token.value for token in tokens)


def _last(container: Any, key: Any) -> tuple[Any, Any, int] | None:
    """Where the last word of a value stands; None where it may be another's, too."""
    while True:
        value = container[key]
        if is_shared(value):
            return None
        if not isinstance(value, (CommentedMap, CommentedSeq)) or not value or value.fa.flow_style():
            return container, key, 2 if isinstance(container, CommentedMap) else 0
        container = value
        if isinstance(value, CommentedMap):
            own = [name for name, _ in value.non_merged_items()]
            if not own or next(reversed(value)) != own[-1]:
                return None
            key = own[-1]
        else:
            key = len(value) - 1


def is_shared(value: Any) -> bool:
    """Whether a value has an anchor, so that it may stand in several places."""
    return getattr(getattr(value, "anchor", None), "value", None) is not None
