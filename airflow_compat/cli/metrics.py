"""`airflow-compat metrics`: a server's metrics for Prometheus, under Airflow's names."""

from __future__ import annotations

import signal
import threading
from datetime import datetime, timedelta, timezone

from cyclopts import App

from ..errors import InvalidMetricSettingsError
from ._options import Flag
from ._printing import new_console

app: App = App(name="metrics", help="Serve a server's metrics for Prometheus.")

_SHORTEST_SECONDS = 1.0
_ONCE_SINCE_SECONDS = 3600.0


@app.command
def export(
    *,
    port: int = 9102,
    host: str = "127.0.0.1",
    once: Flag = False,
    since: float | None = None,
    interval: float = 15.0,
) -> None:
    """Serve the metrics of the server's flow runs, task runs and pools until Ctrl-C.

    Counters start at 0 when the command starts, plus the runs of --since. Prometheus' rate() handles counters that
    start again.

    Example: airflow-compat metrics export --port 9102

    Args:
        port: The TCP port to listen on; 0 for a free one.
        host: The address to listen on, by default for this machine only. The endpoint has no authentication.
        once: Print the metrics once and exit.
        since: Also count runs that ended in this many seconds before the start: 0 by default, 3600 with --once.
        interval: Seconds between two requests to the server, at least 1.
    """
    from ..metrics import Prometheus
    from ..metrics._poll import ServerMetrics, poll_once

    seconds = since if since is not None else _ONCE_SINCE_SECONDS if once else 0.0
    if seconds < 0:
        raise InvalidMetricSettingsError(f"--since {seconds:g} is negative; use 0 or more seconds")
    begin = datetime.now(timezone.utc) - timedelta(seconds=seconds)
    if once:
        print(poll_once(begin), end="")
        return
    metrics = ServerMetrics(begin, Prometheus(port=port, host=host))
    stop = threading.Event()
    previous = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        # If the server can't be reached at the start, the command ends.
        metrics.poll()
        new_console().print(f"Serving metrics at http://{host}:{metrics.port}/metrics, until Ctrl-C.", soft_wrap=True)
        metrics.serve(max(interval, _SHORTEST_SECONDS), stop)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
        metrics.close()
