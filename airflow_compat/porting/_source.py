"""The text of a Python file with the offsets of its syntax tree, and edits of the text."""

from __future__ import annotations

import ast
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import accumulate, pairwise
from typing import NamedTuple

from ..errors import DagFileError

# An encoding is declared in the first two lines.
_HEAD = 1000
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Edit(NamedTuple):
    """A replacement of a part of the text.

    Attributes:
        start: The offset of the first replaced byte.
        end: The offset after the last replaced byte; equal to `start` for an insertion.
        text: The text that replaces these bytes.
    """

    start: int
    end: int
    text: bytes


@dataclass(frozen=True)
class SourceText:
    """The text of a file in UTF-8, because a syntax tree counts columns in UTF-8 bytes.

    Attributes:
        body: The text, without a byte order mark. Line ends are those of the file.
        encoding: The file's encoding.
    """

    body: bytes
    encoding: str

    @classmethod
    def decode(cls, data: bytes) -> SourceText:
        """Return the text of a file.

        Raises:
            DagFileError: Decoding and encoding the text again would change it.
        """
        if data.isascii() and b"coding" not in data[:_HEAD]:
            return cls(data, "ascii")
        try:
            encoding = tokenize.detect_encoding(BytesIO(data).readline)[0]
            text = data.decode(encoding)
            is_same = text.encode(encoding) == data
        except (SyntaxError, LookupError, ValueError):
            is_same = False
        if not is_same:
            raise DagFileError("the file can't be decoded and encoded without a change. Save it in UTF-8")
        return cls(text.encode(), encoding)

    def encode(self, body: bytes) -> bytes:
        """Return a changed text as the bytes of the file."""
        return body if self.encoding == "ascii" else body.decode().encode(self.encoding)

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line."""
        # Only these three line ends separate lines, as in Python's own parser.
        return [0, *accumulate(map(len, self.body.splitlines(keepends=True)))]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a position: the line counted from 1, the column in bytes."""
        return self.line_starts[line - 1] + column

    def span(self, node: ast.stmt | ast.expr | ast.alias | ast.keyword | ast.arg) -> tuple[int, int]:
        """Return the offsets at which a node starts and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def line_of(self, offset: int) -> int:
        """Return the number of the line at an offset."""
        return bisect_right(self.line_starts, offset)

    def line_end(self, offset: int) -> tuple[int, int]:
        """Return the offsets at which the line's text ends, and at which the next line starts."""
        found = _LINE_END.search(self.body, offset)
        return found.span() if found else (len(self.body), len(self.body))

    def newline(self, offset: int) -> bytes:
        """Return the line end of the line at an offset, or of the line above it."""
        start, end = self.line_end(offset)
        if start == end:
            first = _LINE_END.search(self.body)
            return first[0] if first else b"\n"
        return self.body[start:end]

    def indentation(self, offset: int) -> bytes | None:
        """Return the white space in front of an offset; None if the line has other text there."""
        before = self.body[self.line_starts[self.line_of(offset) - 1] : offset]
        return None if before.strip(b" \t\f") else before


def edited(body: bytes, edits: Iterable[Edit]) -> bytes:
    """Apply edits, which do not overlap, to a text, and return the new text."""
    parts: list[bytes] = []
    end = 0
    for edit in sorted(edits):
        parts += [body[end : edit.start], edit.text]
        end = edit.end
    return b"".join([*parts, body[end:]])


def overlap(edits: Iterable[Edit]) -> bool:
    """Return True if two edits change the same bytes, or insert at the same place."""
    ordered = sorted(edits)
    return any(first.end > second.start or first[:2] == second[:2] for first, second in pairwise(ordered))
