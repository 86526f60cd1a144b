"""Tells of what is approximated, at the line of who asked for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from ..errors import UnsupportedFeatureWarning


def warn(messages: Iterable[str], *, stacklevel: int = 3) -> None:
    """Warn once for each message and line.

    Args:
        messages: How something differs from Airflow.
        stacklevel: As `warnings.warn` counts it from here; 3 is who called the function that calls this.
    """
    for message in messages:
        warnings.warn(message, UnsupportedFeatureWarning, stacklevel=stacklevel)
