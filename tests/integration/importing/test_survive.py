"""An import whose server is killed half-way: finished items exist, and the next import completes the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from airflow_compat import Connection, importing
from airflow_compat._airflow.export_data import Export
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord

if TYPE_CHECKING:
    from own_server import OwnServer


def test_killed_server_keeps_all_finished_items(own_server: OwnServer) -> None:
    export = Export(
        connections=tuple(Connection(f"c{index}", "sftp", password="p") for index in range(12)),
        variables=tuple(VariableRecord(f"v{index}", index) for index in range(8)),
        pools=(Pool("p", 2),),
    )

    def kill_half_way(outcome: importing.Outcome) -> None:
        if outcome.item.id == "v2":
            own_server.kill()

    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
        outcomes = importing.apply(importing.plan(export), progress=kill_half_way)
        done = {outcome.item.id for outcome in outcomes if outcome.done}
        assert len(outcomes) == 21
        assert {"c0", "c11", "v0", "v2"} <= done
        failed = {outcome.item.id for outcome in outcomes if outcome.error}
        assert failed == {f"v{index}" for index in range(3, 8)} | {"p"}
        own_server.start()
        items = importing.plan(export)
        assert {item.id for item in items if item.action == "unchanged"} == done
        assert all(outcome.done for outcome in importing.apply(items))
        assert {item.action for item in importing.plan(export)} == {"unchanged"}
