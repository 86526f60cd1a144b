"""What is right and wrong with an installation and its server, and how to mend it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .pool_diagnosis import server_findings
from .pool_evidence import ServerFacts

Result: TypeAlias = Literal["ok", "note", "unknown", "problem"]
OLDEST_PYTHON, NEWEST_PYTHON = (3, 10), (3, 13)


@dataclass(frozen=True)
class Bound:
    """The versions of a package that fit; the same as in the package's own requirements.

    Attributes:
        lowest: The first that fits.
        below: The first after it that doesn't.
        older: What is so with an older one.
        newer: What is so with a newer one; a version and a reason each, the newest first.
    """

    lowest: str
    below: str
    older: str
    newer: Mapping[str, str]


BOUNDS: dict[str, Bound] = {
    "prefect": Bound("3.7", "4", "it lacks calls that are used", {"4": "calls that are used may have moved"}),
    "fastapi": Bound(
        "0.115",
        "0.151",
        "Prefect needs a newer one",
        {
            "0.155": "a server that runs with it doesn't start, unless its Prefect was made for it",
            "0.151": "a server that runs with it refuses what workers ask (422), unless its Prefect was made for it",
        },
    ),
    "sqlalchemy": Bound(
        "2.0.36",
        "2.1",
        "Prefect needs a newer one",
        {"2.1": "a server that runs with it makes no runs for cron schedules, and says nothing"},
    ),
}

# What the drivers of connections to databases are called, in Python and among our extras.
_DRIVERS = {
    "psycopg2": ("psycopg2", "postgres"),
    "mysqldb": ("MySQLdb", "mysql"),
    "pymssql": ("pymssql", "mssql"),
    "oracledb": ("oracledb", "oracle"),
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        subject: What.
        result: `note` is worth knowing, `unknown` could not be told, and a `problem` wants something done.
        found: What is so, in words.
        next: What to do; empty where there is nothing to do.
    """

    subject: str
    result: Result
    found: str
    next: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"check": self.subject, "result": self.result, "found": self.found, "next": self.next}


@dataclass(frozen=True)
class Installation:
    """What is installed here.

    Attributes:
        python: The interpreter's version.
        versions: Each package that matters, with its version; None where it isn't there.
    """

    python: tuple[int, int]
    versions: Mapping[str, str | None]


@dataclass(frozen=True)
class ServerHealth:
    """What is known of the server that the settings name.

    Attributes:
        kind: `temporary` is Prefect's own, which it starts where none is named; `none` when it may not.
        address: The API's URL, without what is secret in it.
        heartbeats: Whether flow runs that are started here send them.
        error: Why it could not be asked, or not all of it: what is so; and what to do.
        version: Its Prefect; empty where that isn't known.
        database: `sqlite` or `postgresql`; empty where that can't be told.
        facts: Its settings for leases; None where they aren't known.
        own_type: Whether it has the block type that is ours; None where that isn't known.
        blocks: How many documents it has of each block type that connections are kept in; None where not known.
        lacking: Of those, the types whose package isn't here, each with the extra that brings it.
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


def check_all(installation: Installation, server: ServerHealth) -> tuple[Check, ...]:
    """Look at all of it."""
    return (
        _python(installation.python),
        *(_package(name, installation.versions.get(name)) for name in BOUNDS),
        _address(server),
        *_server(installation, server),
        *_stored(server),
        *([] if server.kind == "unasked" else [_heartbeats(server)]),
    )


def driver_of(text: str) -> tuple[str, str] | None:
    """The module of a database's driver, and the extra that brings it: of `postgresql+psycopg2`, for example."""
    return _DRIVERS.get(text.rpartition("+")[2].lower())


