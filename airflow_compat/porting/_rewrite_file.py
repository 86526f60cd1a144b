"""Apply rules to a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._dag_source.syntax import check_syntax
from ..errors import DagFileError
from ._diff import diff_text
from ._file import PythonFile
from ._rule import Finding, Rule
from ._source import Edit, SourceText, edited, overlap
from ._suppressions import suppressions

# Edits that overlap with other edits are applied in the next pass.
_MOST_PASSES = 10


@dataclass(frozen=True)
class FileRewrite:
    """A file before and after the rules were applied.

    Attributes:
        path: The file.
        before: The file's bytes.
        after: The bytes after the edits; equal to `before` without edits.
        fixed: The findings that the edits fix.
        left: The findings that no edit fixes.
        problem: The reason why the file can't be read or rewritten; empty if there is none.
    """

    path: str
    before: bytes
    after: bytes
    fixed: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()
    problem: str = ""

    @property
    def diff(self) -> str:
        """The edits as a unified diff."""
        texts = (SourceText.decode(data).body.decode() for data in (self.before, self.after))
        return diff_text(self.path, *texts) if self.is_changed else ""

    @property
    def is_changed(self) -> bool:
        """Whether there are edits."""
        return self.after != self.before


def rewrite_file(path: str, data: bytes, rules: Sequence[Rule], *, unsafe: bool) -> FileRewrite:
    """Apply the edits of rules to a file, and return the result.

    Args:
        path: The file's path, for messages.
        data: The file's bytes.
        rules: The rules.
        unsafe: Apply unsafe edits, too.
    """
    after, fixed, left = data, [], []
    try:
        file = PythonFile(data, path)
        for number in range(_MOST_PASSES):
            found = findings_of(file, rules)
            now, later, others = _sorted_out(found, unsafe=unsafe)
            if not number:
                left = others
            if not now:
                break
            changed = file.text.encode(edited(file.text.body, (edit for each in now for edit in each.edits)))
            # The result must still be valid Python.
            if later:
                file = PythonFile(changed, path)
            else:
                check_syntax(changed)
            after = changed
            fixed += now
            if not later:
                break
    except DagFileError as exc:
        problem = str(exc) if after == data and not fixed else f"an edit does not give valid Python: {exc}"
        return FileRewrite(path, data, data, problem=problem)
    return FileRewrite(path, data, after, tuple(fixed), tuple(left))


def findings_of(file: PythonFile, rules: Iterable[Rule]) -> list[Finding]:
    """Return the findings of rules in a file, except those that comments suppress."""
    is_suppressed = suppressions(file.text)
    return [each for rule in rules for each in rule.find(file) if not is_suppressed(each)]


def _sorted_out(findings: Iterable[Finding], *, unsafe: bool) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """Return the findings whose edits can be applied now, the findings whose edits overlap with those, and the rest."""
    tiers = {"safe", "unsafe"} if unsafe else {"safe"}
    now: list[Finding] = []
    later: list[Finding] = []
    others: list[Finding] = []
    edits: list[Edit] = []
    for each in findings:
        if not each.edits or each.tier not in tiers:
            others.append(each)
        elif overlap([*edits, *each.edits]):
            later.append(each)
        else:
            edits += each.edits
            now.append(each)
    return now, later, others
