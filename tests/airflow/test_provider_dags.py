"""Operators, sensors and hooks of providers, in a host and under Airflow's own `dag.test()`: do they end alike?

States, tries, XComs, rendered fields, errors and what arrives at the services are compared. The DAGs for SQL and
HTTP are compared with the recorded results of Airflow.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from provider_cases import replaced
from provider_services import Services, services
from real_airflow import MAJOR, VERSION

for module in ("amazon", "cncf.kubernetes", "postgres", "sftp"):
    pytest.importorskip(f"airflow.providers.{module}")
# Of the DAGs for SQL and HTTP. All have hundreds of tasks.
QUICK = ("http_hook", "http_deferred", "postgres_hook", "sqlite_hook", "transfers")
VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
HERE = Path(__file__).parent
RECORDED = json.loads((HERE.parent / "data" / "airflow_providers.json").read_text())[MAJOR]["cases"]

pytestmark = [
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python with Prefect and moto"),
]

_CHANGING = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": "UUID",
    r"'ReceiptHandle': '[^']*'": "'ReceiptHandle': HANDLE",
    r"0x[0-9a-f]{6,}": "ADDRESS",
    # `dag.test()` of Airflow 3 makes it of the current time.
    r"'run_id': 'manual__[^']*'": "'run_id': RUN",
}


def _run(python: str, script: str, home: Path, *arguments: str) -> None:
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(HERE.parent)]).strip(os.pathsep)
    command = [python, str(HERE / script), str(home), *arguments]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=800)
    # Shown if the test fails: why tasks have failed.
    print(done.stderr)
    assert done.returncode == 0, done.stderr[-4000:]


def _found(home: Path, using: Services) -> dict[str, Any]:
    """What a side did, without what differs in each run."""
    found = json.loads((home / "found.json").read_text())
    names = {using.http: "HTTP", str(home): "HOME"}

    def shown(text: str | None) -> str | None:
        if text is not None:
            text = replaced(text, names)
            for pattern, name in _CHANGING.items():
                text = re.sub(pattern, name, text)
        return text

    notes = [json.loads(line) for line in (home / "notes").read_text().splitlines()]
    noted = {(dag_id, task_id): note for dag_id, task_id, note in notes}
    for dag_id, instances in found.items():
        for task_id, instance in instances.items():
            note = noted.get((dag_id, task_id), {"fields": {}, "error": None})
            instance["xcoms"] = {key: shown(text) for key, text in instance["xcoms"].items()}
            instance["fields"] = {name: shown(text) for name, text in note["fields"].items()}
            instance["error"] = shown(note["error"])
    return {dag_id: found[dag_id] for dag_id in sorted(found)}


@pytest.fixture(scope="module")
def using(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with services(tmp_path_factory.mktemp("files"), os.environ[VARIABLE]) as found:
        yield found


def _airflow(home: Path, using: Services) -> dict[str, Any]:
    (home / "connections.json").write_text(json.dumps(using.connections(home)))
    _run(sys.executable, "provider_dags_airflow_side.py", home)
    return {**_found(home, using), "arrived": using.reset()}


def _in_host(home: Path, using: Services, dag_ids: Iterable[str]) -> dict[str, Any]:
    (home / "connections.json").write_text(json.dumps(using.connections(home)))
    _run(os.environ[VARIABLE], "provider_dags_prefect_side.py", home, sys.executable, MAJOR, *dag_ids)
    return {**_found(home, using), "arrived": using.reset()}


def _assert_equal(host: dict[str, Any], airflow: dict[str, Any]) -> None:
    assert host.keys() == airflow.keys()
    different = {
        (dag_id, task_id): (host[dag_id].get(task_id), instance)
        for dag_id in airflow.keys() - {"arrived"}
        for task_id, instance in airflow[dag_id].items()
        if host[dag_id].get(task_id) != instance
    }
    assert different == {}
    assert host["arrived"] == airflow["arrived"]


def test_hosted_tasks_of_providers_end_as_in_airflow(tmp_path_factory: pytest.TempPathFactory, using: Services) -> None:
    airflow = _airflow(tmp_path_factory.mktemp("airflow"), using)
    ids = (airflow.keys() - {"arrived"}) | set(QUICK)
    host = _in_host(tmp_path_factory.mktemp("host"), using, ids)
    _assert_equal(host, {**{name: RECORDED[name] for name in QUICK}, **airflow})


@pytest.mark.stress
def test_all_hosted_tasks_for_sql_and_http_end_as_in_airflow(tmp_path: Path, using: Services) -> None:
    _assert_equal(_in_host(tmp_path, using, RECORDED), {**RECORDED, "arrived": []})


def test_classes_of_many_providers_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, set[str]] = {}
    for file in (HERE / "provider_dags").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            module = getattr(node, "module", None) or ""
            if isinstance(node, ast.ImportFrom) and module.startswith("airflow.providers."):
                provider = re.split(r"\.(?:aws|operators|sensors|hooks|transfers)\b", module)[0]
                found.setdefault(provider, set()).update(name.name for name in node.names)
    found.pop("airflow.providers.standard")
    number = sum(map(len, found.values()))
    with capsys.disabled():
        print(f"{number} classes of {len(found)} providers are in the DAGs that are compared with Airflow {VERSION}.")
    assert number >= 25
    assert len(found) >= 8
