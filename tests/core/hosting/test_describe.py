"""Why a host can't load a file, in one line."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from airflow_compat.hosting._child.describe import described

_FRAMES = """Traceback (most recent call last):
  File "/dags/etl.py", line 3, in <module>
    import shop
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{_FRAMES}ModuleNotFoundError: No module named 'shop'\n", "ModuleNotFoundError: No module named 'shop'"),
        (
            f"{_FRAMES}AirflowTaskTimeout: DagBag import timeout for etl.py after 30.0s.\nSee:\n* https://a.b, PID: 7",
            "AirflowTaskTimeout: DagBag import timeout for etl.py after 30.0s.",
        ),
        (
            '  File "/dags/etl.py", line 3\n    def (\n        ^\nSyntaxError: invalid syntax',
            "SyntaxError: invalid syntax",
        ),
        ("Cycle detected in DAG: etl\n", "Cycle detected in DAG: etl"),
        ("  \n", "unknown"),
    ],
)
def test_the_reason_is_the_first_line_of_the_message(text: str, reason: str) -> None:
    bag = SimpleNamespace(dags={}, import_errors={"/dags/etl.py": text})
    assert described(bag)["errors"] == [reason]