def _python(version: tuple[int, int]) -> Check:
    found = "Python " + _dotted(version)
    if OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return Check("python", "ok", found)
    supported = f"{_dotted(OLDEST_PYTHON)} to {_dotted(NEWEST_PYTHON)}"
    return Check("python", "problem", f"{found} is not among those that are tested", f"use Python {supported}")


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
    """A version's numbers, to compare; what comes before a release counts as that release."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match else [0]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _address(server: ServerHealth) -> Check:
    set_url = "prefect config set PREFECT_API_URL=http://HOST:4200/api"
    if server.error:
        found, _, advice = server.error.partition("; ")
        return Check("server", "problem", found, advice)
    if server.kind == "none":
        return Check("server", "problem", "no server is named, and Prefect may start no temporary one", set_url)
    if server.kind == "temporary":
        found = "no server is named: each process starts a temporary one, which runs no schedules and is not asked here"
        return Check("server", "note", found, f"for one that stays: {set_url}")
    return Check("server", "ok", f"{server.address} answers")


def _server(installation: Installation, server: ServerHealth) -> Iterator[Check]:
    if server.kind == "cloud":
        return
    if server.version:
        yield _server_version(server.version, installation.versions.get("prefect"))
    if server.database:
        yield _database(server.database)
    elif server.facts:
        found = "the server doesn't tell what its database is"
        yield Check("database", "unknown", found, "see that it isn't SQLite where much runs at once")
    if server.facts:
        yield from _leases(server.facts)
    if _is_slow(server):
        found = "Prefect 3.9.1 with SQLite and leases in files was seen to answer nothing for a minute when busy"
        advice = "put PostgreSQL behind it, or take another release of Prefect for the server"
        yield Check("release", "note", found, advice)


def _server_version(version: str, client: str | None) -> Check:
    bound = BOUNDS["prefect"]
    found = f"the server has Prefect {version}"
    if not _release(bound.lowest) <= _release(version) < _release(bound.below):
        advice = f"install prefect>={bound.lowest},<{bound.below} where the server runs"
        return Check("server version", "problem", f"{found}, which doesn't fit", advice)
    if client and _release(version) < _release(client):
        advice = f"install Prefect {client} or later where the server runs"
        return Check("server version", "problem", f"{found}, which is older than the one here", advice)
    return Check("server version", "ok", found)


def _database(database: str) -> Check:
    if database != "sqlite":
        return Check("database", "ok", "the server's database is PostgreSQL")
    found = "the server's database is SQLite, which answers late and loses events when it is very busy"
    advice = "for production, set PREFECT_SERVER_DATABASE_CONNECTION_URL to PostgreSQL's where the server runs"
    return Check("database", "note", found, advice)


def _leases(facts: ServerFacts) -> Iterator[Check]:
    found = server_findings(facts)
    for finding in found:
        never = finding.kind == "slow-repossessor" and facts.repossessor is None
        yield Check("leases", "problem" if never else "note", finding.reason, finding.next)
    if not found:
        yield Check("leases", "ok", "slots come back by themselves, also after a restart")


def _is_slow(server: ServerHealth) -> bool:
    if not server.facts or server.facts.leases_in_memory or server.database == "postgresql":
        return False
    return _release(server.version) == (3, 9, 1)


def _stored(server: ServerHealth) -> Iterator[Check]:
    if server.own_type:
        yield Check("block types", "ok", "the server knows the block type airflow-connection")
    elif server.own_type is False:
        found = "the server doesn't know the block type airflow-connection yet"
        register = "an import that needs it registers it, or: prefect block register --module airflow_compat.blocks"
        yield Check("block types", "note", found, register)
    if server.blocks is None:
        return
    for slug, extra in sorted(server.lacking.items()):
        count = server.blocks.get(slug, 0)
        found = f"the server has {count} of {slug}, and load_block can't make them: a package is missing here"
        yield Check("extras", "problem", found, f"pip install 'airflow-compat[{extra}]'")
    if not server.lacking:
        yield Check("extras", "ok", "what the connections on the server need is installed here")


def _heartbeats(server: ServerHealth) -> Check:
    if server.heartbeats:
        return Check("heartbeats", "ok", "flow runs that start here send them")
    found = "flow runs that start here send none, so on_zombie can't tell of those whose process is killed"
    return Check("heartbeats", "note", found, "prefect config set PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30")
