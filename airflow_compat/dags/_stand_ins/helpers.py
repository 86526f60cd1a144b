"""Stand-ins for small functions of `airflow.utils`."""

from __future__ import annotations

import itertools
import pkgutil
import re
import secrets
import string
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from types import ModuleType
from typing import Any, TypeVar

from ...authoring._keys import validate_key
from ...authoring._notset import is_arg_set

__all__ = ["validate_key"]

T = TypeVar("T")
S = TypeVar("S")

KEY_REGEX = re.compile(r"^[\w.-]+$")
"""The pattern that Airflow's ids must match."""
TRUE_LIKE_VALUES = {"on", "t", "true", "y", "yes", "1"}
"""The texts that `to_boolean` converts to True."""


def is_container(obj: Any) -> bool:
    """Return True for an iterable that is not a string."""
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def as_tuple(obj: Any) -> tuple[Any, ...]:
    """Return the elements of a collection as a tuple, or a tuple with the single object."""
    return tuple(obj) if is_container(obj) else (obj,)


def chunks(items: list[T], chunk_size: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most `chunk_size` items.

    Raises:
        ValueError: The size is not positive.
    """
    if chunk_size <= 0:
        raise ValueError("Chunk size must be a positive integer")
    for start in range(0, len(items), chunk_size):
        yield items[start : start + chunk_size]


def reduce_in_chunks(fn: Callable[[S, list[T]], S], iterable: list[T], initializer: S, chunk_size: int = 0) -> S:
    """Call `reduce` on lists of at most `chunk_size` items; if `chunk_size` is 0, on one list of all items."""
    return reduce(fn, chunks(iterable, chunk_size or len(iterable)), initializer) if iterable else initializer


def as_flattened_list(iterable: Iterable[Iterable[T]]) -> list[T]:
    """Return the elements of all given iterables as one list."""
    return [*itertools.chain.from_iterable(iterable)]


def convert_camel_to_snake(camel_str: str) -> str:
    """Return `CamelCase` as `camel_case`."""
    return re.sub(r"(?!^)([A-Z]+)", r"_\1", camel_str).lower()


def merge_dicts(dict1: dict[Any, Any], dict2: dict[Any, Any]) -> dict[Any, Any]:
    """Return the merged dicts, including nested dicts; values of the second dict replace values of the first."""
    merged = dict1.copy()
    for key, value in dict2.items():
        merged[key] = merge_dicts(merged[key], value) if key in merged and isinstance(value, dict) else value
    return merged


def partition(pred: Callable[[T], bool], iterable: Iterable[T]) -> tuple[Iterable[T], Iterable[T]]:
    """Return two iterators: over the elements that do not satisfy a condition, and over those that do."""
    first, second = itertools.tee(iterable)
    return itertools.filterfalse(pred, first), filter(pred, second)


def exactly_one(*args: Any) -> bool:
    """Return True if exactly one argument is truthy.

    Raises:
        ValueError: The caller passed a collection instead of separate arguments.
    """
    if is_container(args[0]):
        raise ValueError("Not supported for iterable args. Use `*` to unpack your iterable in the function call.")
    return sum(map(bool, args)) == 1


def at_most_one(*args: Any) -> bool:
    """Return True if at most one of the arguments is truthy.

    Raises:
        ValueError: The argument is a collection instead of separate arguments.
    """
    if is_container(args[0]):
        raise ValueError("Not supported for iterable args. Use `*` to unpack your iterable in the function call.")
    return sum(bool(is_arg_set(each) and each) for each in args) in (0, 1)


def prune_dict(val: Any, mode: str = "strict") -> Any:
    """Return a copy of a value from which None is removed at any depth; in mode `truthy`, all falsy values are removed.

    Raises:
        ValueError: The mode is neither `truthy` nor `strict`.
    """
    if mode not in ("strict", "truthy"):
        raise ValueError("allowable values for `mode` are 'truthy' and 'strict'")

    def kept(value: Any) -> bool:
        return value is not None if mode == "strict" else bool(value)

    if isinstance(val, dict):
        pruned = {
            key: prune_dict(value, mode) if isinstance(value, (list, dict)) else value for key, value in val.items()
        }
        return {
            key: value
            for key, value in pruned.items()
            if kept(val[key]) and (kept(value) if isinstance(value, (list, dict)) and mode == "truthy" else True)
        }
    if isinstance(val, list):
        return [prune_dict(each, mode) if isinstance(each, (list, dict)) else each for each in val if kept(each)]
    return val


def to_boolean(astring: str | None) -> bool:
    """Return True for texts such as `yes`, `on` and `1`."""
    return astring is not None and astring.lower() in TRUE_LIKE_VALUES


def get_random_string(length: int = 8, choices: str = string.ascii_letters + string.digits) -> str:
    """Return a random text that consists of the given characters."""
    return "".join(secrets.choice(choices) for _ in range(length))


def qualname(o: Any) -> str:
    """Return the dotted path of a class or function."""
    named = o if hasattr(o, "__qualname__") else type(o)
    return f"{named.__module__}.{named.__qualname__}"


def iter_namespace(ns: ModuleType) -> Iterator[Any]:
    """Yield the modules of a package."""
    return pkgutil.iter_modules(ns.__path__, f"{ns.__name__}.")


class Singleton(type):
    """A metaclass for classes of which only one object can exist."""

    _instances: dict[type, Any] = {}  # noqa: RUF012 - it is filled

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls not in Singleton._instances:
            Singleton._instances[cls] = super().__call__(*args, **kwargs)
        return Singleton._instances[cls]
