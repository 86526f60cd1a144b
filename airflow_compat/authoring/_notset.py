"""The marker for arguments that were not given."""

from __future__ import annotations

from typing import Any


class ArgNotSet:
    """The type of `NOTSET`, for arguments whose value may be None."""

    def __repr__(self) -> str:
        return "NOTSET"

    def __copy__(self) -> ArgNotSet:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ArgNotSet:
        return self

    def __reduce__(self) -> str:
        return "NOTSET"


NOTSET: Any = ArgNotSet()
"""The default of arguments whose value may be None."""


def is_arg_set(value: Any) -> bool:
    return not isinstance(value, ArgNotSet)
