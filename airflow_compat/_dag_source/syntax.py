"""Parse a Python file into a syntax tree, without running its code."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from symtable import symtable

from ..errors import DagFileError

LONGEST = 4_000_000
"""The maximum size of a file in bytes, ten times the longest known DAG file."""

# Python 3.10 does not limit the depth of a syntax tree, and crashes at about 150,000 levels. Each level takes at least
# one byte of source, so a shorter file cannot reach this depth.
_MOST_PARSED = LONGEST if sys.version_info >= (3, 11) else 100_000


def may_hold_dags(data: bytes) -> bool:
    """Return True if Airflow's scheduler would load the file in its safe mode (`airflow.utils.file`)."""
    lower = data.lower()
    return b"airflow" in lower and (b"dag" in lower or b"asset" in lower)


def parse_source(data: bytes) -> ast.Module:
    """Return the syntax tree of a file, in its declared encoding (PEP 263).

    Raises:
        DagFileError: Python can't parse the file. The message contains the reason and the line number, but quotes no
            code.
    """
    if len(data) > _MOST_PARSED:
        more = "" if _MOST_PARSED == LONGEST else ", or use Python 3.11 or later"
        raise DagFileError(
            f"the file has {len(data):,} bytes, but at most {_MOST_PARSED:,} are read; split the file{more}"
        )
    if b"\0" in data:
        raise DagFileError("the file contains NUL bytes, so it is not Python; save the file as text")
    try:
        with _no_warnings():
            return ast.parse(data)
    except (RecursionError, MemoryError):
        raise DagFileError("an expression in the file is nested too deeply; simplify the expression") from None
    except SyntaxError as exc:
        line = f"line {exc.lineno}: " if exc.lineno else ""
        # Only the start of Python's message is used, because its rest may quote the line.
        why = str(exc.msg).partition(":")[0].partition("'")[0].strip() or "invalid syntax"
        raise DagFileError(
            f"{line}Python {sys.version_info[0]}.{sys.version_info[1]} can't parse the file: {why}"
        ) from None
    except (LookupError, ValueError) as exc:
        raise DagFileError(
            f"Python can't decode the file ({type(exc).__name__}); check the encoding that the file declares"
        ) from None


def check_syntax(data: bytes) -> None:
    """Check that Python can parse a file, in three quarters of the time that `parse_source` needs.

    Raises:
        DagFileError: See `parse_source`.
    """
    try:
        with _no_warnings():
            # `symtable` parses the code without creating objects for the tree.
            symtable(data.decode("ascii"), "<file>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # The file has a syntax error, or a character outside ASCII. `symtable` also refuses some files that can be
        # parsed, such as those with a wrong `nonlocal`.
        parse_source(data)


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Ignore warnings about odd escapes and comparisons in the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
