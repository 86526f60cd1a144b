"""Creates a pool's job template: Prefect's own template with the variables and the manifest of a spec."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidWorkPoolError
from ._specs import WorkPoolSpec

_TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
_OBJECTS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_REFERENCE = re.compile(r"{{\s*prefect\.((?:blocks|variables)\.[\w.\-\[\]]+)\s*}}")


def _in_pod(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": dict(spec)}}}


def _in_container(spec: Mapping[str, Any]) -> dict[str, Any]:
    return _in_pod({"containers": [dict(spec)]})


KUBERNETES_VARIABLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "node_selector": (
        {"title": "Node Selector", "description": "The labels that a node must have.", **_OBJECT},
        _in_pod({"nodeSelector": "{{ node_selector }}"}),
    ),
    "tolerations": (
        {"title": "Tolerations", "description": "The taints that the pod tolerates.", **_OBJECTS},
        _in_pod({"tolerations": "{{ tolerations }}"}),
    ),
    "affinity": (
        {"title": "Affinity", "description": "The nodes that are preferred or required.", "type": "object"},
        _in_pod({"affinity": "{{ affinity }}"}),
    ),
    "image_pull_secrets": (
        {"title": "Image Pull Secrets", "description": "The secrets for pulling the image.", **_OBJECTS},
        _in_pod({"imagePullSecrets": "{{ image_pull_secrets }}"}),
    ),
    "volumes": (
        {"title": "Volumes", "description": "The pod's volumes.", **_OBJECTS},
        _in_pod({"volumes": "{{ volumes }}"}),
    ),
    "volume_mounts": (
        {"title": "Volume Mounts", "description": "Where the volumes are mounted.", **_OBJECTS},
        _in_container({"volumeMounts": "{{ volume_mounts }}"}),
    ),
    "annotations": (
        {"title": "Annotations", "description": "The pod's annotations.", **_OBJECT},
        {"spec": {"template": {"metadata": {"annotations": "{{ annotations }}"}}}},
    ),
    **{
        f"{resource}_{kind}": (
            {"title": f"{resource} {kind}".title(), "description": f"The container's {resource} {kind}.", **_TEXT},
            _in_container({"resources": {f"{kind}s": {resource: f"{{{{ {resource}_{kind} }}}}"}}}),
        )
        for resource in ("cpu", "memory")
        for kind in ("request", "limit")
    },
}
"""The job variables that a spec may add to a template, with their schemas and places in the manifest. A variable that
the template already has, as in later releases of prefect-kubernetes, stays unchanged.
"""


def with_additions(template: Mapping[str, Any], spec: WorkPoolSpec) -> dict[str, Any]:
    """Return the template with the spec's additions. Adding twice has no further effect.

    Raises:
        InvalidWorkPoolError: The spec adds an unknown variable, or adds variables or a manifest to a pool of another
            type than kubernetes.
    """
    result = copy.deepcopy(dict(template))
    properties = result.setdefault("variables", {}).setdefault("properties", {})
    if spec.secret_env:
        env = properties.setdefault("env", dict(_OBJECT))
        blocks = {name: f"{{{{ prefect.blocks.secret.{block} }}}}" for name, block in spec.secret_env.items()}
        env["default"] = {**(env.get("default") or {}), **blocks}
    if not spec.added_variables and not spec.job_manifest:
        return result
    if spec.type != "kubernetes":
        raise InvalidWorkPoolError(
            f"Work pool {spec.name!r}: added_variables and job_manifest are only for kubernetes pools. Leave both out."
        )
    configuration = result.setdefault("job_configuration", {})
    manifest = configuration.get("job_manifest", {})
    for name in spec.added_variables:
        if name not in KUBERNETES_VARIABLES:
            raise InvalidWorkPoolError(
                f"Work pool {spec.name!r}: the job variable {name!r} is unknown. Use any of "
                + ", ".join(KUBERNETES_VARIABLES)
            )
        if name not in properties:
            schema, place = KUBERNETES_VARIABLES[name]
            properties[name] = copy.deepcopy(schema)
            manifest = merged(manifest, place)
    configuration["job_manifest"] = merged(manifest, _with_references(spec.job_manifest, properties))
    return result


def _with_references(manifest: Any, properties: dict[str, Any]) -> Any:
    """Replace references to blocks and Prefect variables in the manifest with job variables.

    The server refuses references in a job configuration, but resolves references in a job variable's default.
    """
    if isinstance(manifest, Mapping):
        return {key: _with_references(value, properties) for key, value in manifest.items()}
    if isinstance(manifest, (list, tuple)):
        return [_with_references(value, properties) for value in manifest]
    if not isinstance(manifest, str):
        return manifest

    def variable(found: re.Match[str]) -> str:
        name = re.sub(r"[.\[\]]", "_", found[1])
        said = {"title": name, "description": "Read from Prefect at each run.", "type": "string"}
        properties.setdefault(name, {**said, "default": found[0]})
        return f"{{{{ {name} }}}}"

    return _REFERENCE.sub(variable, manifest)


def merged(base: Any, over: Any, key: str = "") -> Any:
    """Merge `over` into `base`. Merging twice has no further effect.

    The first container of `base` and the first container of `over`, which run the flow, are merged. Other containers
    are merged by name. Items that other lists lack are added to these lists.
    """
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {
            **base,
            **{name: merged(base[name], value, name) if name in base else plain(value) for name, value in over.items()},
        }
    if isinstance(base, list) and isinstance(over, (list, tuple)):
        if key in ("containers", "initContainers"):
            return _containers(base, list(over), main=key == "containers")
        return [*base, *(plain(value) for value in over if value not in base)]
    return plain(over)


def conflicts(first: Any, second: Any, path: str = "") -> list[str]:
    """Return the places where two manifests have different values."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return [
            found
            for name in first
            if name in second
            for found in conflicts(first[name], second[name], f"{path}.{name}" if path else name)
        ]
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        if path.endswith(".containers") and first and second:
            return conflicts(first[0], second[0], f"{path}.0")
        return []
    return [] if first == second else [path]


def plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _containers(base: list[Any], over: list[Any], *, main: bool) -> list[Any]:
    result = list(base)
    if main and result and over:
        result[0] = merged(result[0], over[0])
        over = over[1:]
    names = {each.get("name"): number for number, each in enumerate(result) if isinstance(each, Mapping)}
    for each in over:
        number = names.get(each.get("name"))
        if number is None:
            result.append(plain(each))
        else:
            result[number] = merged(result[number], each)
    return result
