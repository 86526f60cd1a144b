"""Reads a file, or raises an error with the reason."""

from __future__ import annotations

from pathlib import Path

from ..errors import AirflowCompatError


def content(path: Path, error: type[AirflowCompatError]) -> bytes:
    """Return the bytes of a file.

    Args:
        path: The file.
        error: Raised if the file is missing or can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise error(f"{path}: the path is a directory; pass the files of the directory by name") from None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "the name is not a valid file name"
        raise error(f"{path}: the file can't be read ({reason}); check the file's name and permissions") from None
