"""Layers around the four kinds of functions: their order, what they replace, and the frames that a traceback shows."""

from __future__ import annotations

import asyncio
import functools
import inspect
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from airflow_compat._prefect.wrapped_function import Call, Layer, wrap


class Noting(Layer):
    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    def enter(self, call: Call) -> None:
        self.note("enters")
        call.args = (call.args[0] + self.name,)
        call.on_end(lambda exc: self.note(f"ends with {type(exc).__name__}"))
        call.on_return(lambda value: self.note(f"has {value}"))

    def note(self, text: str) -> None:
        self.notes.append(f"{self.name} {text}")


class Replacing(Layer):
    def enter(self, call: Call) -> None:
        def end(exc: BaseException | None) -> bool:
            call.value = "replaced"
            return isinstance(exc, ZeroDivisionError)

        call.on_end(end)


def plain(text: str) -> str:
    if text == "zero":
        raise ZeroDivisionError
    return text


async def coroutine(text: str) -> str:
    return plain(text)


def generator(text: str) -> Iterator[str]:
    yield text
    return plain(text)


async def async_generator(text: str) -> AsyncIterator[str]:
    yield text
    plain(text)


KINDS: list[Callable[..., Any]] = [plain, coroutine, generator, async_generator]


def result(fn: Callable[..., Any], text: str) -> Any:
    """What a call gives; of a generator, what it yields and what it returns."""
    if inspect.isasyncgenfunction(fn):

        async def collected() -> list[Any]:
            return [value async for value in fn(text)]

        return asyncio.run(collected())
    if inspect.isgeneratorfunction(fn):
        found: list[Any] = []

        def through() -> Iterator[Any]:
            found.append((yield from fn(text)))

        return [*through(), *found]
    return asyncio.run(fn(text)) if inspect.iscoroutinefunction(fn) else fn(text)


@pytest.mark.parametrize("fn", KINDS)
def test_layers_are_around_each_other_in_their_order(fn: Callable[..., Any]) -> None:
    notes: list[str] = []
    wrapped = wrap(wrap(fn, Noting("b", notes)), Noting("a", notes))
    expected = {plain: "_ab", coroutine: "_ab", generator: ["_ab", "_ab"], async_generator: ["_ab"]}
    assert result(wrapped, "_") == expected[fn]
    value = None if fn is async_generator else "_ab"
    ends = [f"b has {value}", "b ends with NoneType", f"a has {value}", "a ends with NoneType"]
    assert notes == ["a enters", "b enters", *ends]


@pytest.mark.parametrize("fn", KINDS)
def test_one_frame_is_shown_for_all_layers_and_none_is_told_of_a_return(fn: Callable[..., Any]) -> None:
    notes: list[str] = []
    wrapped = wrap(wrap(wrap(fn, Noting("o", notes)), Noting("r", notes)), Noting("e", notes))
    with pytest.raises(ZeroDivisionError) as caught:
        result(wrapped, "z")
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__) if is_ours(frame)]
    assert frames == ["wrapper"]
    assert [note for note in notes if "enters" not in note] == [f"{name} ends with ZeroDivisionError" for name in "ore"]


def is_ours(frame: traceback.FrameSummary) -> bool:
    return "airflow_compat" in frame.filename.split("/") or "contextlib" in frame.filename


@pytest.mark.parametrize("fn", KINDS[:3])
def test_a_layer_gives_a_value_in_place_of_what_was_raised(fn: Callable[..., Any]) -> None:
    notes: list[str] = []
    wrapped = wrap(wrap(wrap(fn, Noting("o", notes)), Replacing()), Noting("zer", notes))
    assert result(wrapped, "") == (["zero", "replaced"] if fn is generator else "replaced")
    assert notes[2:] == ["o ends with ZeroDivisionError", "zer has replaced", "zer ends with NoneType"]


def test_what_a_layer_raises_on_a_return_is_seen_by_what_is_around_it() -> None:
    class Refusing(Layer):
        def enter(self, call: Call) -> None:
            call.on_return(lambda value: plain("zero"))

    assert wrap(wrap(plain, Refusing()), Replacing())("text") == "replaced"


@pytest.mark.parametrize("is_async", [False, True])
def test_a_generator_that_is_left_early_ends_before_its_layers(is_async: bool) -> None:
    notes: list[str] = []

    def values(text: str) -> Iterator[str]:
        try:
            yield text
        finally:
            notes.append("its own cleanup")

    async def async_values(text: str) -> AsyncIterator[str]:
        try:
            yield text
        finally:
            notes.append("its own cleanup")

    if is_async:

        async def leave() -> None:
            wrapped = wrap(async_values, Noting("a", notes))("_")
            await anext(wrapped)
            await wrapped.aclose()

        asyncio.run(leave())
    else:
        wrapped = wrap(values, Noting("a", notes))("_")
        next(wrapped)
        wrapped.close()
    assert notes == ["a enters", "its own cleanup", "a ends with GeneratorExit"]


def test_a_wrapper_is_of_the_kind_of_its_function_and_leads_to_it() -> None:
    for fn in KINDS:
        wrapped: Any = wrap(wrap(fn, Replacing()), Replacing())
        assert wrapped.__wrapped__ is inspect.unwrap(wrapped) is fn
        assert (wrapped.__name__, inspect.signature(wrapped)) == (fn.__name__, inspect.signature(fn))
        for is_kind in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction):
            assert is_kind(wrapped) == is_kind(fn)


def test_a_decorator_between_two_layers_stays_between_them() -> None:
    notes: list[str] = []
    inner = wrap(plain, Noting("b", notes))

    @functools.wraps(inner)
    def shouting(text: str) -> str:
        return inner(text).upper()

    wrapped: Any = wrap(shouting, Noting("a", notes))
    assert wrapped.__wrapped__ is shouting
    assert wrapped("_") == "_AB"
    assert [note for note in notes if "has" in note] == ["b has _ab", "a has _AB"]


def test_a_function_with_one_more_layer_leaves_the_other_wrapper_as_it_was() -> None:
    notes: list[str] = []
    inner = wrap(plain, Noting("b", notes))
    wrap(inner, Noting("a", notes))
    assert inner("_") == "_b"
