"""A run that is not started fires an alert once, when the server marks it as late."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

from alert_receiver import PAYLOAD, receiving
from own_server import OwnServer, running
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from airflow_compat import automations


def test_a_late_start(tmp_path: Path) -> None:
    server = OwnServer(tmp_path, environment={"PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "1"})
    with running(server), receiving() as receiver:
        Webhook(method="POST", url=receiver.url).save("pager")
        alerts = [
            automations.on_late_start(
                f"etl-{name}", grace=grace, webhook="pager", key=name, payload=PAYLOAD.replace("KEY", name)
            )
            for name, grace in (("mark", None), ("grace", timedelta(seconds=10)), ("other", None))
        ]
        assert all(outcome.done for outcome in automations.apply(alerts))
        expected: Counter[tuple[str, str]] = Counter()
        now = datetime.now(timezone.utc)
        with get_client(sync_client=True) as client:
            for name in ("mark", "grace"):
                deployment = client.create_deployment(client.create_flow_from_name(f"etl-{name}"), "prod")
                late, on_time = (
                    client.create_flow_run_from_deployment(deployment, state=Scheduled(scheduled_time=moment))
                    for moment in (now - timedelta(hours=1), now + timedelta(hours=1))
                )
                assert late.id != on_time.id
                expected[name, f"prefect.flow-run.{late.id}"] += 1
        assert receiver.wait(lambda counted: counted.total() >= expected.total(), 60) == expected
