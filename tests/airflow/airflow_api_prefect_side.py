"""Asks a real Airflow's REST API what tasks ask, and prints the answers.

Arguments: the connection's URI, and optionally a file for the requests and their answers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

sys.path.append(str(Path(__file__).parents[1]))
from airflow_api_scenario import ask_all

from airflow_compat.testing import fake_connections

RECORDED: list[dict[str, Any]] = []


class _Recording(requests.Session):
    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        response = super().request(method, url, *args, **options)
        sent = urlsplit(str(response.request.url))
        RECORDED.append(
            {
                "method": method,
                "path": f"{sent.path}?{sent.query}" if sent.query else sent.path,
                "body": options.get("json"),
                "status": response.status_code,
                "answer": _plain(response.json()) if "json" in response.headers.get("Content-Type", "") else None,
            }
        )
        return response


def _plain(answer: Any) -> Any:
    """Leave out secrets, and paths of this machine."""
    if isinstance(answer, dict):
        answer = {key: _plain(each) for key, each in answer.items() if key not in ("file_token", "fileloc")}
        return {**answer, "access_token": "a-token"} if "access_token" in answer else answer
    return [_plain(each) for each in answer] if isinstance(answer, list) else answer


if __name__ == "__main__":
    import airflow_compat.operators.hooks.http as hook

    hook.Session = _Recording  # type: ignore[misc]
    with fake_connections({"old_airflow": sys.argv[1]}):
        found = ask_all("old_airflow")
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(RECORDED, indent=1) + "\n")
    print(json.dumps(found))
