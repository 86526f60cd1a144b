"""Checks the Airflow host, if one is configured."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import HostError
from ..hosting import configured_host
from ..hosting._processes import close_all, processes_of
from ._checks import Check

_SUBJECT = "Airflow host"


def host_checks() -> Iterator[Check]:
    """Start the configured host, and return a check that shows the host's releases and providers."""
    try:
        host = configured_host()
        if host is None:
            return
        processes = processes_of(host)
        hello = processes.start()
        providers = processes.providers()
    except HostError as error:
        cause, _, step = str(error).rstrip(".").rpartition(". ")
        yield Check(_SUBJECT, "problem", cause or step, step if cause else "")
        return
    finally:
        close_all()
    number = f"{len(providers)} provider{'s' * (len(providers) != 1)}"
    found = f"Airflow {hello.airflow}, Python {hello.python}, {number}, in {host.python}"
    names = ", ".join(f"{name.removeprefix('apache-airflow-providers-')} {version}" for name, version in providers)
    yield Check(_SUBJECT, "ok", f"{found}: {names}" if names else found)
