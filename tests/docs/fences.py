"""The code blocks of a page, and the commands in one: what both tests of the pages go by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sybil import Document
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

# The line that opens a block is the lexeme `info`.
LEXER = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))


def blocks(page: Path, text: str) -> Iterator[tuple[int, str, str]]:
    """The line of each block of a page, what opens it, and what is in it."""
    for region in LEXER(Document(text, str(page))):
        yield text.count("\n", 0, region.start) + 1, region.lexemes["info"], region.lexemes["source"]


def commands(kind: str, source: str) -> list[tuple[str, str]]:
    """The commands of a block, each with the output that is shown below it."""
    if kind == "shell":
        return [(line, "") for line in source.splitlines()]
    shown = re.split(r"^\$ (.*)\n", source, flags=re.MULTILINE)
    assert not shown[0], f"a console block starts with a command, not with {shown[0]!r}"
    return list(zip(shown[1::2], shown[2::2], strict=True))
