"""What is around the function of a task that has all of it: a pool, callbacks, context, metrics."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from prefect import flow

import airflow_compat
from airflow_compat import metrics, on_failure, task
from airflow_compat.testing import fake_pools

# The second is cloudpickle's, for a function that is pickled by value.
OURS = (str(Path(airflow_compat.__file__).parent), "<dynamic-code>")


def plain(ds: Any = None) -> None:
    raise ValueError(ds)


async def coroutine(ds: Any = None) -> None:
    raise ValueError(ds)


def generator(ds: Any = None) -> Iterator[Any]:
    yield ds
    raise ValueError(ds)


async def async_generator(ds: Any = None) -> AsyncIterator[Any]:
    yield ds
    raise ValueError(ds)


@pytest.mark.parametrize("fn", [plain, coroutine, generator, async_generator])
@pytest.mark.parametrize("is_pickled", [False, True])
def test_one_frame_of_ours_is_shown_of_all_that_is_around_a_function(fn: Callable[..., Any], is_pickled: bool) -> None:
    def note(context: Any, value: Any = None) -> None:
        del context, value

    made: Any = on_failure(note)(task(pool="warehouse", pre_execute=note, post_execute=note)(fn))
    metrics.instrument(made)
    if is_pickled:
        made = cloudpickle.loads(cloudpickle.dumps(made))
    assert inspect.unwrap(made.fn) is made.fn.__wrapped__

    async def called() -> None:
        found = made()
        if inspect.isawaitable(found):
            await found
        elif inspect.isasyncgen(found):
            [value async for value in found]
        else:
            list(found)

    @flow
    async def etl() -> None:
        await called()

    with fake_pools({"warehouse": 1}) as pools, pytest.raises(ValueError, match="20") as caught:
        asyncio.run(etl())
    assert [use.pool for use in pools.uses] == ["warehouse"]
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames if frame.filename.startswith(OURS)] == ["wrapper"]
