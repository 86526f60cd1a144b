"""Comments that exclude a line or a file from rules: `# airflow-compat: ignore[AC101]`."""

from __future__ import annotations

import re
from collections.abc import Callable

from ._rule import Finding
from ._source import SourceText

_COMMENT = re.compile(rb"#\s*airflow-compat:\s*ignore(?P<file>-file)?\b(?:\[(?P<codes>[\w ,]*)\])?", re.IGNORECASE)


def suppressions(text: SourceText) -> Callable[[Finding], bool]:
    """Return a function that tells whether a comment suppresses a finding."""
    lines: dict[int, tuple[str, ...]] = {}
    for match in _COMMENT.finditer(text.body):
        line = 0 if match["file"] else text.line_of(match.start())
        codes = (match["codes"] or b"").decode().replace(",", " ").upper().split()
        # A comment without codes suppresses all rules: every code starts with the empty text.
        lines[line] = (*lines.get(line, ()), *(codes or ("",)))

    def is_suppressed(finding: Finding) -> bool:
        return finding.code.startswith(lines.get(0, ())) or finding.code.startswith(lines.get(finding.line, ()))

    return is_suppressed
