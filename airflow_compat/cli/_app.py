"""The command's entry: the app, and how a user's mistake ends: one line on standard error, and exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from rich.console import Console

from .. import __version__
from ..errors import AirflowCompatError
from .automations import app as automations_app
from .backfill import backfill
from .catch_up import catch_up
from .deployments import app as deployments_app
from .doctor import SETTINGS_REFUSED, doctor
from .importing import import_sources
from .metrics import app as metrics_app
from .pools import app as pools_app
from .work_pools import app as work_pools_app

app: App = App(
    name="airflow-compat",
    help="Move from Apache Airflow to Prefect, piece by piece.",
    version=__version__,
    help_epilogue="Exit codes: 0 done, 1 something was not done, 2 wrong use or unusable input.",
)
app.command(import_sources, name="import")
app.command(pools_app)
app.command(automations_app)
app.command(work_pools_app)
app.command(metrics_app)
app.command(backfill, name="backfill")
app.command(catch_up, name="catch-up")
app.command(deployments_app)
app.command(doctor, name="doctor")
app.register_install_completion_command(help="Have this shell complete the command.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    try:
        code = run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read it, such as `head`, has seen enough. Python would flush the rest at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command; the exit code."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
    try:
        return app(arguments, exit_on_error=False, print_error=False, result_action="return_value") or 0
    except CycloptsError as exc:
        errors.print(f"airflow-compat: {exc}")
        return 2
    except AirflowCompatError as exc:
        errors.print(f"airflow-compat: {exc}")
        return 2
    except ValueError as exc:
        # Prefect's model of its settings refuses them as it is imported; its message may quote a secret.
        if getattr(exc, "title", "") != "Settings":
            raise
        errors.print(f"airflow-compat: {SETTINGS_REFUSED}")
        return 2
