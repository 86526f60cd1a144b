"""Generate a `prefect.yaml` from DAG files: read them, merge the entries into the existing file, check and write it."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .._dag_source.dags import DagFile
from .._dag_source.problems import Problem
from ..errors import PrefectFileError
from ._check import check_text
from ._entrypoints import holds_dag_flows
from ._merge import EntryChange, merge
from ._specs import DeploymentSpec, GenerateOptions, deployment_specs


@dataclass(frozen=True)
class Generated:
    """The generated content of a `prefect.yaml`.

    Attributes:
        path: The file.
        before: The file's current text; None if it doesn't exist.
        text: The file's new text.
        entries: The change to each DAG's entry.
        problems: The problems of the file, and those parts of the DAGs that the entries lack or express differently.
        schemas: For each dag_id: the JSON schemas of the DAG's params. Prefect generates its own schema from the flow's
            function.
    """

    path: Path
    before: str | None = field(repr=False)
    text: str = field(repr=False)
    entries: tuple[EntryChange, ...]
    problems: tuple[Problem, ...]
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def changes(self) -> bool:
        return self.before != self.text

    @property
    def diff(self) -> str:
        """The changes in the format of `diff -u`."""
        before = (self.before or "").splitlines(keepends=True)
        after = self.text.splitlines(keepends=True)
        return "".join(difflib.unified_diff(before, after, str(self.path), str(self.path)))

    def write(self) -> None:
        """If the file's text has changed, write it atomically.

        Raises:
            PrefectFileError: The file can't be written, or was changed since it was read.
        """
        if not self.changes:
            return
        if read_text(self.path) != self.before:
            raise PrefectFileError(f"{self.path}: the file was changed since it was read. Generate the file again")
        write_atomically(self.path, self.text)


def make_prefect_yaml(
    files: Iterable[DagFile], path: Path, options: GenerateOptions, *, git: str = "", branch: str = "", image: str = ""
) -> Generated:
    """Generate the file's new content from DAGs, and check it.

    Raises:
        PrefectFileError: The file can't be read, or isn't YAML.
        DagFileError: `options.entrypoints` is invalid.
    """
    options = replace(options, holds_dag_flows=lambda file: holds_dag_flows(path.parent / file), leaves_dag_flows=True)
    specs, problems = deployment_specs(files, options)
    return make_from_specs(specs, problems, path, options, git=git, branch=branch, image=image)


def make_from_specs(
    specs: tuple[DeploymentSpec, ...],
    problems: Iterable[Problem],
    path: Path,
    options: GenerateOptions,
    *,
    git: str = "",
    branch: str = "",
    image: str = "",
) -> Generated:
    """Generate the file's new content from these entries, and check it.

    Raises:
        PrefectFileError: The file can't be read, or isn't YAML.
    """
    before = read_text(path)
    if image:
        options = replace(options, job_variables={**options.job_variables, "image": "{{ build_image.image }}"})
    text, entries = merge(before or "", specs, options, {**_build(image), **_pull(git, branch)}, path)
    found = (
        *problems,
        *_not_deployable(specs, text, options),
        *_left_on_the_server(specs, entries),
        *check_text(text, path),
    )
    return Generated(
        path, before, text, entries, found, {spec.dag.dag_id: spec.schemas for spec in specs if spec.schemas}
    )


def _not_deployable(specs: tuple[DeploymentSpec, ...], text: str, options: GenerateOptions) -> Iterable[Problem]:
    if specs and not options.work_pool and "work_pool" not in text:
        yield Problem(
            specs[0].dag.path,
            "no deployment has a work pool, so none can be deployed unattended; pass a work pool with --work-pool",
            level="warning",
        )


def _left_on_the_server(specs: tuple[DeploymentSpec, ...], entries: tuple[EntryChange, ...]) -> Iterable[Problem]:
    for spec, entry in zip(specs, entries, strict=True):
        if entry.action == "update" and "schedules" in entry.keys and not spec.values.get("schedules"):
            yield Problem(
                spec.dag.path,
                "the DAG no longer has a schedule, but `prefect deploy` keeps the schedules on the server; remove the "
                "old schedules with `prefect deployment schedule clear`",
                spec.dag.line,
                spec.dag.dag_id,
                "warning",
            )


def read_text(path: Path) -> str | None:
    """Return the file's text with its line ends; None if there is no file.

    Raises:
        PrefectFileError: The file can't be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise PrefectFileError(
            f"{path}: the file can't be read ({exc.strerror}). Check the file, or pass another path"
        ) from None
    except UnicodeDecodeError:
        raise PrefectFileError(f"{path}: the file isn't in UTF-8. Save the file in UTF-8") from None


def write_atomically(path: Path, text: str) -> None:
    """Replace the file's text atomically: other processes read either the old or the new text.

    Raises:
        PrefectFileError: The file can't be written; the old file is unchanged.
    """
    # If the path is a symbolic link, replace the file that the link points to.
    target = Path(os.path.realpath(path))
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            made = Path(folder, target.name)
            with made.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, made)
            made.replace(target)
    except OSError as exc:
        raise PrefectFileError(f"{path}: the file can't be written ({exc.strerror}). Pass another path") from None


def _pull(git: str, branch: str) -> dict[str, Any]:
    if not git:
        return {}
    try:
        parts = urlsplit(git)
    except ValueError:
        raise PrefectFileError("--git: the value is not a URL. Pass a URL that `git clone` takes") from None
    # The user name in an ssh URL is public. In an HTTP URL, the user name may be a token.
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        raise PrefectFileError(
            "--git: the URL contains credentials. Remove the credentials, and name a block with `credentials:`"
        )
    step = {"repository": git, **({"branch": branch} if branch else {})}
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
