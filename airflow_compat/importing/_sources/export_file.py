"""Reads a source that is a path: a file from `airflow connections|variables|pools export`, in JSON, YAML or `.env`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..._airflow.export_data import Export
from ..._airflow.export_text import NotAnExportError, repeated
from ..._airflow.exports import parse_export
from ...errors import InvalidExportError


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """Return the connections, variables or pools in the file.

    Raises:
        InvalidExportError: The file is missing, unreadable or not an export.
    """
    path = Path(source)
    is_yaml = path.suffix.lower() in (".yaml", ".yml")
    return parse_export(content(path), source, decode_yaml if is_yaml else None)


def content(path: Path) -> bytes:
    """Return the bytes of an export file.

    Raises:
        InvalidExportError: The file is missing or unreadable.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InvalidExportError(
            f"{path}: there is no such file. Create the file with `airflow connections export {path}`."
        ) from None
    except IsADirectoryError:
        raise InvalidExportError(f"{path}: the path is a directory. Pass the files of the directory by name.") from None
    except OSError as exc:
        raise InvalidExportError(
            f"{path}: the file can't be read ({exc.strerror}). Check the file's permissions."
        ) from None


def decode_yaml(data: bytes) -> object:
    """Return the data of a YAML file, which Airflow reads by PyYAML's rules (YAML 1.1): `1e3` is text.

    Raises:
        NotAnExportError: The file is not YAML, or an id is repeated.
    """
    import yaml

    try:
        loader = yaml.SafeLoader(data)
        node = loader.get_single_node()
        if isinstance(node, yaml.MappingNode):
            ids: set[str] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise NotAnExportError("an id in the file is not text. Put the id in quotes.")
                if key.value in ids:
                    raise repeated(key.value)
                ids.add(key.value)
        found = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as exc:
        where = f"line {exc.problem_mark.line + 1}" if exc.problem_mark else "somewhere"
        raise NotAnExportError(
            f"the file is not YAML, or contains more than plain data ({where}). Export the data again."
        ) from None
    except yaml.YAMLError:
        raise NotAnExportError("the file is not text that YAML allows. Export the data again.") from None
    except RecursionError:
        raise NotAnExportError("the file is nested too deeply for an export. Check the file.") from None
    except NotAnExportError:
        raise
    except ValueError:
        raise NotAnExportError(
            "a date or number in the file is invalid. Correct the value, or put it in quotes."
        ) from None
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else found
