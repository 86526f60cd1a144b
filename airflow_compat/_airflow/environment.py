"""Read environment variables."""

from __future__ import annotations

from collections.abc import Mapping


def environment_value(environ: Mapping[str, str], name: str) -> str | None:
    """Return the value of an environment variable; None if it is not set.

    A variable whose name the locale can't encode, such as `AIRFLOW_VAR_SPÄTI` in ASCII, counts as not set.
    """
    try:
        return environ.get(name)
    except UnicodeEncodeError:
        return None


def shown_name(name: str) -> str:
    """Return a variable's name for a message, with characters such as NUL escaped."""
    return repr(name)[1:-1]
