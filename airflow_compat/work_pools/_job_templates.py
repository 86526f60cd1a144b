"""A pool's job template: Prefect's own, with the variables and the parts of the manifest that a spec adds."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidWorkPoolError
from .work_pool_merge import merged
from .work_pools import WorkPoolSpec

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
        {"title": "Tolerations", "description": "The taints that are tolerated.", **_OBJECTS},
        _in_pod({"tolerations": "{{ tolerations }}"}),
    ),
    "affinity": (
        {"title": "Affinity", "description": "The nodes that are preferred or demanded.", "type": "object"},
        _in_pod({"affinity": "{{ affinity }}"}),
    ),
    "image_pull_secrets": (
        {"title": "Image Pull Secrets", "description": "The secrets that an image is pulled with.", **_OBJECTS},
        _in_pod({"imagePullSecrets": "{{ image_pull_secrets }}"}),
    ),
    "volumes": (
        {"title": "Volumes", "description": "The pod's volumes.", **_OBJECTS},
        _in_pod({"volumes": "{{ volumes }}"}),
    ),
    "volume_mounts": (
        {"title": "Volume Mounts", "description": "Where the container has the volumes.", **_OBJECTS},
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
"""What job variables of a pod may be added to a template, each with its schema and its place in the manifest. Some are
in the templates of later releases of prefect-kubernetes; where a template has one, that stays."""


def with_additions(template: Mapping[str, Any], spec: WorkPoolSpec) -> dict[str, Any]:
    """The template with what the spec adds; what it has otherwise is left as it is. Added twice is as added once.

    Raises:
        InvalidWorkPoolError: The spec adds a variable that isn't known, or a manifest to a pool without one.
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
            f"work pool {spec.name!r}: added_variables and job_manifest are for kubernetes pools; leave them out"
        )
    configuration = result.setdefault("job_configuration", {})
    manifest = configuration.get("job_manifest", {})
    for name in spec.added_variables:
        if name not in KUBERNETES_VARIABLES:
            known = ", ".join(KUBERNETES_VARIABLES)
            raise InvalidWorkPoolError(
                f"work pool {spec.name!r}: {name!r} can't be added to a template; write any of {known}"
            )
        if name not in properties:
            schema, place = KUBERNETES_VARIABLES[name]
            properties[name] = copy.deepcopy(schema)
            manifest = merged(manifest, place)
    configuration["job_manifest"] = merged(manifest, _with_references(spec.job_manifest, properties))
    return result


def _with_references(manifest: Any, properties: dict[str, Any]) -> Any:
    """The manifest with a job variable in place of each reference to a block or a Prefect variable.

    The server refuses references in a job configuration. A job variable's default may be one, and each run resolves it.
    """
    if isinstance(manifest, Mapping):
        return {key: _with_references(value, properties) for key, value in manifest.items()}
    if isinstance(manifest, (list, tuple)):
        return [_with_references(value, properties) for value in manifest]
    if not isinstance(manifest, str):
        return manifest

    def variable(found: re.Match[str]) -> str:
        name = re.sub(r"[.\[\]]", "_", found[1])
        schema = {
            "title": name,
            "description": "Taken from Prefect at each run.",
            "type": "string",
            "default": found[0],
        }
        properties.setdefault(name, schema)
        return f"{{{{ {name} }}}}"

    return _REFERENCE.sub(variable, manifest)
