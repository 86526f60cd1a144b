"""Stand-ins for `airflow.utils.yaml`."""

from __future__ import annotations

from typing import Any

import yaml


def safe_load(stream: Any) -> Any:
    """Return the data of a YAML document."""
    return yaml.safe_load(stream)


def dump(data: Any, **kwargs: Any) -> Any:
    """Return data as a YAML document."""
    return yaml.safe_dump(data, **kwargs)
