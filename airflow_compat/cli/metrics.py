"""`airflow-compat metrics`: a whole server's metrics for Prometheus, under Airflow's names."""

from __future__ import annotations

import signal
import threading
from datetime import datetime, timedelta, timezone
from typing import Annotated

from cyclopts import App, Parameter

from ..errors import InvalidMetricSettingsError
from .printing import new_console

app: App = App(name="metrics", help="Serve a server's metrics for Prometheus.")

_SHORTEST_SECONDS = 1.0
# What one call counts, where nothing else is said.
_ONCE_SINCE_SECONDS = 3600.0


@app.command
def export(
    *,
    port: int = 9102,
    host: str = "127.0.0.1",
    once: Annotated[bool, Parameter(negative=())] = False,
    since: float | None = None,
    interval: float = 15.0,
) -> int:
    """Serve the metrics of all flow runs, task runs and pools of the server, until Ctrl-C.

    Counters begin at 0 when the command starts, less --since: a restart is a reset, as Prometheus' rate() expects it.

    Example: airflow-compat metrics export --port 9102

    Args:
        port: The TCP port to be scraped at; 0 takes a free one.
        host: The address that it is opened on; by default only this machine may scrape, since nobody is asked who
            they are.
        once: Print the metrics once and end.
        since: The seconds to look back when it starts: runs that ended in them are counted. 0 by default, and 3600
            with --once.
        interval: The seconds between two looks at the server, 1 at least.
    """
    from .._metrics.server import ServerMetrics, poll_once
    from ..metrics import Prometheus

    seconds = since if since is not None else _ONCE_SINCE_SECONDS if once else 0.0
    if seconds < 0:
        raise InvalidMetricSettingsError(f"--since {seconds:g}: it looks back; write the seconds, 0 or more")
    begin = datetime.now(timezone.utc) - timedelta(seconds=seconds)
    if once:
        print(poll_once(begin), end="")
        return 0
    metrics = ServerMetrics(begin, Prometheus(port=port, host=host))
    stop = threading.Event()
    previous = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        # A server that isn't there from the start ends the command.
        metrics.poll()
        new_console().print(f"Serving metrics at http://{host}:{metrics.port}/metrics, until Ctrl-C.", soft_wrap=True)
        metrics.serve(max(interval, _SHORTEST_SECONDS), stop)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
        metrics.close()
    return 0
