"""What an artifact is to hold: tables, links and markdown, and what an XCom value is shown as."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .._airflow.names import artifact_key
from ..errors import InvalidArtifactError, InvalidNameError

ArtifactType = Literal["table", "markdown"]
Rows = list[dict[str, Any]]

_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class ArtifactSpec:
    """An artifact.

    Attributes:
        id: The key as it was given.
        key: Prefect's key for it.
        type: What Prefect shows it as; a link is markdown to it.
        data: The text, or a table's rows as JSON.
        description: Markdown above it.
    """

    id: str
    key: str
    type: ArtifactType
    data: str
    description: str | None = None


def markdown_artifact(id_: str, text: str, description: str | None = None) -> ArtifactSpec:
    """Markdown, without the indentation that it has in the code."""
    if not isinstance(text, str):
        raise InvalidArtifactError(f"artifact {id_!r}: markdown is {type(text).__name__}, not text; give text")
    return ArtifactSpec(id_, _key(id_), "markdown", dedented(text), description and dedented(description))


def link_artifact(id_: str, url: str, text: str | None = None, description: str | None = None) -> ArtifactSpec:
    """A link."""
    if not isinstance(url, str) or not url or re.search(r"\s", url):
        raise InvalidArtifactError(f"artifact {id_!r}: what is to be its link is no URL; write one such as https://...")
    label = re.sub(r"([\\\[\]])", r"\\\1", text or url)
    return ArtifactSpec(id_, _key(id_), "markdown", f"[{label}](<{url}>)", description and dedented(description))


def table_artifact(id_: str, rows: object, description: str | None = None) -> ArtifactSpec:
    """A table."""
    data = json.dumps(_rows(id_, rows), ensure_ascii=False)
    return ArtifactSpec(id_, _key(id_), "table", data, description and dedented(description))


def artifact_of_value(id_: str, value: Any, description: str | None = None) -> ArtifactSpec:
    """What a value is shown as: rows and dicts as a table, a URL as a link, text as markdown, all else as JSON."""
    if isinstance(value, str):
        is_url = _URL.fullmatch(value)
        return (link_artifact if is_url else markdown_artifact)(id_, value, description=description)
    if isinstance(value, Mapping) or (value and _is_rows(value)):
        return table_artifact(id_, value, description)
    shown = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return markdown_artifact(id_, f"```json\n{shown}\n```", description)


def dedented(text: str) -> str:
    """Text without the indentation that all its lines share: Prefect shows indented markdown as code."""
    return textwrap.dedent(text).strip("\n")


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in markdown."""
    lines = [header, ["---"] * len(header), *([_markdown_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _key(id_: str) -> str:
    try:
        return artifact_key(id_)
    except InvalidNameError:
        raise InvalidArtifactError("an artifact has an empty key; give it one such as 'rows-loaded'") from None


def _rows(id_: str, rows: Any) -> list[Any]:
    """The rows, in the forms that Prefect shows: of dicts, or of lists."""
    if isinstance(rows, Mapping):
        columns = {str(name): column for name, column in rows.items()}
        if columns and all(isinstance(column, (list, tuple)) for column in columns.values()):
            if len({len(column) for column in columns.values()}) > 1:
                raise InvalidArtifactError(f"artifact {id_!r}: the table's columns are not equally long; fill them up")
            return [dict(zip(columns, map(_cell, row), strict=True)) for row in zip(*columns.values(), strict=True)]
        return [{"key": name, "value": _cell(value)} for name, value in columns.items()]
    if not _is_rows(rows):
        raise InvalidArtifactError(
            f"artifact {id_!r}: a table is a list of dicts, a list of lists, or a dict of columns, not "
            f"{type(rows).__name__}; of a DataFrame give frame.to_dict('records')"
        )
    return [
        {str(name): _cell(cell) for name, cell in row.items()} if isinstance(row, Mapping) else list(map(_cell, row))
        for row in rows
    ]


def _is_rows(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and (
        all(isinstance(row, Mapping) for row in value) or all(isinstance(row, (list, tuple)) for row in value)
    )


def _cell(value: Any) -> Any:
    """A value that a table can show."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _markdown_cell(cell: object) -> str:
    text = "" if cell is None else " ".join(str(cell).split())
    return re.sub(r"([\\|`<>\[\]*_])", r"\\\1", text)
