"""Alerts of DAG files that can't be loaded stay on the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dag_runs import write

from airflow_compat import automations
from airflow_compat.automations._server import read_automations
from airflow_compat.callbacks import run_callback
from airflow_compat.cli._app import run
from airflow_compat.errors import UnsupportedFeatureWarning

_DAG = """
    from datetime import timedelta
    from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference

    async def late(context): ...

    dag = DAG("{dag_id}", schedule=None, deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=timedelta(hours=1), callback=AsyncCallback(late)
    ))
"""
_ALERTS = """
    from airflow_compat.dags import alerts

    ALERTS = alerts.read("dags", callback_deployment="run-callback/{deployment}")
"""


@pytest.fixture
def owner(unique: str) -> Iterator[str]:
    yield unique
    automations.delete(owner=unique)


def _held(owner: str) -> set[str]:
    return {each.key.removeprefix("on_deadline:") for each in read_automations(owner)}


def test_prune_deletes_nothing_while_a_file_is_broken(
    unique: str, owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run_callback.to_deployment(unique).apply()
    folder = tmp_path / "dags"
    folder.mkdir()
    for name in ("kept", "broken", "removed"):
        write(folder, name, _DAG.format(dag_id=name))
    file = write(tmp_path, "dag_alerts", _ALERTS.format(deployment=unique)).name

    def call(*arguments: str) -> tuple[int, str]:
        code = run(["automations", *arguments, file, "--owner", owner])
        shown = capsys.readouterr()
        return code, " ".join((shown.out + shown.err).split())

    assert call("apply")[0] == 0
    assert _held(owner) == {"kept 1", "broken 1", "removed 1"}

    (folder / "removed.py").unlink()
    write(folder, "broken", "from airflow.sdk import DAG\nDAG(")
    reason = "DAG files that can't be loaded may need the alert: dags/broken.py"
    with pytest.warns(UnsupportedFeatureWarning, match=r"dags/broken\.py"):
        code, shown = call("prune")
    assert (code, "nothing was deleted" in shown, reason in shown) == (2, True, True)
    with pytest.warns(UnsupportedFeatureWarning, match=r"dags/broken\.py"):
        code, shown = call("plan", "--prune", "--json")
    assert (code, shown.count('"refused"'), shown.count('"unchanged"')) == (1, 2, 1)
    assert reason in shown
    with pytest.warns(UnsupportedFeatureWarning, match=r"dags/broken\.py"):
        assert call("apply")[0] == 0

    # A folder without any alert gives `prune` nothing to keep.
    (folder / "kept.py").unlink()
    assert call("prune")[0] == 2
    assert _held(owner) == {"kept 1", "broken 1", "removed 1"}

    write(folder, "broken", _DAG.format(dag_id="broken"))
    assert call("prune")[0] == 0
    assert _held(owner) == {"broken 1"}
