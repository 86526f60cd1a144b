"""The thread between the code that measures and the backend: the code never waits for it."""

from __future__ import annotations

import logging
import os
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from .._airflow.metric_names import legacy_metric, why_illegal
from .._airflow.metric_settings import MetricSettings
from .sample import Backend, Sample

logger = logging.getLogger("airflow_compat.metrics")

# About 5 MB, and minutes of a busy process.
CAPACITY = 10_000
RETRY_SECONDS = 30.0
_MOST_COMPLAINTS = 100


class Pump:
    """Takes measurements in a microsecond, and hands them on in a daemon thread; what is too much is dropped, and told.

    Args:
        make: Makes the backend; called in the thread, again after a fork, and later again where it raises.
        settings: Which metrics are sent, and under which names.
        backend: The backend, where it is there already.
    """

    def __init__(self, make: Callable[[], Backend], settings: MetricSettings, backend: Backend | None = None) -> None:
        self._make = make
        self._settings = settings
        self._backend = backend
        self._gauges: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        self._complaints: set[str] = set()
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._queue: queue.SimpleQueue[Sample | threading.Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._retry_at = 0.0

    def put(self, sample: Sample) -> None:
        """Take one measurement."""
        if self._pid != os.getpid():
            self._after_fork()
        if self._queue.qsize() >= CAPACITY:
            self._dropped += 1
            return
        self._queue.put(sample)
        if self._thread is None:
            self._start()

    def flush(self, timeout: float) -> bool:
        """Wait until what was put so far is sent, for this many seconds at most; whether it was."""
        if self._pid != os.getpid() or self._thread is None or not self._thread.is_alive():
            return True
        done = threading.Event()
        self._queue.put(done)
        return done.wait(timeout)

    def close(self, timeout: float) -> bool:
        """Flush, and end the thread."""
        sent = self.flush(timeout)
        if self._thread is not None and self._pid == os.getpid():
            self._queue.put(None)
            self._thread.join(timeout if sent else 0)
        elif self._backend is not None:
            self._backend.close()
        return sent

    def _after_fork(self) -> None:
        # The thread, and what the parent had yet to send, are the parent's.
        self._lock = threading.Lock()
        self._backend = None
        self._begin()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="airflow-compat-metrics", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        flushed = time.monotonic()
        while True:
            every = self._backend.flush_seconds if self._backend else None
            wait = None if every is None else max(0.0, flushed + every - time.monotonic())
            try:
                taken = self._queue.get(timeout=wait)
            except queue.Empty:
                self._flush()
                flushed = time.monotonic()
                continue
            if isinstance(taken, Sample):
                self._send(taken)
            elif taken is None:
                if self._backend:
                    self._backend.close()
                return
            else:
                self._flush()
                flushed = time.monotonic()
                taken.set()

    def _ready(self) -> Backend | None:
        if self._backend is None and time.monotonic() >= self._retry_at:
            try:
                self._backend = self._make()
            except Exception as exc:  # noqa: BLE001 - whatever a client raises, the run goes on
                self._retry_at = time.monotonic() + RETRY_SECONDS
                self._complain("start", f"metrics can't be sent ({exc}); tried again every {RETRY_SECONDS:g} s")
        return self._backend

    def _send(self, sample: Sample) -> None:
        backend = self._ready()
        if backend is None:
            return
        why = why_illegal(sample.name, influxdb=self._settings.influxdb)
        if why:
            self._complain(str(sample.name), f"the metric {sample.name!r} is not sent: {why}")
            return
        for each in self._named(sample):
            try:
                if self._settings.filters.lets_through(each.name):
                    self._send_one(backend, replace(each, tags=self._settings.filters.tags(each.tags)))
            except Exception as exc:  # noqa: BLE001 - see above
                self._complain(each.name, f"the metric {each.name!r} could not be sent: {exc}")

    def _named(self, sample: Sample) -> list[Sample]:
        legacy = legacy_metric(sample.name, sample.tags) if self._settings.legacy_names else None
        return [sample] if legacy is None else [replace(sample, name=legacy[0], tags=legacy[1]), sample]

    def _send_one(self, backend: Backend, sample: Sample) -> None:
        if sample.rate < 1 and not backend.takes_rates and random.random() > sample.rate:
            return
        if sample.kind == "gauge" and not backend.takes_deltas:
            key = (sample.name, tuple(sorted(sample.tags.items())))
            value = sample.value + (self._gauges.get(key, 0.0) if sample.is_delta else 0.0)
            self._gauges[key] = value
            sample = replace(sample, value=value, is_delta=False)
        backend.send(sample)

    def _flush(self) -> None:
        if self._dropped:
            self._complain("dropped", f"{self._dropped} measurements were dropped: the backend is too slow")
        if self._backend is None:
            return
        try:
            self._backend.flush()
        except Exception as exc:  # noqa: BLE001 - see above
            self._complain("flush", f"metrics could not be sent: {exc}")

    def _complain(self, about: str, message: str) -> None:
        """Warn, once about each thing."""
        if about not in self._complaints and len(self._complaints) < _MOST_COMPLAINTS:
            self._complaints.add(about)
            logger.warning(message)
