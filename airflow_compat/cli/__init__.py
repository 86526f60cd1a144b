"""The `airflow-compat` command: parses, calls the public functions, prints."""

from __future__ import annotations

from .main import main

__all__ = ["main"]
