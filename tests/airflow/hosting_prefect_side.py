"""Runs `hosted_tasks` with an Airflow host: `python hosting_prefect_side.py HOME PYTHON RELEASE DISCORD_URL`.

With a fifth argument, `rewritten`, it first rewrites the DAG files.

Writes HOME/prefect.json. It is a process of its own, since Prefect has an environment of its own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from hosted_objects import connections, events, variables
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import dags, porting
from airflow_compat.hosting import AirflowHost
from airflow_compat.testing import fake_connections, fake_variables


def main(home: Path, python: str, release: str, url: str) -> None:
    """Run the DAG, and write what happened."""
    environment = {"AIRFLOW_HOME": str(home / "host"), "HOSTED_EVENTS": str(home / "prefect-events")}
    os.environ["HOSTED_EVENTS"] = environment["HOSTED_EVENTS"]
    host = AirflowHost(python, env=environment)
    with fake_connections(connections(url)), fake_variables(variables()):
        result = dags.test(home / "dags" / "hosted_tasks.py", airflow_version=release, host=host)
    (home / "release.txt").write_text(_logged_for_other_release(home, host, "23".replace(release, "")))
    instances = {
        each.name: {"state": each.state, "tries": each.try_number, "xcoms": {}} for each in result.task_instances
    }
    for (task_id, index, key), value in result.xcoms.items():
        name = task_id if index < 0 else f"{task_id}[{index}]"
        instances[name]["xcoms"][key] = repr(value)
    found = {"instances": instances, "events": events(home / "prefect-events")}
    (home / "prefect.json").write_text(json.dumps(found))


def _logged_for_other_release(home: Path, host: AirflowHost, release: Any) -> str:
    """Return the log of a task whose file is loaded for another release than the host's."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("prefect.task_runs").addHandler(handler)
    dags.test(f"{home}/dags/hosted_release.py", airflow_version=release, host=host)
    return "\n".join(lines)


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    if sys.argv[5:] == ["rewritten"]:
        porting.rewrite([HOME / "dags"]).write(force=True)
    with (
        temporary_settings(
            {
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
                PREFECT_LOCAL_STORAGE_PATH: str(HOME / "results"),
                PREFECT_LOGGING_TO_API_ENABLED: False,
            }
        ),
        prefect_test_harness(server_startup_timeout=240),
    ):
        main(HOME, *sys.argv[2:5])
