"""The `airflow-compat` command: parses, calls the public functions, prints."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    _prepare("stdout")
    _prepare("stderr")
    try:
        # The import is inside the `try` block, because Ctrl-C may interrupt it.
        from ._app import run

        code = run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _end("Stopped by Ctrl-C.", 130)
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe.
        code = _end("", 1)
    except OSError as exc:
        if exc.errno not in _DISK_FULL:
            raise
        code = _end(f"The output can't be written ({exc.strerror}).", 1)
    sys.exit(code)


def _prepare(name: str) -> None:
    """Replace a closed stream; an open stream will escape characters that its encoding lacks."""
    stream = getattr(sys, name)
    if stream is None:
        # No `with` block, because the stream stays open until the process ends.
        setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
    elif isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _end(message: str, code: int) -> int:
    # At exit, Python flushes standard output, and would print another error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if message:
        print(f"airflow-compat: {message}", file=sys.stderr)
    return code
