"""Execute runs of both flows with given parameters in a runner, as `flow.serve` does, then exit.

The arguments are the deployments' name, and a JSON list of `[flow's name, parameters]`. Prints the runs' ids.
"""

from __future__ import annotations

import asyncio
import json
import sys

from callbacks_worker_flow import dies, slow
from prefect.client.orchestration import get_client
from prefect.runner import Runner


def main(name: str, runs: list[tuple[str, dict[str, str]]]) -> None:
    runner = Runner(name=name, limit=None, pause_on_shutdown=False)
    deployments = {flow.name: runner.add_flow(flow, name=name) for flow in (dies, slow)}
    with get_client(sync_client=True) as client:
        for flow, parameters in runs:
            run = client.create_flow_run_from_deployment(deployments[flow], parameters=parameters)
            print(run.id, flush=True)
    asyncio.run(runner.start(run_once=True))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
