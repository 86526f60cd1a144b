"""Parse the code blocks of a page, and the commands of a block, for both tests of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sybil import Document
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

# The lexeme `info` is the line that opens a block.
LEXER = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))


def blocks(page: Path, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the info string and the source of each block of a page."""
    for region in LEXER(Document(text, str(page))):
        yield text.count("\n", 0, region.start) + 1, region.lexemes["info"], region.lexemes["source"]


def commands(kind: str, source: str) -> list[tuple[str, str]]:
    """Return the commands of a block, each with the output below it."""
    if kind == "shell":
        return [(line, "") for line in source.splitlines()]
    shown = re.split(r"^\$ (.*)\n", source, flags=re.MULTILINE)
    assert not shown[0], f"a console block starts with a command, not with {shown[0]!r}"
    return list(zip(shown[1::2], shown[2::2], strict=True))
