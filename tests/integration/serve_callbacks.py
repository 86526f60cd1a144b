"""Serve the flow that calls callbacks: `python serve_callbacks.py NAME ENTRYPOINT`, with FILE_PATH or MODULE_PATH."""

from __future__ import annotations

import sys

from prefect.deployments.runner import EntrypointType

from airflow_compat.callbacks import run_callback

if __name__ == "__main__":
    name, entrypoint = sys.argv[1:]
    run_callback.serve(name, entrypoint_type=EntrypointType[entrypoint], print_starting_message=False)
