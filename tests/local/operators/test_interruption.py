"""Interrupts of code in other threads."""

from __future__ import annotations

import io
import logging
import threading
import time

from airflow_compat.exceptions import AirflowTaskTerminated
from airflow_compat.operators._interruption import Interruptible


def test_a_thread_that_waits_for_a_handler_logs_before_it_is_interrupted() -> None:
    logger, text = logging.getLogger("interrupted"), io.StringIO()
    handler, block, logs = logging.StreamHandler(text), Interruptible(), threading.Event()
    assert handler.lock is not None
    logger.propagate = False
    logger.addHandler(handler)
    ends: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        logs.set()
        return True

    def work() -> None:
        try:
            with block.running():
                logger.warning("A record")
                while True:
                    time.sleep(0.001)
        except AirflowTaskTerminated:
            ends.append("terminated")

    handler.addFilter(note)
    task = threading.Thread(target=work)
    interrupt = threading.Thread(target=block.interrupt, args=(AirflowTaskTerminated,))
    with handler.lock:
        task.start()
        logs.wait()
        interrupt.start()
        interrupt.join(0.1)
    interrupt.join()
    task.join()
    logger.removeHandler(handler)

    assert (ends, text.getvalue()) == (["terminated"], "A record\n")
    # Other threads can still log.
    assert handler.lock.acquire(timeout=10)
    handler.lock.release()
