"""Sends measurements from a thread of their own."""

from __future__ import annotations

import logging
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from ._names import legacy_metric, why_illegal
from ._sample import Backend, Sample, Samples
from ._settings import MetricSettings

logger = logging.getLogger("airflow_compat.metrics")

_Item: TypeAlias = "Sample | Samples | threading.Event | None"
_Key = tuple[str, tuple[tuple[str, str], ...]]

# The longest time, in seconds, for which a process that ends waits until its measurements are sent.
EXIT_SECONDS = 2.0
# The maximum number of waiting measurements: about 5 MB, which a busy process produces in a few minutes.
CAPACITY = 10_000
RETRY_SECONDS = 30.0
# The seconds for which the thread lets measurements accumulate: waking up for each one would slow the user's code.
_GATHER_SECONDS = 0.1
# If this many measurements wait, the thread sends them immediately. At 700 waiting measurements, Python's garbage
# collector would already run in the thread of the user's code.
_MANY = 300
_MOST_PREPARED = 10_000
_MOST_COMPLAINTS = 100


class Sender:
    """Accepts a measurement within a microsecond, and sends measurements from a daemon thread.

    Args:
        make: A function that creates the backend. The sending thread calls this function, and calls it again after a
            fork or an error.
        settings: Which metrics to send, and under which names.
        backend: A backend that was already created, if any.
    """

    def __init__(self, make: Callable[[], Backend], settings: MetricSettings, backend: Backend | None = None) -> None:
        self._make = make
        self._settings = settings
        self._complaints: set[str] = set()
        self._prepared: dict[_Key, list[tuple[str, dict[str, str]]]] = {}
        self._begin(backend)
        # Start the thread now, so that the first measurement does not wait until the thread has started.
        self._start()

    def _begin(self, backend: Backend | None) -> None:
        self._pid = os.getpid()
        self._backend = backend
        self._gauges: dict[_Key, float] = {}
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()
        self._has_sent = False
        self._dropped = 0
        self._retry_at = 0.0

    def put(self, sample: Sample | Samples) -> None:
        if self._pid != os.getpid():
            self._after_fork()
        waiting = self._queue.qsize()
        if waiting >= CAPACITY:
            self._dropped += 1
            return
        self._queue.put(sample)
        if waiting >= _MANY and not self._hurry.is_set():
            self._hurry.set()
        if self._thread is None:
            self._start()

    def flush(self, timeout: float) -> bool:
        """Wait until all waiting measurements are sent.

        Return False if the measurements are not sent within `timeout` seconds.
        """
        if self._pid != os.getpid() or self._thread is None or not self._thread.is_alive():
            return True
        done = threading.Event()
        self._queue.put(done)
        self._hurry.set()
        return done.wait(timeout)

    def close(self, timeout: float) -> bool:
        sent = self.flush(timeout)
        if self._thread is not None and self._pid == os.getpid():
            self._queue.put(None)
            self._hurry.set()
            self._thread.join(timeout if sent else 0)
        elif self._backend is not None:
            self._backend.close()
        return sent

    def _after_fork(self) -> None:
        # The thread exists only in the parent process, which also sends the measurements that were waiting before the
        # fork.
        self._begin(None)
        # Child processes of `multiprocessing` don't call `atexit` functions when they end.
        if util := sys.modules.get("multiprocessing.util"):
            util.Finalize(None, self.flush, (EXIT_SECONDS,), exitpriority=0)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="airflow-compat-metrics", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        flushed = time.monotonic()
        while True:
            every = self._backend.flush_seconds if self._backend else None
            try:
                first = self._queue.get(timeout=None if every is None else max(0.0, flushed + every - time.monotonic()))
            except queue.Empty:
                self._flush()
                flushed = time.monotonic()
                continue
            self._hurry.wait(_GATHER_SECONDS)
            self._hurry.clear()
            if not self._take(first):
                return
            if self._backend and self._backend.flush_seconds is None:
                self._flush()

    def _take(self, taken: _Item) -> bool:
        """Process an item from the queue and all items that are still in the queue.

        Return False if the thread must end.
        """
        while True:
            if isinstance(taken, Sample):
                self._send(taken)
            elif taken is None:
                if self._backend:
                    self._backend.close()
                return False
            elif isinstance(taken, threading.Event):
                self._flush()
                taken.set()
            else:
                for sample in taken.samples():
                    self._send(sample)
            try:
                taken = self._queue.get_nowait()
            except queue.Empty:
                return True

    def _ready(self) -> Backend | None:
        if self._backend is None and time.monotonic() >= self._retry_at:
            try:
                self._backend = self._make()
            except Exception as exc:  # noqa: BLE001 - an error of a client must not end the run
                self._retry_at = time.monotonic() + RETRY_SECONDS
                self._complain("start", f"Metrics can't be sent ({exc}). Retrying every {RETRY_SECONDS:g} s")
        return self._backend

    def _send(self, sample: Sample) -> None:
        backend = self._ready()
        if backend is None:
            return
        self._has_sent = True
        # The user's code may pass any object as the metric's name.
        key = (str(sample.name), tuple(sample.tags.items()))
        prepared = self._prepared.get(key)
        if prepared is None:
            if len(self._prepared) >= _MOST_PREPARED:
                self._prepared.clear()
            prepared = self._prepared[key] = self._prepare(sample.name, sample.tags)
        for name, tags in prepared:
            try:
                self._send_one(backend, Sample(sample.kind, name, sample.value, tags, sample.rate, sample.is_delta))
            except Exception as exc:  # noqa: BLE001 - see above
                self._complain(name, f"The metric {name!r} could not be sent: {exc}")

    def _prepare(self, name: str, tags: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
        settings = self._settings
        why = why_illegal(name, influxdb=settings.influxdb)
        if why:
            self._complain(str(name), f"The metric {name!r} is not sent: {why}")
            return []
        legacy = legacy_metric(name, tags) if settings.legacy_names else None
        named = [(name, tags)] if legacy is None else [legacy, (name, tags)]
        return [(each, settings.filters.tags(its)) for each, its in named if settings.filters.lets_through(each)]

    def _send_one(self, backend: Backend, sample: Sample) -> None:
        if sample.rate < 1 and not backend.takes_rates and random.random() > sample.rate:
            return
        if sample.kind == "gauge" and not backend.takes_deltas:
            key = (sample.name, tuple(sorted(sample.tags.items())))
            value = sample.value + (self._gauges.get(key, 0.0) if sample.is_delta else 0.0)
            self._gauges[key] = value
            sample = sample._replace(value=value, is_delta=False)
        backend.send(sample)

    def _flush(self) -> None:
        if self._dropped:
            self._complain("dropped", f"{self._dropped} measurements were dropped: the backend is too slow")
        if self._backend is None or not self._has_sent:
            return
        try:
            self._backend.flush()
        except Exception as exc:  # noqa: BLE001 - see above
            self._complain("flush", f"Metrics could not be sent: {exc}")

    def _complain(self, about: str, message: str) -> None:
        if about not in self._complaints and len(self._complaints) < _MOST_COMPLAINTS:
            self._complaints.add(about)
            logger.warning(message)
