"""Compares an assessment with an earlier one."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RewriteError
from ._assessment import Assessment


@dataclass(frozen=True)
class Change:
    """The difference between two assessments.

    Attributes:
        gone: The number of problems that only the earlier assessment has.
        new: The number of problems that only the new assessment has.
        minutes: The minimum and maximum effort of the earlier assessment.
        dags: The number of DAGs in the earlier assessment, by verdict.
    """

    gone: int
    new: int
    minutes: tuple[int, int]
    dags: Mapping[str, int]


def change_since(path: str | os.PathLike[str], now: Assessment) -> Change:
    """Compare an assessment with an earlier one, which `--json` saved.

    Raises:
        RewriteError: The file is not an assessment.
    """
    try:
        data: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        before = Counter(_key(issue) for file in data["files"] for issue in file["issues"])
        before += Counter(_key(issue) for issue in data["shared"])
        low, high = data["minutes"]
        dags = {str(name): int(number) for name, number in data["dags"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise RewriteError(f"{path} is not an assessment. Save one with `airflow-compat assess dags --json`") from None
    after = Counter((issue.code, issue.path, issue.message) for issue in now.issues)
    return Change((before - after).total(), (after - before).total(), (int(low), int(high)), dags)


def _key(issue: Mapping[str, Any]) -> tuple[str, str, str]:
    # Line numbers are left out, because edits move lines.
    return issue["code"], issue["path"], issue["message"]
