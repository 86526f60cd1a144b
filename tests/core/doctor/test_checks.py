"""Checks of installations and servers, given as data."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_compat.doctor._checks import (
    BOUNDS,
    Check,
    Installation,
    ServerHealth,
    check_all,
    driver_of,
)
from airflow_compat.doctor._run_findings import RunWithoutProcess
from airflow_compat.pools._evidence import ServerFacts

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
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
    lost=(),
)


def _of(subject: str, installation: Installation = HERE, server: ServerHealth = WELL) -> list[Check]:
    return [check for check in check_all(installation, server) if check.subject == subject]


def test_no_problems() -> None:
    checks = check_all(HERE, WELL)
    assert {check.result for check in checks} == {"ok"}
    assert not any(check.next for check in checks)
    assert [check.subject for check in checks] == [
        *("python", "prefect", "fastapi", "sqlalchemy", "server", "server version"),
        *("database", "leases", "block types", "extras", "heartbeats", "runs"),
    ]


def test_the_bounds_are_those_that_the_package_requires() -> None:
    requires = dict(re.findall(r'^    "(\w+)(>=[^"]+)",$', PYPROJECT.read_text(), re.MULTILINE))
    for name, bound in BOUNDS.items():
        assert requires[name] == f">={bound.lowest},<{bound.below}"
        # The first unsupported version has a reason too.
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
        ("fastapi", "0.151.0", "refuses workers' requests"),
        ("fastapi", "0.154.2", "refuses workers' requests"),
        ("fastapi", "0.155.0", "doesn't start"),
        ("fastapi", "1.0", "doesn't start"),
        ("fastapi", "0.114.9", "needs a newer version"),
        ("sqlalchemy", "2.1.0b1", "creates no runs for cron schedules"),
        ("sqlalchemy", "2.0.35", "needs a newer version"),
        ("prefect", "3.6.30", "lacks calls"),
        ("prefect", "4.0.0", "may have moved"),
        ("prefect", None, "is not installed"),
    ],
)
def test_unsupported_package(name: str, version: str | None, found: str) -> None:
    [check] = _of(name, replace(HERE, versions={**VERSIONS, name: version}))
    assert check.result == "problem"
    assert found in check.found
    assert check.next == f"pip install '{name}>={BOUNDS[name].lowest},<{BOUNDS[name].below}'"


@pytest.mark.parametrize(
    ("name", "version"), [("prefect", "3.7"), ("prefect", "3.99.1.dev3"), ("sqlalchemy", "2.0.36")]
)
def test_supported_package(name: str, version: str) -> None:
    [check] = _of(name, replace(HERE, versions={**VERSIONS, name: version}))
    assert check.result == "ok"


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("3.9.0", "is older than the local Prefect"),
        ("3.6.9", "is not supported"),
        ("4.0", "is not supported"),
        ("2.20.1", "is not supported"),
    ],
)
def test_unsupported_server_version(version: str, found: str) -> None:
    [check] = _of("server version", server=replace(WELL, version=version))
    assert check.result == "problem"
    assert found in check.found
    assert "where the server runs" in check.next


def test_zeros_at_the_end_of_a_version_make_no_difference() -> None:
    newest = replace(HERE, versions={**VERSIONS, "prefect": "3.10.0"})
    [check] = _of("server version", newest, replace(WELL, version="3.10"))
    assert check.result == "ok"


@pytest.mark.parametrize("version", ["3.9.1", "3.9.2", "3.10.0"])
def test_a_server_may_be_newer(version: str) -> None:
    [check] = _of("server version", server=replace(WELL, version=version))
    assert check.result == "ok"


def test_other_checks_run_without_an_answer_of_the_server() -> None:
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


def test_database_is_reported_only_if_known() -> None:
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
def test_known_problem_of_a_release(version: str, database: str, memory: bool, told: bool) -> None:
    facts = ServerFacts(leases_in_memory=memory, repossessor=5.0)
    server = replace(WELL, version=version, database=database, facts=facts)
    assert bool(_of("release", server=server)) == told


def test_packages_for_the_connections_on_the_server() -> None:
    blocks = {"aws-credentials": 2, "sqlalchemy-connector": 1}
    lacking = {"aws-credentials": "aws", "sqlalchemy-connector": "mssql"}
    checks = _of("extras", server=replace(WELL, blocks=blocks, lacking=lacking))
    assert [check.result for check in checks] == ["problem"] * 2
    assert [check.next for check in checks] == [
        "pip install 'airflow-compat[aws]'",
        "pip install 'airflow-compat[mssql]'",
    ]
    assert "2 blocks of type aws-credentials" in checks[0].found


def test_block_type_and_heartbeats_are_notes() -> None:
    [block_type] = _of("block types", server=replace(WELL, own_type=False))
    [heartbeats] = _of("heartbeats", server=replace(WELL, heartbeats=False))
    assert (block_type.result, heartbeats.result) == ("note", "note")
    assert "prefect block register" in block_type.next
    assert "PREFECT_FLOWS_HEARTBEAT_FREQUENCY" in heartbeats.next


def test_prefect_cloud_is_only_asked_for_blocks() -> None:
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


@pytest.mark.parametrize(
    ("number", "more"),
    [
        (21, "1 more running flow run has lost its process"),
        (22, "2 more running flow runs have lost their process"),
    ],
)
def test_runs_without_a_process_are_problems(number: int, more: str) -> None:
    lost = tuple(RunWithoutProcess(f"run-{index}", "etl", "its process is gone") for index in range(number))
    checks = _of("runs", server=replace(WELL, lost=lost))
    assert {check.result for check in checks} == {"problem"}
    assert checks[0].found == "flow run 'run-0' of flow 'etl' is shown as running, but its process is gone"
    assert checks[-1].found == more
    assert len(checks) == 21


def test_runs_are_not_checked_without_an_answer() -> None:
    assert _of("runs", server=replace(WELL, lost=None)) == []
