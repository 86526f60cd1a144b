"""Stand-ins for `airflow.utils.net` and `airflow.utils.platform`."""

from __future__ import annotations

import getpass
import os
import socket
import sys

IS_WINDOWS = False
"""Whether the system is Windows. Whether the operating system is Windows."""


def getfqdn(name: str = "") -> str:
    """Return the full name of a host, by default of this one."""
    return socket.getfqdn(name)


def get_hostname() -> str:
    """Return the full name of this host."""
    return socket.getfqdn()


def get_host_ip_address() -> str:
    """Return the address of this host."""
    return socket.gethostbyname(socket.getfqdn())


def getuser() -> str:
    """Return the name of the user."""
    return getpass.getuser()


def is_tty() -> bool:
    """Return True if standard output is a terminal."""
    return hasattr(sys.stdout, "isatty") and sys.stdout.isatty()


def is_terminal_support_colors() -> bool:
    """Return True if standard output shows colours."""
    return is_tty() and os.environ.get("TERM", "dumb") != "dumb"
