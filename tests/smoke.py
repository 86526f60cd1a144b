"""What must work in an environment with the package and nothing more; run with its `python -I`, by `nox -s release`."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path

import airflow_compat

# A machine's own server and profile are none of this test's business.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}


def _command(*arguments: str) -> str:
    script = Path(sysconfig.get_path("scripts")) / "airflow-compat"
    with tempfile.TemporaryDirectory() as home:
        environment = {**ENVIRONMENT, "PREFECT_HOME": home, "DO_NOT_TRACK": "1"}
        ended = subprocess.run([script, *arguments], env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def main() -> None:
    """Import all that is public, and ask the command what it thinks of the installation."""
    folder = Path(airflow_compat.__file__).parent
    assert Path(sysconfig.get_path("purelib")) in folder.parents, f"{folder} is not what was installed"
    assert (folder / "py.typed").exists()
    for module in pkgutil.iter_modules([str(folder)]):
        if not module.name.startswith("_"):
            importlib.import_module(f"airflow_compat.{module.name}")
    for name in airflow_compat.__all__:
        getattr(airflow_compat, name)
    assert _command("--version").strip() == airflow_compat.__version__ == version("airflow-compat")
    checks = json.loads(_command("doctor", "--json"))["checks"]
    print(f"Python {sys.version.split()[0]}:", ", ".join(f"{each['check']} {each['result']}" for each in checks))


main()
