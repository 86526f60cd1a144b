"""Keep the comment lines below a value.

ruamel attaches these lines to the last token of the value, and would delete them together with the value.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString
from ruamel.yaml.tokens import CommentToken

_BLOCKS = (LiteralScalarString, FoldedScalarString)


def take_below(container: Any, key: Any, column: int | None = None) -> str:
    """Remove and return the comments and empty lines between a value and the next value.

    Comments that are indented further than `column`, the column of the next value, belong to the first value and are
    kept.
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
        # If the value is a block scalar, the whole comment is below the last line of the block.
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
    """Return the length of the text up to the last comment that is indented further than `column`."""
    length = found = 0
    for line in below.splitlines(keepends=True) if column is not None else ():
        length += len(line)
        if line.strip():
            if len(line) - len(line.lstrip()) <= (column or 0):
                break
            found = length
    return found


def give_below(container: Any, key: Any, below: str) -> None:
    """Add lines between a value and the next value, below the lines that are already there."""
    place = _last(container, key) if below else None
    if place is None:
        return
    # If a comment below a block scalar had the indentation of the scalar's text, it would become part of this text.
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
    """Move the comment after the `|` or `>` of a block scalar to where ruamel stores other comments."""
    comments = container.ca.items.get(key)
    signs = comments[3] if comments and len(comments) > 3 and isinstance(container[key], _BLOCKS) else None
    if signs:
        comments[2:4] = [CommentToken("".join(map(str, signs)).strip() + "\n", CommentMark(0), None), None]


def take_above(container: CommentedMap, key: Any) -> str:
    """Remove and return the lines above a key. ruamel attaches lines below an empty value to the next key."""
    comments = container.ca.items.get(key)
    tokens = comments[1] if comments and len(comments) > 1 else None
    if not tokens:
        return ""
    comments[1] = None
    return "".join(" " * token.start_mark.column + token.value for token in tokens)


def _last(container: Any, key: Any) -> tuple[Any, Any, int] | None:
    """Return where ruamel stores the comment that follows a value; None if several values may share this comment."""
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
    """Return True if a value has an anchor, so that aliases may refer to it."""
    return getattr(getattr(value, "anchor", None), "value", None) is not None
