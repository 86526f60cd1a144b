"""Documentation texts of DAGs and task groups."""

from __future__ import annotations

from pathlib import Path


def markdown(text: str | None) -> str | None:
    """Return the content of a Markdown file if the text is its path, as Airflow does; otherwise the text itself."""
    if text is not None and text.endswith(".md"):
        try:
            return Path(text).read_text()
        except FileNotFoundError:
            return text
    return text
