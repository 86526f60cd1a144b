"""Makes checks from facts about the installation and the server, with the user's next step for each problem.

The functions read no facts themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..pools._diagnosis import server_findings
from ..pools._evidence import ServerFacts
from ._run_findings import RunWithoutProcess, run_findings

Result: TypeAlias = Literal["ok", "note", "unknown", "problem"]
OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 13)


@dataclass(frozen=True)
class Bound:
    """The supported versions of a package, as they are declared in `pyproject.toml`.

    Attributes:
        lowest: The earliest supported version.
        below: The first version that is too new.
        older: What does not work with versions before `lowest`.
        newer: The problems of versions that are too new. The key is the version with which a problem begins; the newest
            version comes first.
    """

    lowest: str
    below: str
    older: str
    newer: Mapping[str, str]


BOUNDS: dict[str, Bound] = {
    "prefect": Bound(
        "3.7", "4", "it lacks calls that airflow_compat uses", {"4": "calls that airflow_compat uses may have moved"}
    ),
    "fastapi": Bound(
        "0.115",
        "0.151",
        "Prefect needs a newer version",
        {
            "0.155": "a Prefect server doesn't start with it, unless its Prefect release supports it",
            "0.151": "a Prefect server refuses workers' requests (422) with it, unless its Prefect release supports it",
        },
    ),
    "sqlalchemy": Bound(
        "2.0.36",
        "2.1",
        "Prefect needs a newer version",
        {"2.1": "a Prefect server creates no runs for cron schedules with it, and logs no error"},
    ),
}

# For each database driver: its Python module, and the extra of airflow-compat that installs the driver.
_DRIVERS = {
    "psycopg2": ("psycopg2", "postgres"),
    "mysqldb": ("MySQLdb", "mysql"),
    "pymssql": ("pymssql", "mssql"),
    "oracledb": ("oracledb", "oracle"),
}


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        subject: The checked object.
        result: `ok`; `note` for information; `unknown` if the object can't be checked; `problem`.
        found: What the check has found, in words.
        next: The next step; empty if there is none.
    """

    subject: str
    result: Result
    found: str
    next: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the check as JSON data."""
        return {"check": self.subject, "result": self.result, "found": self.found, "next": self.next}


@dataclass(frozen=True)
class Installation:
    """The installed versions.

    Attributes:
        python: The interpreter's version.
        versions: The version of each package; None if it is not installed.
    """

    python: tuple[int, int]
    versions: Mapping[str, str | None]


@dataclass(frozen=True)
class ServerHealth:
    """What is known about the server that the active settings name.

    Attributes:
        kind: `temporary` if each process starts its own server; `none` if the settings name no server and forbid
            temporary servers.
        address: The URL of the API, without secrets.
        heartbeats: True if flow runs that are started with these settings send heartbeats.
        error: Why a request failed, and what the user should do next, separated by `; `.
        version: The server's Prefect version; empty if unknown.
        database: `sqlite` or `postgresql`; empty if unknown.
        facts: The server's settings for the leases of slots; None if unknown.
        own_type: True if the server has the block type `airflow-connection`; None if unknown.
        blocks: For each block type for connections: the number of blocks on the server; None if unknown.
        lacking: For each type in `blocks` whose package is not installed here: the extra that installs the package.
        lost: The flow runs that are shown as running although their process is gone; None if unknown.
    """

    kind: Literal["own", "cloud", "temporary", "none", "unasked"]
    address: str = ""
    heartbeats: bool = True
    error: str = ""
    version: str = ""
    database: str = ""
    facts: ServerFacts | None = None
    own_type: bool | None = None
    blocks: Mapping[str, int] | None = None
    lacking: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[RunWithoutProcess, ...] | None = None


def check_all(installation: Installation, server: ServerHealth) -> tuple[Check, ...]:
    return (
        _python(installation.python),
        *(_package(name, installation.versions.get(name)) for name in BOUNDS),
        address_check(server),
        *_server(installation, server),
        *_stored(server),
        *([] if server.kind == "unasked" else [_heartbeats(server)]),
        *(Check("runs", *found) for found in run_findings(server.lost)),
    )


def driver_of(text: str) -> tuple[str, str] | None:
    """Return the module and the extra of a database driver, such as `postgresql+psycopg2`; None for unknown drivers."""
    return _DRIVERS.get(text.rpartition("+")[2].lower())


def _python(version: tuple[int, int]) -> Check:
    found = "Python " + _dotted(version)
    if OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return Check("python", "ok", found)
    tested = f"{_dotted(OLDEST_PYTHON)} to {_dotted(NEWEST_PYTHON)}"
    return Check("python", "problem", f"{found} is not tested", f"use Python {tested}")


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _package(name: str, version: str | None) -> Check:
    bound = BOUNDS[name]
    install = f"pip install '{name}>={bound.lowest},<{bound.below}'"
    if version is None:
        return Check(name, "problem", f"{name} is not installed", install)
    found = f"{name} {version}"
    if _release(version) < _release(bound.lowest):
        return Check(name, "problem", f"{found}: {bound.older}", install)
    for first, reason in bound.newer.items():
        if _release(version) >= _release(first):
            return Check(name, "problem", f"{found}: {reason}", install)
    return Check(name, "ok", found)


def _release(version: str) -> tuple[int, ...]:
    """Return the numbers in a version. For a pre-release, return the numbers of the release."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, re.sub(r"(\.0+)+$", "", numbers[0]).split("."))) if numbers else (0,)


