"""A mapping of environment variables that hides its values in tracebacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Environ(Mapping[str, str]):
    """A mapping whose `repr` shows no values, so that a traceback that prints local variables does not show secrets."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)

    def __repr__(self) -> str:
        return "<environment>"
