"""What a process takes at its peak that parses a hundred thousand connections."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from airflow_compat._airflow.exports import parse_export

NUMBER = 100_000


def _export() -> bytes:
    entry = {
        "conn_type": "postgres",
        "login": "user",
        "port": 5432,
        "schema": "sales",
        "extra": '{"sslmode": "require"}',
    }
    entries = {f"conn_{index}": {**entry, "host": f"h{index}", "password": f"p{index}"} for index in range(NUMBER)}
    return json.dumps(entries).encode()


def _measure(file: Path) -> None:
    data = file.read_bytes()
    start = time.perf_counter()
    export = parse_export(data, "connections.json")
    seconds = time.perf_counter() - start
    assert len(export.connections) == NUMBER
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{NUMBER} connections of {len(data) / 2**20:.0f} MiB parsed in {seconds:.2f} s, peak {peak:.0f} MiB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(Path(sys.argv[1]))
    else:
        # The export is made in another process: what that takes is not the parser's.
        with tempfile.NamedTemporaryFile() as file:
            file.write(_export())
            file.flush()
            subprocess.run([sys.executable, __file__, file.name], check=True)
