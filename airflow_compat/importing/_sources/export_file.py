"""A path: a file that `airflow connections|variables|pools export` wrote, in JSON, YAML or `.env`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .._airflow.export_data import Export
from .._airflow.export_text import NotAnExportError, repeated
from .._airflow.exports import parse_export
from .._airflow.resolve import Rank
from ..errors import InvalidExportError

RANK = Rank.DATABASE


def matches(source: str) -> bool:  # noqa: ARG001
    """Whether this is a file: all that is no other source is."""
    return True


def name(source: str) -> str:
    """The source in messages."""
    return source


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """What the file holds.

    Raises:
        InvalidExportError: It is missing, can't be read, or isn't an export.
    """
    path = Path(source)
    is_yaml = path.suffix.lower() in (".yaml", ".yml")
    return parse_export(content(path), source, decode_yaml if is_yaml else None)


def content(path: Path) -> bytes:
    """The bytes of an export file.

    Raises:
        InvalidExportError: It is missing, or can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InvalidExportError(
            f"{path}: there is no such file; export it with `airflow connections export {path}`"
        ) from None
    except IsADirectoryError:
        raise InvalidExportError(f"{path}: a directory; give the files in it by name") from None
    except OSError as exc:
        raise InvalidExportError(f"{path}: can't be read ({exc.strerror}); check its permissions") from None


def decode_yaml(data: bytes) -> object:
    """What a YAML file holds, as Airflow's own reader has it: PyYAML, whose YAML 1.1 keeps `1e3` as text.

    Raises:
        NotAnExportError: It is not YAML, or an id is there twice.
    """
    import yaml

    try:
        loader = yaml.SafeLoader(data)
        node = loader.get_single_node()
        if isinstance(node, yaml.MappingNode):
            ids: set[str] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise NotAnExportError("an id in it is not text; check the file")
                if key.value in ids:
                    raise repeated(key.value)
                ids.add(key.value)
        found = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as exc:
        where = f"line {exc.problem_mark.line + 1}" if exc.problem_mark else "somewhere"
        raise NotAnExportError(f"not YAML, or more than plain data ({where}); export it again") from None
    except yaml.YAMLError:
        raise NotAnExportError("not text that YAML allows; export it again") from None
    except RecursionError:
        raise NotAnExportError("nested too deeply for an export; check the file") from None
    except ValueError as exc:
        if isinstance(exc, NotAnExportError):
            raise
        raise NotAnExportError("a date or number in it is none; put it in quotes") from None
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else found
