"""Operate the shop's DAGs as the tutorial does, in a copy of the project, with a worker in a second terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tally
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from test_snippets import _as_a_reader  # noqa: F401 - a fixture
from test_tutorial import Walk, _environment

PAGE = tally.ROOT / "docs" / "tutorial" / "operate.md"
PROJECT = tally.ROOT / "docs" / "examples" / "shop"


@pytest.fixture
def walk(prefect_server: str, _as_a_reader: None, tmp_path: Path) -> Iterator[Walk]:  # noqa: F811
    """A reader in a copy of the project, and a server without runs of it."""
    with get_client(sync_client=True) as client:
        for each in client.read_flows(flow_filter=FlowFilter(name=FlowFilterName(any_=["orders"]))):
            client.delete_flow(each.id)
    project = tmp_path / "shop"
    shutil.copytree(PROJECT, project)
    script = tmp_path / ".venv" / "bin" / "activate"
    script.parent.mkdir(parents=True)
    script.write_text(f'export PATH="{Path(sys.executable).parent}:$PATH"')
    environment = _environment() | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PREFECT_API_SSL_CERT_FILE": os.environ["PREFECT_API_SSL_CERT_FILE"],
        "PREFECT_API_URL": prefect_server,
        "PREFECT_HOME": str(project / ".prefect"),
    }
    walk = Walk(project, ".", environment, lambda command: command)
    yield walk
    walk.close()


def test_a_task_is_repaired_and_three_days_are_filled_in(walk: Walk) -> None:
    walk.read(PAGE)
    assert len(list(walk.project.glob("dags/*.py"))) == 10
