"""The app with all commands. A user's mistake ends with one line on standard error and exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cyclopts import App, CycloptsError
from rich.console import Console

from .. import __version__
from .._prefect.temporary_server import patient_start
from ..errors import AirflowCompatError
from .assess import assess
from .automations import app as automations_app
from .backfills import backfill, catch_up
from .dags import app as dags_app
from .deployments import app as deployments_app
from .doctor import SETTINGS_REFUSED, doctor
from .importing import import_sources
from .metrics import app as metrics_app
from .pools import app as pools_app
from .porting import explain, rewrite
from .runs import app as runs_app
from .work_pools import app as work_pools_app

app: App = App(
    name="airflow-compat",
    help="Move from Apache Airflow to Prefect, piece by piece.",
    version=__version__,
    suppress_keyboard_interrupt=False,
    help_epilogue="Exit codes: 0 done, 1 something was not done, 2 wrong use or unusable input.",
)
for _group in (automations_app, dags_app, deployments_app, metrics_app, pools_app, runs_app, work_pools_app):
    app.command(_group)
for _command in (assess, backfill, catch_up, doctor, explain, rewrite):
    app.command(_command)
app.command(import_sources, name="import")
app.register_install_completion_command(help="Install completion for this shell.", show=False)


def run(arguments: Sequence[str]) -> int:
    """Run the command, and return its exit code."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
    try:
        with patient_start(_starting):
            return app(arguments, exit_on_error=False, print_error=False, result_action="return_value") or 0
    except (CycloptsError, AirflowCompatError) as exc:
        errors.print(f"airflow-compat: {exc}")
    except ValueError as exc:
        # For invalid settings, importing Prefect raises a ValueError whose message may quote a secret.
        if getattr(exc, "title", "") != "Settings":
            raise
        errors.print(f"airflow-compat: {SETTINGS_REFUSED}")
    return 2


@contextmanager
def _starting() -> Iterator[None]:
    # Use `print`: the command's progress bar shows such output above the bar.
    print(
        "airflow-compat: no Prefect server is configured; starting a temporary server, which can take two minutes",
        file=sys.stderr,
        flush=True,
    )
    yield
