"""A Python file's bytes as a syntax tree, or why it has none. Nothing in a file can end the process, or run."""

from __future__ import annotations

import ast
import sys
import threading
import warnings
from collections.abc import Callable
from typing import TypeVar

from ..errors import DagFileError

LONGEST = 4_000_000
"""The bytes of the largest file that is read; the longest DAG file that was ever seen is a tenth of that."""

# Python 3.10 counts no depth when it hands over a tree, and dies of 150,000 levels on a stack of 8 MB.
_COUNTS_DEPTH = sys.version_info >= (3, 11)
_SHORT = 100_000
_STACK = 8 << 20

T = TypeVar("T")


def may_hold_dags(data: bytes) -> bool:
    """Whether Airflow's scheduler would load the file at all, in its safe mode (`airflow.utils.file`)."""
    lower = data.lower()
    return b"airflow" in lower and (b"dag" in lower or b"asset" in lower)


def parse_source(data: bytes) -> ast.Module:
    """The syntax tree of a file, in the encoding that it declares (PEP 263).

    Raises:
        DagFileError: Python can't parse it; the message says why, and where, and quotes nothing of it.
    """
    if len(data) > LONGEST:
        raise DagFileError(f"it has {len(data):,} bytes, and {LONGEST:,} are read at most; split it")
    if b"\0" in data:
        raise DagFileError("it has NUL bytes in it, so it is no Python; check how it was saved")
    try:
        if _COUNTS_DEPTH or len(data) < _SHORT:
            return _parse(data)
        return _on_a_large_stack(lambda: _parse(data), _STACK * (2 + len(data) // _SHORT))
    except (RecursionError, MemoryError):
        raise DagFileError("an expression in it is nested too deeply to be read; write it flatter") from None
    except SyntaxError as exc:
        line = f"line {exc.lineno}: " if exc.lineno else ""
        # The rest of such a message may quote the line.
        why = str(exc.msg).partition(":")[0].partition("'")[0].strip() or "invalid syntax"
        raise DagFileError(f"{line}Python {sys.version_info[0]}.{sys.version_info[1]} can't parse it: {why}") from None
    except (LookupError, ValueError) as exc:
        raise DagFileError(f"Python can't decode it ({type(exc).__name__}); check the encoding it declares") from None


def _parse(data: bytes) -> ast.Module:
    with warnings.catch_warnings():
        # Of escapes and comparisons that are odd, which are the file's business.
        warnings.simplefilter("ignore")
        return ast.parse(data)


def _on_a_large_stack(call: Callable[[], T], size: int) -> T:
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as exc:  # noqa: BLE001 - raised again, where it was asked for
            errors.append(exc)

    before = threading.stack_size(size)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
