"""DAG files into a `prefect.yaml`: read, joined with what the file has, checked, and written in one go."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .._airflow.dag_problems import Problem
from .._airflow.dag_source import DagFile
from .._sources.dag_files import rare_collections
from .._specs.deployments import DeploymentSpec, GenerateOptions, deployment_specs
from ..errors import PrefectFileError
from .check import check_text
from .merge import EntryChange, merge


@dataclass(frozen=True)
class Generated:
    """What a `prefect.yaml` is to be.

    Attributes:
        path: The file.
        before: Its text until now; None where there is none.
        text: Its text from now on.
        entries: What happens to each DAG's entry.
        problems: What the entries don't say, or say in another way; and what else is wrong with the file.
        schemas: The JSON schemas of each DAG's params, by dag_id; Prefect makes its own of the flow's function.
    """

    path: Path
    before: str | None = field(repr=False)
    text: str = field(repr=False)
    entries: tuple[EntryChange, ...]
    problems: tuple[Problem, ...]
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return self.before != self.text

    @property
    def diff(self) -> str:
        """What changes in the file, as `diff -u` has it."""
        before = (self.before or "").splitlines(keepends=True)
        after = self.text.splitlines(keepends=True)
        return "".join(difflib.unified_diff(before, after, str(self.path), str(self.path)))

    def write(self) -> None:
        """Write the file, where it changes: wholly or not at all.

        Raises:
            PrefectFileError: It can't be written, or somebody else has written it since it was read.
        """
        if not self.changes:
            return
        if read_text(self.path) != self.before:
            raise PrefectFileError(f"{self.path}: it was changed meanwhile; generate it again")
        write_atomically(self.path, self.text)


def make_prefect_yaml(
    files: Iterable[DagFile], path: Path, options: GenerateOptions, *, git: str = "", branch: str = "", image: str = ""
) -> Generated:
    """What the file is to be, after it was checked.

    Raises:
        PrefectFileError: The file can't be read, or is no YAML.
        DagFileError: The pattern of entrypoints is none.
    """
    before = read_text(path)
    specs, problems = deployment_specs(files, options)
    if image:
        options = _with_image(options)
    with rare_collections():
        text, entries = merge(before or "", specs, options, {**_build(image), **_pull(git, branch)}, path)
    found = [
        *problems,
        *_not_deployable(specs, text, options),
        *_left_on_the_server(specs, entries),
        *check_text(text, path),
    ]
    schemas = {spec.dag.dag_id: spec.schemas for spec in specs if spec.schemas}
    return Generated(path, before, text, entries, tuple(found), schemas)


def _not_deployable(specs: tuple[DeploymentSpec, ...], text: str, options: GenerateOptions) -> Iterable[Problem]:
    if specs and not options.work_pool and "work_pool" not in text:
        yield Problem(
            specs[0].dag.path,
            "no deployment has a work pool, so none can be deployed unattended; name one with --work-pool",
            level="warning",
        )


def _left_on_the_server(specs: tuple[DeploymentSpec, ...], entries: tuple[EntryChange, ...]) -> Iterable[Problem]:
    for spec, entry in zip(specs, entries, strict=True):
        if entry.action == "update" and "schedules" in entry.keys and not spec.values.get("schedules"):
            yield Problem(
                spec.dag.path,
                "it has no schedule any more, and `prefect deploy` leaves the server's; clear them there, by "
                "`prefect deployment schedule clear`",
                spec.dag.line,
                spec.dag.dag_id,
                "warning",
            )


def read_text(path: Path) -> str | None:
    """The file's text, line ends and all; None where there is no file.

    Raises:
        PrefectFileError: It can't be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise PrefectFileError(f"{path}: it can't be read ({exc.strerror}); give another path") from None
    except UnicodeDecodeError:
        raise PrefectFileError(f"{path}: it isn't in UTF-8; save it so") from None


def write_atomically(path: Path, text: str) -> None:
    """Put the text in the place of the file: whoever reads it finds the old one or the new one, and never a half.

    Raises:
        PrefectFileError: It can't be written; the old file is still there.
    """
    # A link stays one.
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", delete=False, encoding="utf-8", newline=""
        ) as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).chmod(mode if mode is not None else 0o666 & ~_umask())
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as exc:
        raise PrefectFileError(f"{path}: it can't be written ({exc.strerror}); give another path") from None


def _umask() -> int:
    # Nothing tells it without setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _pull(git: str, branch: str) -> dict[str, Any]:
    if not git:
        return {}
    try:
        parts = urlsplit(git)
    except ValueError:
        raise PrefectFileError("--git: it is no URL; write it as for `git clone`") from None
    # The user of ssh is no secret; that of HTTP may be a token.
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise PrefectFileError(
            "--git: the URL has credentials in it; leave them out, and name a block with `credentials:`"
        )
    step: dict[str, Any] = {"repository": git}
    if branch:
        step["branch"] = branch
    return {"pull": [{"prefect.deployments.steps.git_clone": step}]}


def _build(image: str) -> dict[str, Any]:
    if not image:
        return {}
    name, _, tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "latest")
    build = {"id": "build_image", "requires": "prefect-docker", "image_name": name, "tag": tag, "dockerfile": "auto"}
    push = {"requires": "prefect-docker", "image_name": "{{ build_image.image_name }}", "tag": "{{ build_image.tag }}"}
    return {
        "build": [{"prefect_docker.deployments.steps.build_docker_image": build}],
        "push": [{"prefect_docker.deployments.steps.push_docker_image": push}],
    }


def _with_image(options: GenerateOptions) -> GenerateOptions:
    variables = {**options.job_variables, "image": "{{ build_image.image }}"}
    return GenerateOptions(**{**vars(options), "job_variables": variables})
