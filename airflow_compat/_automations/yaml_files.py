"""Prefect's YAML of automations: read and written as `prefect automation create --from-file` has it, by PyYAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .._files.yaml_documents import yaml_documents
from .._specs.automation_plan import AutomationItem
from .._specs.automations import AutomationSpec
from ..errors import AirflowCompatError, AlertFileError
from .documents import documents_from_items, spec_from_document


def specs_of_yaml(path: Path, data: bytes, *, owner: str) -> list[AutomationSpec]:
    """The automations of a file: one, a list of them, or a list below `automations`.

    Raises:
        AlertFileError: It is no YAML, or what it holds is no automation; the message names the line and the field.
    """
    specs: list[AutomationSpec] = []
    lines: dict[str, int] = {}
    for line, document in yaml_documents(path, data, "automations", AlertFileError):
        where = f"{path}, line {line}"
        if not isinstance(document, Mapping):
            kind = type(document).__name__
            raise AlertFileError(f"{where}: a {kind} stands for an automation; write its name, trigger and actions")
        if isinstance(name := document.get("name"), str):
            where += f", automation {name!r}"
        try:
            spec = spec_from_document(document, owner=owner)
        except AirflowCompatError as error:
            raise AlertFileError(f"{where}: {error}") from None
        if spec.key in lines:
            raise AlertFileError(f"{where}: the one of line {lines[spec.key]} has its key, too; give each a `key:`")
        lines[spec.key] = line
        specs.append(spec)
    if not specs:
        raise AlertFileError(f"{path}: there is no automation in it; write one as for `prefect automation create`")
    return specs


def to_yaml(items: tuple[AutomationItem, ...]) -> str:
    """A file of what a plan's items are to be."""
    # Sets of labels are one object in several places; a reader wants to see each.
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    dumper.add_representer(str, _text)
    content = {"automations": documents_from_items(items)}
    return str(yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=float("inf")))


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
