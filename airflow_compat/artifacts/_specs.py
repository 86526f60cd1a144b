"""Converts tables, links, markdown and XCom values to specs of artifacts."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from .._airflow.names import artifact_key
from ..errors import InvalidArtifactError, InvalidNameError

ArtifactType = Literal["table", "markdown"]
Rows = list[dict[str, Any]]

_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class ArtifactSpec:
    """An artifact to create.

    Attributes:
        id: The key that the user passed.
        key: The key in Prefect, such as `rows-loaded`.
        type: The type in Prefect. A link is stored as markdown.
        data: The text, or a table's rows as JSON.
        description: Markdown to show above the artifact.
    """

    id: str
    key: str
    type: ArtifactType
    data: str
    description: str | None = None


@dataclass(frozen=True)
class ArtifactRecord:
    """A created artifact.

    Attributes:
        id: The artifact's id.
        key: The key in Prefect. `prefect artifact inspect KEY` shows all versions.
        type: The type in Prefect: `table` or `markdown`.
    """

    id: UUID
    key: str
    type: str


def markdown_artifact(id_: str, text: str, description: str | None = None) -> ArtifactSpec:
    if not isinstance(text, str):
        raise InvalidArtifactError(f"Artifact {id_!r}: the markdown is a {type(text).__name__}, not text. Pass a text.")
    return ArtifactSpec(id_, _key(id_), "markdown", dedented(text), description and dedented(description))


def link_artifact(id_: str, url: str, text: str | None = None, description: str | None = None) -> ArtifactSpec:
    if not isinstance(url, str) or not url or re.search(r"\s", url):
        raise InvalidArtifactError(f"Artifact {id_!r}: the link is not a URL. Use for example https://example.com.")
    label = re.sub(r"([\\\[\]])", r"\\\1", text or url)
    return ArtifactSpec(id_, _key(id_), "markdown", f"[{label}](<{url}>)", description and dedented(description))


def table_artifact(id_: str, rows: object, description: str | None = None) -> ArtifactSpec:
    data = json.dumps(_rows(id_, rows), ensure_ascii=False)
    return ArtifactSpec(id_, _key(id_), "table", data, description and dedented(description))


def artifact_of_value(id_: str, value: Any, description: str | None = None) -> ArtifactSpec:
    """Return a spec for a value: rows and dicts as a table, a URL as a link, text as markdown, other values as JSON."""
    if isinstance(value, str):
        return (link_artifact if _URL.fullmatch(value) else markdown_artifact)(id_, value, description=description)
    if isinstance(value, Mapping) or (value and _is_rows(value)):
        return table_artifact(id_, value, description)
    shown = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return markdown_artifact(id_, f"```json\n{shown}\n```", description)


def dedented(text: str) -> str:
    """Remove the common indentation, because Prefect shows indented markdown as code."""
    return textwrap.dedent(text).strip("\n")


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *([_markdown_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _key(id_: str) -> str:
    try:
        return artifact_key(id_)
    except InvalidNameError:
        raise InvalidArtifactError("The artifact's key is empty. Pass a key such as 'rows-loaded'.") from None


def _rows(id_: str, rows: Any) -> list[Any]:
    if isinstance(rows, Mapping):
        columns = {str(name): column for name, column in rows.items()}
        if columns and all(isinstance(column, (list, tuple)) for column in columns.values()):
            if len({len(column) for column in columns.values()}) > 1:
                raise InvalidArtifactError(
                    f"Artifact {id_!r}: the table's columns differ in length. Make all columns equally long."
                )
            return [dict(zip(columns, map(_cell, row), strict=True)) for row in zip(*columns.values(), strict=True)]
        return [{"key": name, "value": _cell(value)} for name, value in columns.items()]
    if not _is_rows(rows):
        raise InvalidArtifactError(
            f"Artifact {id_!r}: the rows have the wrong form ({type(rows).__name__}). Pass a list of dicts, a list of "
            "lists, or a dict of columns; for a DataFrame, pass frame.to_dict('records')."
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
