"""Slots of pools and of tag limits that task instances need. An instance takes its slots before it becomes active."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any

from prefect.concurrency.asyncio import concurrency

from .._airflow.dag_limits import limit_from_max_active_tis_per_dag
from .._airflow.graph import Graph, InstanceKey
from .._airflow.pool import DEFAULT_POOL
from .._prefect.limits import read_limit, tag_limit_exists
from .._prefect.run_logger import run_logger
from ..pools import pool
from ._queue import ReadyQueue

if TYPE_CHECKING:
    from ._waits import Waits

# After this time, the server frees the slots of a killed process. Prefect's task engine uses the same value.
_LEASE_SECONDS = 60


class PoolSlots:
    """The slots that the instances of one run hold or wait for.

    All methods must be called from the thread of the run's loop.

    `default_pool` limits tasks only if the server has a limit of this name, and `max_active_tis_per_dag` limits the
    instances of all runs only if the server has the tag limit. For each pool, the number of instances that wait for
    slots is limited to the maximum number of active instances, because an instance that has slots but can't become
    active blocks other runs.
    """

    def __init__(
        self, graph: Graph, max_active: int, waits: Waits, refused: Callable[[InstanceKey, Exception], None]
    ) -> None:
        self._graph, self._max_active = graph, max_active
        self._waits, self._refused = waits, refused
        self._queues: dict[str, ReadyQueue] = {}
        self._waiting: dict[InstanceKey, Callable[[], None]] = {}
        self._holds: dict[InstanceKey, _Hold] = {}
        self._futures: set[Future[None]] = set()
        uses_default = any(node.pool == DEFAULT_POOL for node in graph.tasks.values())
        self._limits_default = uses_default and read_limit(DEFAULT_POOL) is not None
        limits = {
            task_id: limit_from_max_active_tis_per_dag(graph.dag_id, task_id, node.max_active_tis_per_dag)
            for task_id, node in graph.tasks.items()
            if node.max_active_tis_per_dag is not None
        }
        self._tag_limits = {task_id: each.name for task_id, each in limits.items() if tag_limit_exists(each.tag)}

    def acquire(self, key: InstanceKey, then: Callable[[], None]) -> None:
        """Call `then` as soon as the instance has its slots: now, or later in the event loop for waits."""
        name = self._graph.tasks[key.task_id].pool
        if not self._passages(key):
            then()
            return
        self._waiting[key] = then
        self._queues.setdefault(name, ReadyQueue(self._graph, self._max_active)).add(key)
        self._ask(name)

    def release(self, key: InstanceKey) -> None:
        """Give back the slots of an instance, or stop its wait for them."""
        name = self._graph.tasks[key.task_id].pool
        queue = self._queues.get(name)
        if queue is None:
            return
        if self._waiting.pop(key, None) is not None:
            queue.drop(key)
        hold = self._holds.pop(key, None)
        if hold is not None:
            hold.end()
            queue.release(key)
        self._ask(name)

    def close(self) -> None:
        """Give back all slots, and wait until the server has released them.

        The coroutines are not cancelled, because a cancelled coroutine would keep its slots.
        """
        for hold in self._holds.values():
            hold.end()
        wait(tuple(self._futures))

    def _ask(self, name: str) -> None:
        """Request the slots for the next instances in the queue of a pool."""
        while (key := self._queues[name].next()) is not None:
            hold = self._holds[key] = _Hold()
            future = self._waits.start(self._hold(key, hold, self._waiting.pop(key)))
            self._futures.add(future)
            future.add_done_callback(self._futures.discard)

    async def _hold(self, key: InstanceKey, hold: _Hold, then: Callable[[], None]) -> None:
        node = self._graph.tasks[key.task_id]
        hold.begin()
        if hold.has_ended:
            return
        entering = asyncio.ensure_future(self._inside(self._passages(key), hold, then))
        leaving = asyncio.ensure_future(hold.wait())
        await asyncio.wait({entering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not hold.is_inside:
            entering.cancel()
        leaving.cancel()
        try:
            await entering
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - the instance fails with it
            if hold.is_inside:
                run_logger().warning("The pool %r of %s: %s", node.pool, key.task_id, error)
            else:
                self._refused(key, error)

    def _passages(self, key: InstanceKey) -> list[AbstractAsyncContextManager[Any]]:
        """Return the concurrency limits that an instance must enter before it becomes active."""
        node, tag_limit = self._graph.tasks[key.task_id], self._tag_limits.get(key.task_id)
        found: list[AbstractAsyncContextManager[Any]] = []
        if tag_limit is not None:
            found.append(concurrency(tag_limit, lease_duration=_LEASE_SECONDS))
        if node.pool != DEFAULT_POOL or self._limits_default:
            found.append(pool(node.pool, node.pool_slots, priority_weight=node.priority))
        return found

    async def _inside(
        self, passages: list[AbstractAsyncContextManager[Any]], hold: _Hold, then: Callable[[], None]
    ) -> None:
        async with AsyncExitStack() as stack:
            for passage in passages:
                await stack.enter_async_context(passage)
            hold.is_inside = True
            then()
            await hold.wait()


class _Hold:
    """An event for one instance: when the event is set, the coroutine of the instance gives back the slots."""

    def __init__(self) -> None:
        self.is_inside = False
        self.has_ended = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def begin(self) -> None:
        self._loop = asyncio.get_running_loop()

    def end(self) -> None:
        self.has_ended = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)

    async def wait(self) -> None:
        await self._ended.wait()
