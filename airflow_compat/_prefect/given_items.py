"""Checks the argument of `plan` and `apply`: specs or a plan's items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import AirflowCompatError


def of_one_kind(given: object, *kinds: type, error: type[AirflowCompatError]) -> tuple[Any, ...]:
    """Return the given objects, all of one of these classes.

    Raises:
        error: The argument is not a list, or its objects have another class or several classes.
    """
    is_list = isinstance(given, Iterable) and not isinstance(given, (str, bytes, Mapping))
    found = tuple(given) if is_list else (given,)  # type: ignore[arg-type]
    if is_list and any(all(isinstance(each, kind) for each in found) for kind in kinds):
        return found
    wanted = " or of ".join(kind.__name__ for kind in kinds)
    names = " and ".join(sorted({type(each).__name__ for each in found}))
    raise error(f"the argument is {'a list of' if is_list else 'one'} {names}; pass a list of {wanted}")


def are_items(
    found: tuple[Any, ...], item: type, options: Mapping[str, object], error: type[AirflowCompatError]
) -> bool:
    """Return True if the objects are the items of a plan.

    Raises:
        error: An option is set that only `plan` takes.
    """
    if not found or not isinstance(found[0], item):
        return False
    if given := [name for name, value in options.items() if value]:
        raise error(f"{', '.join(given)}: the items were planned without this option; pass the option to plan()")
    return True
