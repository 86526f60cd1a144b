"""The bytes of a file, or why they can't be had."""

from __future__ import annotations

from pathlib import Path

from ..errors import AirflowCompatError


def content(path: Path, error: type[AirflowCompatError]) -> bytes:
    """The bytes of a file.

    Args:
        path: The file.
        error: What is raised where it is missing, or can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: there is no such file; check its name") from None
    except IsADirectoryError:
        raise error(f"{path}: a directory; give the files in it by name") from None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "its name can't be one"
        raise error(f"{path}: can't be read ({reason}); check its name and its permissions") from None