def address_check(server: ServerHealth) -> Check:
    """Check that a server is configured and answers."""
    set_url = "prefect config set PREFECT_API_URL=http://HOST:4200/api"
    if server.error:
        found, _, advice = server.error.partition("; ")
        return Check("server", "problem", found, advice)
    if server.kind == "none":
        return Check(
            "server", "problem", "no server is configured, and Prefect may not start a temporary server", set_url
        )
    if server.kind == "temporary":
        return Check(
            "server",
            "note",
            "no server is configured: processes start temporary servers, which run no schedules and are not checked",
            f"start a server, and run {set_url}",
        )
    return Check("server", "ok", f"{server.address} answers")


def _server(installation: Installation, server: ServerHealth) -> Iterator[Check]:
    if server.kind == "cloud":
        return
    if server.version:
        yield _server_version(server.version, installation.versions.get("prefect"))
    if server.database:
        yield _database(server.database)
    elif server.facts:
        yield Check(
            "database",
            "unknown",
            "the server doesn't report its database",
            "if many runs are active at once, make sure that the database isn't SQLite",
        )
    if server.facts:
        yield from _leases(server.facts)
    if _is_slow(server):
        yield Check(
            "release",
            "note",
            "a busy Prefect 3.9.1 server with SQLite and leases in files can stop answering for a minute",
            "use PostgreSQL, or another Prefect release for the server",
        )


def _server_version(version: str, client: str | None) -> Check:
    bound = BOUNDS["prefect"]
    found = f"the server has Prefect {version}"
    if not _release(bound.lowest) <= _release(version) < _release(bound.below):
        return Check(
            "server version",
            "problem",
            f"{found}, which is not supported",
            f"install prefect>={bound.lowest},<{bound.below} where the server runs",
        )
    if client and _release(version) < _release(client):
        return Check(
            "server version",
            "problem",
            f"{found}, which is older than the local Prefect",
            f"install Prefect {client} or later where the server runs",
        )
    return Check("server version", "ok", found)


def _database(database: str) -> Check:
    if database != "sqlite":
        return Check("database", "ok", "the server's database is PostgreSQL")
    return Check(
        "database",
        "note",
        "the server's database is SQLite, which is slow and loses events under heavy load",
        "for production, set PREFECT_SERVER_DATABASE_CONNECTION_URL of the server to a PostgreSQL database",
    )


def _leases(facts: ServerFacts) -> Iterator[Check]:
    found = server_findings(facts)
    for finding in found:
        never = finding.kind == "slow-repossessor" and facts.repossessor is None
        yield Check("leases", "problem" if never else "note", finding.reason, finding.next)
    if not found:
        yield Check("leases", "ok", "the server returns unused slots, also after a restart")


def _is_slow(server: ServerHealth) -> bool:
    if not server.facts or server.facts.leases_in_memory or server.database == "postgresql":
        return False
    return _release(server.version) == (3, 9, 1)


def _stored(server: ServerHealth) -> Iterator[Check]:
    if server.own_type:
        yield Check("block types", "ok", "the server has the block type airflow-connection")
    elif server.own_type is False:
        yield Check(
            "block types",
            "note",
            "the server doesn't have the block type airflow-connection yet",
            "`airflow-compat import` registers the block type if needed; or prefect block register --module "
            "airflow_compat.blocks",
        )
    if server.blocks is None:
        return
    for slug, extra in sorted(server.lacking.items()):
        yield Check(
            "extras",
            "problem",
            f"load_block can't load the server's {server.blocks.get(slug, 0)} blocks of type {slug}, because a package "
            "is not installed",
            f"pip install 'airflow-compat[{extra}]'",
        )
    if not server.lacking:
        yield Check("extras", "ok", "the packages for the server's connections are installed")


def _heartbeats(server: ServerHealth) -> Check:
    if server.heartbeats:
        return Check("heartbeats", "ok", "flow runs that start here send heartbeats")
    return Check(
        "heartbeats",
        "note",
        "flow runs that start here send no heartbeats, so on_zombie can't detect a killed process",
        "prefect config set PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30",
    )
