"""Loaded by the Prefect servers that tests start: collects garbage in a thread of its own, and not in the event loop's.

Prefect's server on SQLite stands still for 60 seconds where the collector frees a cursor in the event loop's thread:
freeing waits for the cursor's connection, whose own thread waits in SQLite for the write lock, and who has that can't
commit before the event loop goes on. In another thread the freeing waits alone.
"""

import gc
import threading
import time

# In seconds. A whole collection takes some 0.2 s, in which nothing else runs; one of what is new takes next to nothing.
_PERIOD = 1.0
_PERIODS_TO_A_WHOLE = 60


def _collect() -> None:
    while True:
        for _ in range(_PERIODS_TO_A_WHOLE):
            time.sleep(_PERIOD)
            gc.collect(1)
        gc.collect()


gc.disable()
threading.Thread(target=_collect, name="collector", daemon=True).start()
