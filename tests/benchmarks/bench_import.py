"""What an import costs, each in a process of its own, over a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from measure import compare


def _python(statement: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", statement], check=True)


if __name__ == "__main__":
    compare(
        "import, whole process",
        {
            "a bare interpreter": _python("pass"),
            "import airflow_compat": _python("import airflow_compat"),
            "from airflow_compat import Connection": _python("from airflow_compat import Connection"),
            "from airflow_compat import on_failure, pool": _python("from airflow_compat import on_failure, pool"),
            "from prefect import flow, task": _python("from prefect import flow, task"),
        },
        runs=15,
    )
