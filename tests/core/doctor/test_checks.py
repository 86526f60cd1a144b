"""What the doctor says of installations and servers, given as data."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_compat._specs.health import BOUNDS, Check, Installation, ServerHealth, check_all, driver_of
from airflow_compat._specs.pool_evidence import ServerFacts

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
VERSIONS = {"prefect": "3.9.1", "fastapi": "0.150.0", "sqlalchemy": "2.0.58"}
HERE = Installation((3, 12), VERSIONS)
WELL = ServerHealth(
    "own",
    "http://h:4200/api",
    version="3.9.1",
    database="postgresql",
    facts=ServerFacts(repossessor=5.0),
    own_type=True,
    blocks={"aws-credentials": 2},
)


def _of(subject: str, installation: Installation = HERE, server: ServerHealth = WELL) -> list[Check]:
    return [check for check in check_all(installation, server) if check.subject == subject]


def test_all_is_well() -> None:
    checks = check_all(HERE, WELL)
    assert {check.result for check in checks} == {"ok"}
    assert not any(check.next for check in checks)
    assert [check.subject for check in checks] == [
        *("python", "prefect", "fastapi", "sqlalchemy", "server", "server version"),
        *("database", "leases", "block types", "extras", "heartbeats"),
    ]


def test_the_bounds_are_those_that_the_package_requires() -> None:
    requires = dict(re.findall(r'^    "(\w+)(>=[^"]+)",$', PYPROJECT.read_text(), re.MULTILINE))
    for name, bound in BOUNDS.items():
        assert requires[name] == f">={bound.lowest},<{bound.below}"
        # The first of those that don't fit has a reason, too.
        assert list(bound.newer)[-1] == bound.below


@pytest.mark.parametrize(
    ("python", "result"), [((3, 9), "problem"), ((3, 10), "ok"), ((3, 13), "ok"), ((3, 14), "problem")]
)
def test_python(python: tuple[int, int], result: str) -> None:
    [check] = _of("python", replace(HERE, python=python))
    assert check.result == result
    assert (check.next == "use Python 3.10 to 3.13") == (result == "problem")


@pytest.mark.parametrize(
    ("name", "version", "found"),
    [
        ("fastapi", "0.151.0", "refuses what workers ask"),
        ("fastapi", "0.154.2", "refuses what workers ask"),
        ("fastapi", "0.155.0", "doesn't start"),
        ("fastapi", "1.0", "doesn't start"),
        ("fastapi", "0.114.9", "needs a newer one"),
        ("sqlalchemy", "2.1.0b1", "makes no runs for cron schedules"),
        ("sqlalchemy", "2.0.35", "needs a newer one"),
        ("prefect", "3.6.30", "lacks calls"),
        ("prefect", "4.0.0", "may have moved"),
        ("prefect", None, "is not installed"),
    ],
)
def test_a_package_that_does_not_fit(name: str, version: str | None, found: str) -> None:
    [check] = _of(name, replace(HERE, versions={**VERSIONS, name: version}))
    assert check.result == "problem"
    assert found in check.found
    assert check.next == f"pip install '{name}>={BOUNDS[name].lowest},<{BOUNDS[name].below}'"


@pytest.mark.parametrize(
    ("name", "version"), [("prefect", "3.7"), ("prefect", "3.99.1.dev3"), ("sqlalchemy", "2.0.36")]
)
def test_a_package_that_fits(name: str, version: str) -> None:
    [check] = _of(name, replace(HERE, versions={**VERSIONS, name: version}))
    assert check.result == "ok"


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("3.9.0", "is older than the one here"),
        ("3.6.9", "doesn't fit"),
        ("4.0", "doesn't fit"),
        ("2.20.1", "doesn't fit"),
    ],
)
def test_a_server_of_another_version(version: str, found: str) -> None:
    [check] = _of("server version", server=replace(WELL, version=version))
    assert check.result == "problem"
    assert found in check.found
    assert "where the server runs" in check.next


@pytest.mark.parametrize("version", ["3.9.1", "3.9.2", "3.10.0"])
def test_a_server_may_be_newer(version: str) -> None:
    [check] = _of("server version", server=replace(WELL, version=version))
    assert check.result == "ok"


def test_a_server_that_does_not_answer_hides_nothing_else() -> None:
    checks = check_all(HERE, ServerHealth("own", "http://h/api", error="it can't be reached; start it"))
    [server] = [check for check in checks if check.subject == "server"]
    assert (server.result, server.found, server.next) == ("problem", "it can't be reached", "start it")
    assert [check.result for check in checks if check.subject in (*BOUNDS, "python", "heartbeats")] == ["ok"] * 5
    assert not {check.subject for check in checks} & {"server version", "leases", "block types", "extras"}


def test_no_server() -> None:
    [temporary] = _of("server", server=ServerHealth("temporary"))
    [none] = _of("server", server=ServerHealth("none"))
    assert (temporary.result, none.result) == ("note", "problem")
    for check in (temporary, none):
        assert "prefect config set PREFECT_API_URL" in check.next


def test_the_database_is_told_guessed_at_never() -> None:
    assert _of("database")[0].result == "ok"
    sqlite = _of("database", server=replace(WELL, database="sqlite"))[0]
    assert sqlite.result == "note"
    assert "PREFECT_SERVER_DATABASE_CONNECTION_URL" in sqlite.next
    assert _of("database", server=replace(WELL, database=""))[0].result == "unknown"


def test_leases() -> None:
    [memory] = _of("leases", server=replace(WELL, facts=ServerFacts(leases_in_memory=True, repossessor=5.0)))
    assert memory.result == "note"
    assert "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE" in memory.next
    [never] = _of("leases", server=replace(WELL, facts=ServerFacts(repossessor=None)))
    assert never.result == "problem"


@pytest.mark.parametrize(
    ("version", "database", "memory", "told"),
    [
        ("3.9.1", "sqlite", False, True),
        ("3.9.1", "", False, True),
        ("3.9.1", "postgresql", False, False),
        ("3.9.1", "sqlite", True, False),
        ("3.8.4", "sqlite", False, False),
    ],
)
def test_the_known_trouble_of_one_release(version: str, database: str, memory: bool, told: bool) -> None:
    facts = ServerFacts(leases_in_memory=memory, repossessor=5.0)
    server = replace(WELL, version=version, database=database, facts=facts)
    assert bool(_of("release", server=server)) == told


def test_what_the_connections_on_the_server_need() -> None:
    blocks = {"aws-credentials": 2, "sqlalchemy-connector": 1}
    lacking = {"aws-credentials": "aws", "sqlalchemy-connector": "mssql"}
    checks = _of("extras", server=replace(WELL, blocks=blocks, lacking=lacking))
    assert [check.result for check in checks] == ["problem"] * 2
    assert [check.next for check in checks] == [
        "pip install 'airflow-compat[aws]'",
        "pip install 'airflow-compat[mssql]'",
    ]
    assert "2 of aws-credentials" in checks[0].found


def test_block_type_and_heartbeats_are_notes() -> None:
    [block_type] = _of("block types", server=replace(WELL, own_type=False))
    [heartbeats] = _of("heartbeats", server=replace(WELL, heartbeats=False))
    assert (block_type.result, heartbeats.result) == ("note", "note")
    assert "prefect block register" in block_type.next
    assert "PREFECT_FLOWS_HEARTBEAT_FREQUENCY" in heartbeats.next


def test_prefect_cloud_is_asked_for_blocks_alone() -> None:
    cloud = ServerHealth("cloud", "https://api.prefect.cloud/api", own_type=True, blocks={})
    assert {check.result for check in check_all(HERE, cloud)} == {"ok"}
    assert not {"database", "leases", "server version"} & {check.subject for check in check_all(HERE, cloud)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("postgresql+psycopg2", ("psycopg2", "postgres")),
        ("mssql+pymssql", ("pymssql", "mssql")),
        ("sqlite+pysqlite", None),
        ("postgresql+asyncpg", None),
    ],
)
def test_the_extra_of_a_driver(text: str, found: tuple[str, str] | None) -> None:
    assert driver_of(text) == found
