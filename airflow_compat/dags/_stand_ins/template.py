"""A stand-in for `airflow.utils.template`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...authoring import ResolveMixin


class literal(ResolveMixin):  # noqa: N801 - Airflow's name
    """A value that is not rendered as a template."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> Iterable[tuple[Any, str]]:
        """Return no references."""
        return ()

    def resolve_with(self, resolve: Any) -> Any:  # noqa: ARG002 - for the base class
        """Return the value."""
        return self.value
