"""A pod as Kubernetes' API has it, as job variables of a kubernetes pool and a part of its job manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidWorkPoolError
from .kubernetes_plain import as_plain
from .work_pool_arguments import Arguments, has_template, without_secrets

_BASE = "base"
_JOB = "prefect-job"
_FLOW = "the container runs the flow; call this in a task of it, as by subprocess.run([...], check=True)"
# What of a pod has a job variable, in the template or added to it.
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
    """What a pod becomes.

    Attributes:
        job_variables: What a deployment says.
        added_variables: Which of them the template may lack.
        job_manifest: What has no variable.
        secret_env: Environment variables that are secret, and the blocks for them.
        notes: What has no place, each by its name.
    """

    job_variables: dict[str, Any] = field(default_factory=dict)
    added_variables: tuple[str, ...] = ()
    job_manifest: dict[str, Any] = field(default_factory=dict)
    secret_env: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parts_of_pod(pod: Mapping[str, Any], where: str) -> PodParts:
    """Take a pod apart.

    Args:
        pod: As the API has it, without a Jinja template in it.
        where: What holds it, for messages.

    Raises:
        InvalidWorkPoolError: It has a field that no pod has, or several containers of which none is `base`.
    """
    arguments = Arguments(where, dict(pod), {"apiVersion", "kind", "metadata", "spec", "status"})
    for name in ("apiVersion", "kind", "status"):
        arguments.take(name)
    parts = PodParts()
    template: dict[str, Any] = {}
    if metadata := _metadata(arguments, parts):
        template["metadata"] = metadata
    spec = _mapping(arguments.take("spec"), where, "spec")
    containers = spec.pop("containers", None) or [{}]
    main, others = _main(containers, where)
    others = [_beside(each, arguments) for each in others]
    if first := spec.get("initContainers"):
        spec["initContainers"] = [_beside(_mapping(each, where, "an init container"), arguments) for each in first]
    rest = _spec(spec, arguments, parts)
    container = _container(main, arguments, parts)
    if container or others:
        rest["containers"] = [container, *others]
    if others:
        names = ", ".join(str(each.get("name")) for each in others)
        arguments.note(names, "a container beside the flow's: the job ends when it ends, too")
    if rest:
        template["spec"] = rest
    if template:
        parts.job_manifest = {"spec": {"template": template}}
    parts.added_variables = tuple(name for name in _ADDED if name in parts.job_variables)
    parts.notes = arguments.notes
    return parts


def plain_pod(override: Any, where: str) -> dict[str, Any]:
    """A V1Pod, or a dictionary of one, as the API has it.

    Raises:
        InvalidWorkPoolError: It is neither, or has a Jinja template in it.
    """
    pod = as_plain(override)
    if not isinstance(pod, dict):
        raise InvalidWorkPoolError(f"{where}: it is a {type(override).__name__}; write a V1Pod(...), or a dictionary")
    if has_template(pod):
        raise InvalidWorkPoolError(f"{where}: it has a Jinja template, which a pool doesn't render; write the value")
    return pod


def _metadata(arguments: Arguments, parts: PodParts) -> dict[str, Any]:
    metadata = _mapping(arguments.take("metadata"), arguments.operator, "metadata")
    for name in ("name", "generateName"):
        if metadata.pop(name, None) is not None:
            arguments.note(f"metadata.{name}", "a pod is called after its flow run")
    if (namespace := metadata.pop("namespace", None)) is not None:
        parts.job_variables["namespace"] = namespace
    for name in ("labels", "annotations"):
        texts = {str(key): str(text) for key, text in (metadata.pop(name, None) or {}).items()}
        if texts:
            parts.job_variables[name] = texts
    metadata.pop("creationTimestamp", None)
    return metadata


def _main(containers: list[Any], where: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The container that Airflow's task would run in, and the others."""
    plain = [_mapping(each, where, "a container") for each in containers]
    named = [each for each in plain if each.get("name") in (_BASE, _JOB)]
    if len(plain) > 1 and len(named) != 1:
        raise InvalidWorkPoolError(f"{where}: of {len(plain)} containers none or several are called base; name one so")
    main = named[0] if named else plain[0]
    return main, [each for each in plain if each is not main]


def _spec(spec: dict[str, Any], arguments: Arguments, parts: PodParts) -> dict[str, Any]:
    for name, variable in _SPEC_VARIABLES.items():
        if value := spec.pop(name, None):
            parts.job_variables[variable] = value
    policy = spec.pop("restartPolicy", None)
    if policy not in (None, "Never"):
        arguments.note("restartPolicy", f"Prefect's jobs have Never, not {policy}; give the flow retries")
    return spec


def _container(container: dict[str, Any], arguments: Arguments, parts: PodParts) -> dict[str, Any]:
    name = container.pop("name", _BASE)
    if name not in (_BASE, _JOB):
        arguments.note(f"container {name}", "it is called prefect-job")
    for each in ("args", "command"):
        if container.pop(each, None):
            arguments.note(each, _FLOW)
    for each, variable in _CONTAINER_VARIABLES.items():
        if value := container.pop(each, None):
            parts.job_variables[variable] = value
    _environment(container, arguments, parts)
    _resources(container, arguments, parts)
    return container


def _resources(container: dict[str, Any], arguments: Arguments, parts: PodParts) -> None:
    resources = _mapping(container.pop("resources", None), arguments.operator, "resources")
    for kind in ("requests", "limits"):
        quantities = dict(resources.pop(kind, None) or {})
        for resource in ("cpu", "memory"):
            if (quantity := quantities.pop(resource, None)) is not None:
                parts.job_variables[f"{resource}_{kind[:-1]}"] = str(quantity)
        if quantities:
            resources[kind] = {name: str(quantity) for name, quantity in quantities.items()}
    if resources:
        container["resources"] = resources


def _environment(container: dict[str, Any], arguments: Arguments, parts: PodParts) -> None:
    variables = [_mapping(each, arguments.operator, "a variable of env") for each in container.pop("env", None) or ()]
    texts = {
        str(each["name"]): "" if each.get("value") is None else str(each["value"])
        for each in variables
        if "valueFrom" not in each
    }
    texts, parts.secret_env = without_secrets(texts, arguments, "env")
    if texts:
        parts.job_variables["env"] = texts
    if others := [each for each in variables if "valueFrom" in each]:
        container["env"] = others


def _beside(container: dict[str, Any], arguments: Arguments) -> dict[str, Any]:
    """A container that doesn't run the flow: a secret in its environment is a reference that each run resolves."""
    if not container.get("env"):
        return container
    variables = []
    for each in container["env"]:
        variable = _mapping(each, arguments.operator, "a variable of env")
        name = str(variable.get("name"))
        if variable.get("value"):
            _, blocks = without_secrets({name: ""}, arguments, f"env of {container.get('name')}")
            if name in blocks:
                variable["value"] = f"{{{{ prefect.blocks.secret.{blocks[name]} }}}}"
        variables.append(variable)
    return {**container, "env": variables}


def _mapping(value: Any, where: str, what: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidWorkPoolError(f"{where}: {what} is a {type(value).__name__}; write a dictionary")
    return dict(value)
