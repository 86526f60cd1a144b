"""What the DAG of `hosted_dags` needs, and what it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def connections(url: str) -> dict[str, dict[str, Any]]:
    """The connections, with the address of the service that stands for Discord."""
    return {
        "shop": {
            "conn_type": "sqlite",
            "host": "shop.db",
            "login": "me",
            "password": "hunter2-secret",
            "extra": {"a": 1},
        },
        "counts": {"conn_type": "sqlite", "host": ":memory:"},
        "discord": {"conn_type": "discord", "host": url, "extra": {"webhook_endpoint": "webhooks/1/token-secret"}},
    }


def variables() -> dict[str, str]:
    return {"target": "sales", "settings": '{"deep": [1, 2]}'}


def events(file: Path) -> list[Any]:
    """What the callbacks have noted, sorted, since tasks may run at once."""
    return sorted((json.loads(line) for line in file.read_text().splitlines()), key=json.dumps)


FILES = Path(__file__).parent / "hosted_files"


def environment_of_files(home: Path) -> dict[str, str]:
    """The variables that the DAG files of `hosted_files` read, and the packages that only Airflow's environment has."""
    return {
        "AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY": "False",
        "DO_NOT_TRACK": "1",
        "HOSTED_DBT": str(FILES / "dbt"),
        "HOSTED_EVENTS": str(home / "events"),
        "HOSTED_YAML": str(FILES / "yaml"),
        "PYTHONPATH": str(FILES / "host_only"),
    }
