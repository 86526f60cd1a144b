"""The modules that are pure, as import-linter's contract lists them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

ROOT = Path(__file__).parents[1]
_CONTRACT = "Rules and values are pure"


def pure_modules() -> dict[str, Path]:
    """Each of them by its name, and its file."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [patterns] = [contract["source_modules"] for contract in contracts if contract["name"].startswith(_CONTRACT)]
    wanted = re.compile("|".join(_expression(pattern) for pattern in patterns))
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((ROOT / "airflow_compat").rglob("*.py"))
    }
    return {name: path for name, path in files.items() if wanted.fullmatch(name)}


def _expression(pattern: str) -> str:
    parts = re.split(r"(\.\*\*|\*)", pattern)
    return "".join({".**": r"\..+", "*": r"[^.]+"}.get(part, re.escape(part)) for part in parts)
