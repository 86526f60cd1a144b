"""Converts a Kubernetes pod to the job variables and the job manifest of a kubernetes pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidWorkPoolError
from ._kubernetes_objects import as_plain
from ._operator_arguments import CONTAINER_RUNS_FLOW, Arguments, has_template
from ._pod_types import check_pod, mapping
from ._secrets import SecretBlocks, refuse_secrets, without_secret_labels

_BASE = "base"
_JOB = "prefect-job"
# Pod fields and the job variables for them; the template has these variables, or they are added to it.
_SPEC_VARIABLES = {
    "affinity": "affinity",
    "imagePullSecrets": "image_pull_secrets",
    "nodeSelector": "node_selector",
    "serviceAccountName": "service_account_name",
    "tolerations": "tolerations",
    "volumes": "volumes",
}
_CONTAINER_VARIABLES = {
    "image": "image",
    "imagePullPolicy": "image_pull_policy",
    "volumeMounts": "volume_mounts",
}
_ADDED = (
    "affinity",
    "annotations",
    "cpu_limit",
    "cpu_request",
    "image_pull_secrets",
    "memory_limit",
    "memory_request",
    "node_selector",
    "tolerations",
    "volume_mounts",
    "volumes",
)


@dataclass
class PodParts:
    """A Kubernetes pod, converted to parts of a work pool.

    Attributes:
        added_variables: Job variables that the template may lack.
        job_manifest: Pod fields that no job variable can set.
        secret_env: Secret environment variables and their blocks.
        notes: Fields that are not supported, and what to do instead.
    """

    job_variables: dict[str, Any] = field(default_factory=dict)
    added_variables: tuple[str, ...] = ()
    job_manifest: dict[str, Any] = field(default_factory=dict)
    secret_env: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parts_of_pod(pod: Mapping[str, Any], where: str, secret_blocks: SecretBlocks) -> PodParts:
    """Convert a pod to parts of a work pool.

    Raises:
        InvalidWorkPoolError: The pod has an unknown field, a field of the wrong type, several containers without one
            named `base`, or a secret where no block can be used.
    """
    check_pod(pod, where)
    arguments = Arguments(where, dict(pod), {"apiVersion", "kind", "metadata", "spec", "status"})
    for name in ("apiVersion", "kind", "status"):
        arguments.take(name)
    parts = PodParts()
    metadata = _metadata(arguments, parts)
    spec = mapping(arguments.take("spec"), where, "spec")
    main, others = _main(spec.pop("containers", None) or [{}], where)
    others = [_beside(each, arguments, secret_blocks) for each in others]
    first = [mapping(each, where, "an init container") for each in spec.pop("initContainers", None) or ()]
    refuse_secrets(spec, where, "spec")
    if first:
        spec["initContainers"] = [_beside(each, arguments, secret_blocks) for each in first]
    _move(spec, _SPEC_VARIABLES, parts)
    if (policy := spec.pop("restartPolicy", None)) not in (None, "Never"):
        arguments.note("restartPolicy", f"Prefect's jobs use Never instead of {policy}; use retries of the flow")
    container = _container(main, arguments, parts, secret_blocks)
    if container or others:
        spec["containers"] = [container, *others]
    if others:
        names = ", ".join(str(each.get("name")) for each in others)
        arguments.note(names, "an additional container; the job only ends when this container ends too")
    if template := {name: value for name, value in (("metadata", metadata), ("spec", spec)) if value}:
        parts.job_manifest = {"spec": {"template": template}}
    parts.added_variables = tuple(name for name in _ADDED if name in parts.job_variables)
    parts.notes = arguments.notes
    return parts


def plain_pod(override: Any, where: str) -> dict[str, Any]:
    """Return a pod in the format of Kubernetes' API, from a `V1Pod` or a dictionary.

    Raises:
        InvalidWorkPoolError: The value is neither a `V1Pod` nor a dictionary, or has a Jinja template.
    """
    pod = as_plain(override)
    if not isinstance(pod, dict):
        raise InvalidWorkPoolError(f"{where} is a {type(override).__name__}. Use a V1Pod(...), or a dictionary.")
    if has_template(pod):
        raise InvalidWorkPoolError(
            f"{where} has a Jinja template, which pools don't render. Replace the template with a value."
        )
    return pod


def _metadata(arguments: Arguments, parts: PodParts) -> dict[str, Any]:
    metadata = mapping(arguments.take("metadata"), arguments.operator, "metadata")
    for name in ("name", "generateName"):
        if metadata.pop(name, None) is not None:
            arguments.note(f"metadata.{name}", "pods are named after their flow runs")
    if (namespace := metadata.pop("namespace", None)) is not None:
        parts.job_variables["namespace"] = namespace
    for name in ("labels", "annotations"):
        texts = {str(key): str(text) for key, text in (metadata.pop(name, None) or {}).items()}
        if texts := without_secret_labels(texts, arguments, name):
            parts.job_variables[name] = texts
    metadata.pop("creationTimestamp", None)
    refuse_secrets(metadata, arguments.operator, "metadata")
    return metadata


def _main(containers: list[Any], where: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    plain = [mapping(each, where, "a container") for each in containers]
    named = [each for each in plain if each.get("name") in (_BASE, _JOB)]
    if len(plain) > 1 and len(named) != 1:
        raise InvalidWorkPoolError(
            f"{where}: of {len(plain)} containers, none or several are named base. Name one container base."
        )
    main = named[0] if named else plain[0]
    return main, [each for each in plain if each is not main]


def _move(given: dict[str, Any], names: Mapping[str, str], parts: PodParts) -> None:
    parts.job_variables |= {variable: value for name, variable in names.items() if (value := given.pop(name, None))}


def _container(
    container: dict[str, Any], arguments: Arguments, parts: PodParts, secret_blocks: SecretBlocks
) -> dict[str, Any]:
    if (name := container.pop("name", _BASE)) not in (_BASE, _JOB):
        arguments.note(f"container {name}", "the container is named prefect-job")
    for each in ("args", "command"):
        if container.pop(each, None):
            arguments.note(each, CONTAINER_RUNS_FLOW)
    _refuse_secrets(container, arguments, _BASE)
    _move(container, _CONTAINER_VARIABLES, parts)
    _environment(container, arguments, parts, secret_blocks)
    _resources(container, arguments, parts)
    return container


def _resources(container: dict[str, Any], arguments: Arguments, parts: PodParts) -> None:
    resources = mapping(container.pop("resources", None), arguments.operator, "resources")
    for kind in ("requests", "limits"):
        quantities = dict(resources.pop(kind, None) or {})
        for resource in ("cpu", "memory"):
            if (quantity := quantities.pop(resource, None)) is not None:
                parts.job_variables[f"{resource}_{kind[:-1]}"] = str(quantity)
        if quantities:
            resources[kind] = {name: str(quantity) for name, quantity in quantities.items()}
    container |= {"resources": resources} if resources else {}


def _environment(container: dict[str, Any], arguments: Arguments, parts: PodParts, secret_blocks: SecretBlocks) -> None:
    variables = _variables(container.pop("env", None), arguments)
    texts, parts.secret_env = secret_blocks.without_secrets(_texts(variables), arguments, "env")
    if texts:
        parts.job_variables["env"] = texts
    if others := [each for each in variables if "valueFrom" in each]:
        container["env"] = others


def _beside(container: dict[str, Any], arguments: Arguments, secret_blocks: SecretBlocks) -> dict[str, Any]:
    """Return an additional container that refers to blocks for its secrets; each run resolves these references."""
    name = str(container.get("name"))
    _refuse_secrets(container, arguments, name)
    if not container.get("env"):
        return container
    variables = _variables(container["env"], arguments)
    _, blocks = secret_blocks.without_secrets(_texts(variables), arguments, f"env of {name}", container=name)
    references = {key: f"{{{{ prefect.blocks.secret.{block} }}}}" for key, block in blocks.items()}
    env = [
        {**each, "value": references[str(each.get("name"))]}
        if "value" in each and each.get("name") in references
        else each
        for each in variables
    ]
    return {**container, "env": env}


def _refuse_secrets(container: dict[str, Any], arguments: Arguments, name: str) -> None:
    rest = {key: value for key, value in container.items() if key != "env"}
    refuse_secrets(rest, arguments.operator, f"container {name}")


def _variables(env: Any, arguments: Arguments) -> list[dict[str, Any]]:
    """Return the variables. As in Kubernetes, the last of several variables with the same name applies."""
    latest: dict[str, dict[str, Any]] = {}
    for each in env or ():
        variable = mapping(each, arguments.operator, "a variable of env")
        if not (name := str(variable.get("name", ""))):
            raise InvalidWorkPoolError(f"{arguments.operator}: a variable of env has no name. Add the name.")
        if variable.get("value") not in (None, "") and "valueFrom" in variable:
            raise InvalidWorkPoolError(
                f"{arguments.operator}: env {name} has both value and valueFrom, which Kubernetes refuses. Keep one of "
                "the two."
            )
        latest.pop(name, None)
        latest[name] = variable
    return list(latest.values())


def _texts(variables: list[dict[str, Any]]) -> dict[str, str]:
    """Return the environment variables whose values are written in the pod."""
    return {
        str(each.get("name")): "" if each.get("value") is None else str(each["value"])
        for each in variables
        if "valueFrom" not in each
    }
