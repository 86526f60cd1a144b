"""What stands between `pool()` and the server: this process's queues, its one poller, and the leases it keeps alive.

`line`, `share` and `desk` decide, with the clock and the server as arguments; the others are threads and requests.
"""
