"""Loaded by the Prefect servers that tests start: collects garbage in a thread of its own, and not in the event loop's.

Prefect's server on SQLite stands still for 60 seconds where the collector frees a cursor in the event loop's thread:
freeing waits for the cursor's connection, whose own thread waits in SQLite for the write lock, and who has that can't
commit before the event loop goes on. In another thread the freeing waits alone.
"""

import gc
import threading
import time

# Some hundred requests' worth of garbage, in seconds.
_PERIOD = 1.0


def _collect() -> None:
    while True:
        time.sleep(_PERIOD)
        gc.collect()


gc.disable()
threading.Thread(target=_collect, name="collector", daemon=True).start()
